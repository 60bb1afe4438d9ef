//! Labels that a page gives itself: the prescan of the HTML standard for `meta`, and the
//! `encoding` of an XML declaration.

/// Bytes that are scanned; browsers stop at 1,024, but many Japanese pages declare later.
const SCANNED: usize = 4_096;

/// The label in the first `meta` that declares a charset, else in the XML declaration, as written.
pub(super) fn declared(body: &[u8]) -> Option<&[u8]> {
    let head = &body[..body.len().min(SCANNED)];
    prescan(head).or_else(|| xml_encoding(head))
}

/// The charset in a Content-Type value, by the standard's algorithm for `meta content`, as
/// written: quotes and white space are off.
pub(super) fn charset_in(content: &[u8]) -> Option<&[u8]> {
    const WORD: &[u8] = b"charset";
    let mut rest = content;
    loop {
        let at = rest.windows(WORD.len()).position(|word| word.eq_ignore_ascii_case(WORD))?;
        rest = rest[at + WORD.len()..].trim_ascii_start();
        let Some(value) = rest.strip_prefix(b"=") else { continue };
        let value = value.trim_ascii_start();
        let label = match value.first()? {
            quote @ (b'"' | b'\'') => {
                let value = &value[1..];
                // Without its closing quote the value is void in the standard; crawled headers
                // are cut often enough to take what is there.
                value.split(|byte| byte == quote).next()?
            }
            _ => value.split(|&byte| byte == b';' || byte.is_ascii_whitespace()).next()?,
        };
        return Some(label.trim_ascii()).filter(|label| !label.is_empty());
    }
}

/// The `encoding` of `<?xml … ?>` at the very start.
fn xml_encoding(head: &[u8]) -> Option<&[u8]> {
    let declaration = head.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = declaration.iter().position(|&byte| byte == b'>')?;
    let mut scanner = Scanner { rest: &declaration[..end] };
    while let Some((name, value)) = scanner.attribute() {
        if name.eq_ignore_ascii_case(b"encoding") {
            return Some(value.trim_ascii()).filter(|label| !label.is_empty());
        }
    }
    None
}

/// The standard's prescan: comments, tags with their attributes, and everything else skipped.
fn prescan(head: &[u8]) -> Option<&[u8]> {
    let mut scanner = Scanner { rest: head };
    while let Some(at) = memchr::memchr(b'<', scanner.rest) {
        scanner.rest = &scanner.rest[at..];
        if scanner.rest.starts_with(b"<!--") {
            // `<!-->` is a whole comment: its dashes count at both ends.
            let end = memchr::memmem::find(&scanner.rest[2..], b"-->")?;
            scanner.rest = &scanner.rest[end + 5..];
        } else if scanner.is_at_meta() {
            scanner.rest = &scanner.rest[5..];
            if let Some(label) = scanner.meta() {
                return Some(label);
            }
        } else if scanner.is_at_tag() {
            let end = scanner.rest.iter().position(|&b| b.is_ascii_whitespace() || b == b'>')?;
            scanner.rest = &scanner.rest[end..];
            while scanner.attribute().is_some() {}
        } else if matches!(scanner.rest.get(1), Some(b'!' | b'/' | b'?')) {
            let end = memchr::memchr(b'>', scanner.rest)?;
            scanner.rest = &scanner.rest[end..];
        } else {
            scanner.rest = &scanner.rest[1..];
        }
    }
    None
}

struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    fn is_at_meta(&self) -> bool {
        self.rest.get(1..5).is_some_and(|name| name.eq_ignore_ascii_case(b"meta"))
            && self.rest.get(5).is_some_and(|&b| b.is_ascii_whitespace() || b == b'/')
    }

    fn is_at_tag(&self) -> bool {
        let name = if self.rest.get(1) == Some(&b'/') { 2 } else { 1 };
        self.rest.get(name).is_some_and(u8::is_ascii_alphabetic)
    }

    /// Reads the attributes of a `meta`; its label if it declares one.
    fn meta(&mut self) -> Option<&'a [u8]> {
        let (mut is_pragma, mut charset, mut content) = (false, None, None);
        while let Some((name, value)) = self.attribute() {
            if name.eq_ignore_ascii_case(b"http-equiv") {
                is_pragma |= value.eq_ignore_ascii_case(b"content-type");
            } else if name.eq_ignore_ascii_case(b"charset") {
                charset = charset.or(Some(value.trim_ascii()));
            } else if name.eq_ignore_ascii_case(b"content") {
                content = content.or_else(|| charset_in(value));
            }
        }
        charset.filter(|label| !label.is_empty()).or(content.filter(|_| is_pragma))
    }

    /// The next attribute of the tag; `None` at its end, which is passed.
    fn attribute(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let start = self.rest.iter().position(|&b| !b.is_ascii_whitespace() && b != b'/')?;
        self.rest = &self.rest[start..];
        if self.rest[0] == b'>' {
            return None;
        }
        // A `=` in first place belongs to the name.
        let end = self.rest[1..]
            .iter()
            .position(|&b| b.is_ascii_whitespace() || matches!(b, b'=' | b'/' | b'>'))?;
        let (name, rest) = self.rest.split_at(end + 1);
        self.rest = rest.trim_ascii_start();
        let Some(value) = self.rest.strip_prefix(b"=") else { return Some((name, b"")) };
        let value = value.trim_ascii_start();
        match value.first()? {
            &quote @ (b'"' | b'\'') => {
                let end = memchr::memchr(quote, &value[1..])?;
                self.rest = &value[end + 2..];
                Some((name, &value[1..=end]))
            }
            _ => {
                let end = value.iter().position(|&b| b.is_ascii_whitespace() || b == b'>')?;
                self.rest = &value[end..];
                Some((name, &value[..end]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_where_the_standard_finds_them() {
        for (page, label) in [
            (r#"<meta charset="Shift_JIS">"#, Some("Shift_JIS")),
            ("<META CHARSET=euc-jp/>", Some("euc-jp/")),
            (
                r#"<meta http-equiv="Content-Type" content="text/html; charset=x-sjis">"#,
                Some("x-sjis"),
            ),
            (
                r#"<meta content='text/html;charset="EUC-JP"' http-equiv=content-type>"#,
                Some("EUC-JP"),
            ),
            (r#"<meta content="text/html; charset=EUC-JP">"#, None),
            (r#"<meta name=x content="charset=utf-8"><meta charset=sjis >"#, Some("sjis")),
            ("<!-- <meta charset=utf-8> --><meta charset=sjis>", Some("sjis")),
            ("<!--><meta charset=sjis>", Some("sjis")),
            ("<!-- unclosed <meta charset=sjis>", None),
            (r#"<a title="<meta charset=utf-8>"><meta charset=sjis>"#, Some("sjis")),
            ("<metadata charset=utf-8><meta charset=sjis>", Some("sjis")),
            ("</p charset=utf-8><!doctype html><meta/charset=sjis>", Some("sjis")),
            ("<meta charset=''><meta charset=sjis>", Some("sjis")),
            ("<meta charset=utf-8 charset=sjis>", Some("utf-8")),
            ("<meta charset=sjis", None),
            ("<?xml version=\"1.0\" encoding='EUC-JP' ?><html>", Some("EUC-JP")),
            ("<?xml version=\"1.0\" encoding=\"utf-8\"?><meta charset=sjis>", Some("sjis")),
            ("a < b <meta charset=sjis>", Some("sjis")),
            ("", None),
            ("<", None),
            ("<meta ", None),
        ] {
            let got = declared(page.as_bytes()).map(|label| str::from_utf8(label).unwrap());
            assert_eq!(got, label, "{page}");
        }
    }

    #[test]
    fn labels_beyond_the_browsers_kilobyte_are_found() {
        let at = |bytes| format!("{}<meta charset=sjis>", " ".repeat(bytes));
        assert_eq!(declared(at(3_000).as_bytes()), Some(&b"sjis"[..]));
        assert_eq!(declared(at(5_000).as_bytes()), None);
    }

    #[test]
    fn content_types_are_taken_apart() {
        for (content, label) in [
            ("text/html; charset=UTF-8", Some("UTF-8")),
            ("text/html;CHARSET = 'x-sjis' ; a", Some("x-sjis")),
            ("text/html; charset=Shift_JIS; charset", Some("Shift_JIS")),
            ("text/html; charset", None),
            ("text/html; charset=", None),
            ("text/html; charset charset=sjis", Some("sjis")),
            ("text/html; charset=\"EUC-JP", Some("EUC-JP")),
            ("text/html", None),
        ] {
            let got = charset_in(content.as_bytes()).map(|label| str::from_utf8(label).unwrap());
            assert_eq!(got, label, "{content}");
        }
    }
}
