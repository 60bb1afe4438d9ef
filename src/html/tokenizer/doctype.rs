//! The doctype: all that it decides is quirks mode, in which a table does not end a paragraph.

/// What the public identifier of a doctype begins with that asks for quirks mode, in lower case
/// (HTML standard, "The initial insertion mode").
const QUIRKY_STARTS: &[&str] = &[
    "+//silmaril//dtd html pro v0r11 19970101//",
    "-//as//dtd html 3.0 aswedit + extensions//",
    "-//advasoft ltd//dtd html 3.0 aswedit + extensions//",
    "-//ietf//dtd html 2.0 level 1//",
    "-//ietf//dtd html 2.0 level 2//",
    "-//ietf//dtd html 2.0 strict level 1//",
    "-//ietf//dtd html 2.0 strict level 2//",
    "-//ietf//dtd html 2.0 strict//",
    "-//ietf//dtd html 2.0//",
    "-//ietf//dtd html 2.1e//",
    "-//ietf//dtd html 3.0//",
    "-//ietf//dtd html 3.2 final//",
    "-//ietf//dtd html 3.2//",
    "-//ietf//dtd html 3//",
    "-//ietf//dtd html level 0//",
    "-//ietf//dtd html level 1//",
    "-//ietf//dtd html level 2//",
    "-//ietf//dtd html level 3//",
    "-//ietf//dtd html strict level 0//",
    "-//ietf//dtd html strict level 1//",
    "-//ietf//dtd html strict level 2//",
    "-//ietf//dtd html strict level 3//",
    "-//ietf//dtd html strict//",
    "-//ietf//dtd html//",
    "-//metrius//dtd metrius presentational//",
    "-//microsoft//dtd internet explorer 2.0 html strict//",
    "-//microsoft//dtd internet explorer 2.0 html//",
    "-//microsoft//dtd internet explorer 2.0 tables//",
    "-//microsoft//dtd internet explorer 3.0 html strict//",
    "-//microsoft//dtd internet explorer 3.0 html//",
    "-//microsoft//dtd internet explorer 3.0 tables//",
    "-//netscape comm. corp.//dtd html//",
    "-//netscape comm. corp.//dtd strict html//",
    "-//o'reilly and associates//dtd html 2.0//",
    "-//o'reilly and associates//dtd html extended 1.0//",
    "-//o'reilly and associates//dtd html extended relaxed 1.0//",
    "-//sq//dtd html 2.0 hotmetal + extensions//",
    "-//softquad software//dtd hotmetal pro 6.0::19990601::extensions to html 4.0//",
    "-//softquad//dtd hotmetal pro 4.0::19971010::extensions to html 4.0//",
    "-//spyglass//dtd html 2.0 extended//",
    "-//sun microsystems corp.//dtd hotjava html//",
    "-//sun microsystems corp.//dtd hotjava strict html//",
    "-//w3c//dtd html 3 1995-03-24//",
    "-//w3c//dtd html 3.2 draft//",
    "-//w3c//dtd html 3.2 final//",
    "-//w3c//dtd html 3.2//",
    "-//w3c//dtd html 3.2s draft//",
    "-//w3c//dtd html 4.0 frameset//",
    "-//w3c//dtd html 4.0 transitional//",
    "-//w3c//dtd html experimental 19960712//",
    "-//w3c//dtd html experimental 970421//",
    "-//w3c//dtd w3 html//",
    "-//w3o//dtd w3 html 3.0//",
    "-//webtechs//dtd mozilla html 2.0//",
    "-//webtechs//dtd mozilla html//",
];

/// Those that ask for it only without a system identifier.
const QUIRKY_ALONE: &[&str] =
    &["-//w3c//dtd html 4.01 frameset//", "-//w3c//dtd html 4.01 transitional//"];

const QUIRKY_PUBLIC: &[&str] =
    &["-//w3o//dtd w3 html strict 3.0//en//", "-/w3c/dtd html 4.0 transitional/en", "html"];

const QUIRKY_SYSTEM: &str = "http://www.ibm.com/data/dtd/v11/ibmxhtml1-transitional.dtd";

/// Reads a doctype behind its keyword: how long it is, and whether it asks for quirks mode.
pub(super) fn read(text: &str) -> (usize, bool) {
    let mut reader = Reader { text, at: 0 };
    let doctype = reader.doctype();
    if doctype.is_none() {
        // Whatever else it says is skipped.
        reader.at = text[reader.at..].find('>').map_or(text.len(), |length| reader.at + length + 1);
    }
    (reader.at, doctype.is_none_or(|doctype| doctype.is_quirky()))
}

struct Doctype<'a> {
    name: &'a str,
    public: Option<&'a str>,
    system: Option<&'a str>,
}

impl Doctype<'_> {
    fn is_quirky(&self) -> bool {
        if !self.name.eq_ignore_ascii_case("html") {
            return true;
        }
        if self.system.is_some_and(|system| system.eq_ignore_ascii_case(QUIRKY_SYSTEM)) {
            return true;
        }
        let Some(public) = self.public else { return false };
        let public = public.to_ascii_lowercase();
        let begins = |starts: &[&str]| starts.iter().any(|start| public.starts_with(start));
        QUIRKY_PUBLIC.contains(&public.as_str())
            || begins(QUIRKY_STARTS)
            || (self.system.is_none() && begins(QUIRKY_ALONE))
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// `None` for what the standard takes as quirky however it reads.
    fn doctype(&mut self) -> Option<Doctype<'a>> {
        self.skip_space();
        let name = self.word();
        let mut doctype = Doctype { name, public: None, system: None };
        if name.is_empty() {
            return None;
        }
        self.skip_space();
        if self.take('>') {
            return Some(doctype);
        }
        let keyword = self.text.get(self.at..self.at + 6)?;
        let is_public = keyword.eq_ignore_ascii_case("public");
        if !is_public && !keyword.eq_ignore_ascii_case("system") {
            return None;
        }
        self.at += keyword.len();
        self.skip_space();
        if is_public {
            doctype.public = Some(self.identifier()?);
            self.skip_space();
            if self.take('>') {
                return Some(doctype);
            }
        }
        doctype.system = Some(self.identifier()?);
        // What stands behind is no error that counts; a page that ends in it shows nothing.
        let length = self.text[self.at..].find('>')?;
        self.at += length + 1;
        Some(doctype)
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches(['\t', '\n', '\r', '\x0C', ' ']).len();
    }

    fn word(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest.find(['\t', '\n', '\r', '\x0C', ' ', '>']).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn take(&mut self, c: char) -> bool {
        let is_next = self.text[self.at..].starts_with(c);
        self.at += usize::from(is_next);
        is_next
    }

    /// An identifier in quotes; `None` without one, or if the doctype ends in it.
    fn identifier(&mut self) -> Option<&'a str> {
        let quote = self.text[self.at..].chars().next().filter(|c| matches!(c, '"' | '\''))?;
        self.at += 1;
        let rest = &self.text[self.at..];
        let end = rest.find([quote, '>'])?;
        self.at += end;
        self.take(quote).then(|| &rest[..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doctypes_are_read_as_the_standard_has_them() {
        for (doctype, length, is_quirky) in [
            (" html>x", 6, false),
            (">x", 1, true),
            ("", 0, true),
            ("html", 4, true),
            (" HTML >", 7, false),
            (" svg>", 5, true),
            (" html SYSTEM \"about:legacy-compat\">x", 35, false),
            (" html PUBLIC \"-//W3C//DTD HTML 4.01//EN\">", 41, false),
            (" html PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\">", 54, true),
            (" html PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\" 'x' y>", 60, false),
            (" html PUBLIC '-//W3C//DTD HTML 3.2//EN' 'x'>", 44, true),
            (" html PUBLIC \"x>y\">", 16, true),
            (" html PUBLIC>x", 13, true),
            (" html what>x", 11, true),
            (" html a>x>", 8, true),
        ] {
            assert_eq!(read(doctype), (length, is_quirky), "{doctype}");
        }
    }
}
