//! The text of a page as its bytes show it: what stands between tags, comments and scripts.
//!
//! Markup is passed over as the HTML standard's tokenizer does it (§13.2.5), attributes in quotes
//! and scripts included, but no tree is built. Where a tree would be needed to know whether a
//! reader sees a text, the text is given as not seen: within an element that is hidden by its name
//! or by its attributes, up to the end tag that closes it; and within a formula or a drawing.

use memchr::{memchr, memchr_iter, memmem};

/// Elements whose content is not seen, or not always.
const HIDDEN: [&[u8]; 13] = [
    b"noscript",
    b"template",
    b"select",
    b"option",
    b"optgroup",
    b"datalist",
    b"object",
    b"video",
    b"audio",
    b"canvas",
    b"rt",
    b"rtc",
    b"rp",
];

/// Elements that have no content.
const VOID: [&[u8]; 16] = [
    b"area",
    b"base",
    b"basefont",
    b"bgsound",
    b"br",
    b"col",
    b"embed",
    b"frame",
    b"hr",
    b"image",
    b"img",
    b"input",
    b"link",
    b"meta",
    b"param",
    b"wbr",
];

/// A stretch of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region<'b> {
    pub(super) bytes: &'b [u8],
    /// Whether a reader sees it for sure; else it may be seen or not.
    pub(super) is_seen: bool,
}

/// Every text of a page that a reader may see.
pub(super) struct Regions<'b> {
    rest: &'b [u8],
    /// A text that is no markup, whatever it looks like.
    raw: &'b [u8],
    /// The element whose content is not seen.
    hidden: Open<'b>,
    /// The drawing or formula in which the tokenizer may follow the rules of XML.
    drawing: Open<'b>,
}

impl<'b> Regions<'b> {
    pub(super) fn of(page: &'b [u8]) -> Regions<'b> {
        Regions { rest: page, raw: &[], hidden: Open::default(), drawing: Open::default() }
    }

    /// Bytes of the page that no region was given of yet.
    pub(super) fn bytes_left(&self) -> usize {
        self.raw.len() + self.rest.len()
    }

    /// Passes over the markup that begins here, and gives what follows it; nothing does where it
    /// never ends.
    fn pass(&mut self, markup: &'b [u8]) -> &'b [u8] {
        let inside = markup.get(1..).unwrap_or_default();
        match inside {
            [b'a'..=b'z' | b'A'..=b'Z', ..] => self.pass_start_tag(inside),
            [b'/', b'a'..=b'z' | b'A'..=b'Z', ..] => self.pass_end_tag(&inside[1..]),
            [b'!', b'-', b'-', rest @ ..] => behind_comment(rest),
            [b'!' | b'?' | b'/', rest @ ..] => {
                let end = memchr(b'>', rest).unwrap_or(rest.len());
                // In a formula this is text.
                self.raw = rest[..end].strip_prefix(b"[CDATA[").unwrap_or_default();
                rest.get(end + 1..).unwrap_or_default()
            }
            // A `<` of the text.
            _ => inside,
        }
    }

    fn pass_start_tag(&mut self, inside: &'b [u8]) -> &'b [u8] {
        let Some(tag) = Tag::read(inside) else { return &[] };
        let rest = &inside[tag.length..];
        if let Some(content) = Content::of(tag.name) {
            return self.pass_content(content, tag.name, rest);
        }
        if is_among(tag.name, &VOID) {
            return rest;
        }
        let is_drawing = is_among(tag.name, &[b"svg", b"math"]);
        if tag.name.eq_ignore_ascii_case(b"math") {
            // A formula may be told by an attribute.
            self.raw = &inside[..tag.length];
        }
        let is_empty = tag.closes_itself && (is_drawing || self.drawing.is_open());
        if !is_empty {
            self.drawing.open(tag.name, is_drawing);
            self.hidden.open(tag.name, tag.hides || is_among(tag.name, &HIDDEN));
        }
        rest
    }

    fn pass_end_tag(&mut self, inside: &'b [u8]) -> &'b [u8] {
        let Some(tag) = Tag::read(inside) else { return &[] };
        // What was not opened is not closed.
        if Content::of(tag.name).is_none() && !is_among(tag.name, &VOID) {
            self.drawing.close(tag.name);
            self.hidden.close(tag.name);
        }
        &inside[tag.length..]
    }

    /// Passes over the content of an element in which no tag counts but its own end tag.
    fn pass_content(&mut self, content: Content, name: &[u8], rest: &'b [u8]) -> &'b [u8] {
        let end = match content {
            Content::Plain => rest.len(),
            _ => end_tag(rest, name).unwrap_or(rest.len()),
        };
        let (text, behind) = rest.split_at(end);
        match content {
            // A script in a comment in a script: where all of that ends is not worth knowing.
            Content::Script if holds_script(text) => {
                self.raw = rest;
                return &[];
            }
            Content::Script | Content::Style if !self.drawing.is_open() => {}
            // In a drawing it may be markup.
            _ => self.raw = text,
        }
        behind
    }
}

impl<'b> Iterator for Regions<'b> {
    type Item = Region<'b>;

    fn next(&mut self) -> Option<Region<'b>> {
        loop {
            if !self.raw.is_empty() {
                return Some(Region { bytes: std::mem::take(&mut self.raw), is_seen: false });
            }
            if self.rest.is_empty() {
                return None;
            }
            let tag = memchr(b'<', self.rest).unwrap_or(self.rest.len());
            let (bytes, markup) = self.rest.split_at(tag);
            let is_seen = !self.hidden.is_open() && !self.drawing.is_open();
            self.rest = self.pass(markup);
            if !bytes.is_empty() {
                return Some(Region { bytes, is_seen });
            }
        }
    }
}

fn is_among(name: &[u8], names: &[&[u8]]) -> bool {
    names.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// Elements that may lie in an open one.
const MOST_OPEN: usize = 24;

/// An element up to its end tag, and those in it. A parser closes elements by rules that only a tree
/// can follow; so where any of them lacks its own end tag, all that follows counts as lying inside.
#[derive(Default)]
struct Open<'b> {
    names: [&'b [u8]; MOST_OPEN],
    depth: usize,
    /// Whether it is open to the end of the page.
    for_ever: bool,
}

impl<'b> Open<'b> {
    fn is_open(&self) -> bool {
        self.depth > 0
    }

    /// Takes a start tag; if none is open, that of an element which `begins`.
    fn open(&mut self, name: &'b [u8], begins: bool) {
        if !self.is_open() && !begins {
            return;
        }
        // The end of these means nothing, and options end by themselves.
        self.for_ever |= is_among(name, &[b"body", b"html"]);
        if self.is_open() && is_among(name, &OPTIONS) {
            return;
        }
        match self.names.get_mut(self.depth) {
            Some(slot) => {
                *slot = name;
                self.depth += 1;
            }
            None => self.for_ever = true,
        }
    }

    fn close(&mut self, name: &[u8]) {
        if !self.is_open() || self.for_ever || is_among(name, &OPTIONS) && self.depth > 1 {
            return;
        }
        if self.names[self.depth - 1].eq_ignore_ascii_case(name) {
            self.depth -= 1;
        } else if !is_among(name, &OPTIONS) {
            self.for_ever = true;
        }
    }
}

/// Elements that only lie in others of their kind.
const OPTIONS: [&[u8]; 2] = [b"option", b"optgroup"];

/// What the tokenizer makes of an element's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// Never seen.
    Script,
    Style,
    /// Text that may be seen, up to the end tag.
    Raw,
    /// Text up to the end of the page.
    Plain,
}

impl Content {
    fn of(name: &[u8]) -> Option<Content> {
        const RAW: [&[u8]; 6] = [b"title", b"textarea", b"xmp", b"iframe", b"noembed", b"noframes"];
        // Nearly every name begins with another letter.
        match name[0] | 0x20 {
            b's' if is_among(name, &[b"script"]) => Some(Content::Script),
            b's' if is_among(name, &[b"style"]) => Some(Content::Style),
            b't' | b'x' | b'i' | b'n' if is_among(name, &RAW) => Some(Content::Raw),
            b'p' if is_among(name, &[b"plaintext"]) => Some(Content::Plain),
            _ => None,
        }
    }
}

/// A start or end tag behind its `<` or `</`.
#[derive(Debug, PartialEq, Eq)]
struct Tag<'b> {
    name: &'b [u8],
    /// Up to and with its `>`.
    length: usize,
    closes_itself: bool,
    /// Whether an attribute may hide the element.
    hides: bool,
}

impl<'b> Tag<'b> {
    /// Reads the tag at the start of `inside`; `None` if it never ends.
    fn read(inside: &'b [u8]) -> Option<Tag<'b>> {
        let ends_name = |byte: &u8| is_blank(*byte) || matches!(byte, b'/' | b'>');
        let mut at = inside.iter().position(ends_name)?;
        let mut tag = Tag { name: &inside[..at], length: 0, closes_itself: false, hides: false };
        loop {
            match *inside.get(at)? {
                b'>' => {
                    tag.length = at + 1;
                    return Some(tag);
                }
                b'/' => {
                    tag.closes_itself = true;
                    at += 1;
                }
                byte if is_blank(byte) => at += 1,
                _ => {
                    tag.closes_itself = false;
                    let (name, value, length) = attribute(&inside[at..])?;
                    tag.hides |= hides(name, value);
                    at += length;
                }
            }
        }
    }
}

/// Name, value and length of the attribute at the start of `bytes`; `None` if it never ends. Its
/// first byte belongs to its name, whatever it is.
fn attribute(bytes: &[u8]) -> Option<(&[u8], &[u8], usize)> {
    let ends_name = |byte: &u8| is_blank(*byte) || matches!(byte, b'/' | b'>' | b'=');
    let end = 1 + bytes.get(1..)?.iter().position(ends_name)?;
    let name = &bytes[..end];
    let skip_blanks =
        |from: usize| Some(from + bytes.get(from..)?.iter().position(|&byte| !is_blank(byte))?);
    let equals = skip_blanks(end)?;
    if bytes[equals] != b'=' {
        return Some((name, &[], equals));
    }
    let start = skip_blanks(equals + 1)?;
    match bytes[start] {
        quote @ (b'"' | b'\'') => {
            let length = memchr(quote, &bytes[start + 1..])?;
            Some((name, &bytes[start + 1..][..length], start + length + 2))
        }
        b'>' => Some((name, &[], start)),
        _ => {
            let ends = |byte: &u8| is_blank(*byte) || *byte == b'>';
            let length = bytes[start..].iter().position(ends)?;
            Some((name, &bytes[start..][..length], start + length))
        }
    }
}

/// Whether an attribute may hide its element; more do so here than in truth.
fn hides(name: &[u8], value: &[u8]) -> bool {
    let holds = |word: &[u8]| value.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    match name.len() {
        5 => {
            name.eq_ignore_ascii_case(b"style")
                && (holds(b"none") || holds(b"hidden") || holds(b"&"))
        }
        6 => name.eq_ignore_ascii_case(b"hidden"),
        _ => false,
    }
}

/// White space inside a tag.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0C)
}

/// What follows a comment, from behind its `<!--` on.
fn behind_comment(rest: &[u8]) -> &[u8] {
    for end in memchr_iter(b'>', rest) {
        let text = &rest[..end];
        if matches!(text, b"" | b"-") || text.ends_with(b"--") || text.ends_with(b"--!") {
            return &rest[end + 1..];
        }
    }
    &[]
}

/// Where the end tag `</name` begins.
fn end_tag(content: &[u8], name: &[u8]) -> Option<usize> {
    memmem::find_iter(content, b"</").find(|&at| {
        let rest = &content[at + 2..];
        rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
            && rest
                .get(name.len())
                .is_some_and(|&byte| is_blank(byte) || matches!(byte, b'/' | b'>'))
    })
}

/// Whether a script opens a comment and in it another script.
fn holds_script(script: &[u8]) -> bool {
    memmem::find(script, b"<!--").is_some_and(|at| {
        memchr_iter(b'<', &script[at..]).any(|tag| {
            let name = script[at..].get(tag + 1..tag + 7);
            name.is_some_and(|name| name.eq_ignore_ascii_case(b"script"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of a page, those that may not be seen in brackets.
    fn texts(page: &str) -> String {
        Regions::of(page.as_bytes())
            .map(|region| {
                let text = String::from_utf8_lossy(region.bytes);
                if region.is_seen { format!("{text}|") } else { format!("[{text}]|") }
            })
            .collect()
    }

    #[test]
    fn text_is_what_stands_between_markup() {
        for (page, expected) in [
            ("", ""),
            ("plain text", "plain text|"),
            ("<p class=\"long\">ab</p> <b>c</b>d", "ab| |c|d|"),
            ("<a title=\"x > y\" rel='>' href=x>b", "b|"),
            ("<a title=x\">b\">c", "b\">c|"),
            ("<a =\">b", "b|"),
            ("<a x=>b<c y>d", "b|d|"),
            ("<a x = 'y>'>b", "b|"),
            ("<a x/='>'>b", "'>b|"),
            ("a<b", "a|"),
            ("a<p never ends", "a|"),
            ("a<p x='never ends>", "a|"),
            ("a < b <3 c", "a | b |3 c|"),
            ("a</>b</ x>c<?x?>d<!doctype html>e", "a|b|c|d|e|"),
            ("a<!-- b > c -->d<!---->e<!-->f<!--->g<!-- --!>h", "a|d|e|f|g|h|"),
            ("a<!-- x--->b<!-- never ends >", "a|b|"),
        ] {
            assert_eq!(texts(page), expected, "{page}");
        }
    }

    #[test]
    fn what_may_not_be_seen_is_told_apart() {
        for (page, expected) in [
            ("a<script>var b = '<p>c</p>';</script>d", "a|d|"),
            ("a<SCRIPT src=x></SCRIPT >b<Style>c</sTYLE/>d", "a|b|d|"),
            ("a<script>b</scripts></script", "a|"),
            ("a<script><!-- b --></script>c", "a|c|"),
            (
                "a<script><!-- <script>b</script>c--></script>d",
                "a|[<!-- <script>b</script>c--></script>d]|",
            ),
            ("<title>a<b></title><textarea>c</textarea>d", "[a<b>]|[c]|d|"),
            ("a<xmp><p></xmp>b<plaintext>c<b>d", "a|[<p>]|b|[c<b>d]|"),
            ("<noscript><p>a</p></noscript>b", "[a]|b|"),
            ("<select><option>a<option>b</select>c", "[a]|[b]|c|"),
            ("<p hidden>a</p>b<i style='Display: NONE'>c<i>d</i>e</i>f", "[a]|b|[c]|[d]|[e]|f|"),
            ("<p style='color:red' class=hidden>a<img hidden>b", "a|b|"),
            ("<div hidden>a<p>b", "[a]|[b]|"),
            ("<div hidden>a<p>b</div>c</p>d", "[a]|[b]|[c]|[d]|"),
            ("<div hidden>a<p>b</p></div>c", "[a]|[b]|c|"),
            ("<body hidden>a</body>b", "[a]|[b]|"),
            ("<i style='display:n&#111;ne'>a</i>b", "[a]|b|"),
            ("<svg><style>a<b></style>b</svg>c<svg/>d", "[a<b>]|[b]|c|d|"),
            ("<svg><p>a</svg>b", "[a]|[b]|"),
            ("<div hidden>a<script>b</script><br></br>c</div>d", "[a]|[c]|d|"),
            ("<svg></math>a<math></svg>b", "[a]|[math>]|[b]|"),
            ("<math alttext=x>a<![CDATA[b]]>c</math>d", "[math alttext=x>]|[a]|[b]]]|[c]|d|"),
        ] {
            assert_eq!(texts(page), expected, "{page}");
        }
    }
}
