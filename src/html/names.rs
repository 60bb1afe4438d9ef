//! Names of elements as small numbers, and what the HTML standard says of each.
//!
//! The names that extraction or the standard's tree building knows stand in one table; any other
//! name of a page gets a number behind them. Names are in lower case, those of drawings too:
//! nothing here tells `foreignObject` from `foreignobject`.

use hashbrown::HashMap;

/// The name of an element, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name(u32);

/// Where an element's name comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namespace {
    Html,
    MathMl,
    Svg,
}

/// What the standard's tree building asks of an element, as bits.
pub(super) type Categories = u16;

/// No category at all.
const PLAIN: Categories = 0;
/// The category "special".
pub(super) const SPECIAL: Categories = 1;
/// Ends every scope but that of tables.
pub(super) const SCOPE: Categories = 1 << 1;
/// Ends the scope of list items, too.
pub(super) const LIST_SCOPE: Categories = 1 << 2;
/// Ends the scope of `p`, too.
pub(super) const BUTTON_SCOPE: Categories = 1 << 3;
/// Ends the scope of tables.
pub(super) const TABLE_SCOPE: Categories = 1 << 4;
/// Its end tag may be implied.
pub(super) const IMPLIED: Categories = 1 << 5;
/// Its end tag may be implied where a `template` ends.
pub(super) const IMPLIED_IN_TEMPLATE: Categories = 1 << 6;
/// `h1` to `h6`.
pub(super) const HEADING: Categories = 1 << 7;
/// Comes into the list of active formatting elements.
pub(super) const FORMATTING: Categories = 1 << 8;
/// Cannot hold text: what would come into it is put before its table.
pub(super) const FOSTERS: Categories = 1 << 9;
/// Void elements of HTML, and those whose content is raw text: in HTML they never hold an element.
pub(super) const SHALLOW: Categories = 1 << 10;
/// Not of HTML.
pub(super) const FOREIGN: Categories = 1 << 11;
/// A text integration point of MathML.
pub(super) const MATH_TEXT: Categories = 1 << 12;
/// An HTML integration point of SVG.
pub(super) const SVG_HTML: Categories = 1 << 13;
/// A block whose start tag ends an open `p`, and whose end tag ends what is open in it.
pub(super) const BLOCK: Categories = 1 << 14;

macro_rules! names {
    ($($constant:ident $text:literal $categories:expr;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "counts the names")]
        enum Place { $($constant),* }

        impl Name {
            $(pub(crate) const $constant: Name = Name(Place::$constant as u32);)*
        }

        const TEXTS: &[&str] = &[$($text),*];
        const CATEGORIES: &[Categories] = &[$($categories),*];
    };
}

names! {
    A "a" FORMATTING;
    ADDRESS "address" SPECIAL | BLOCK;
    ANNOTATION "annotation" PLAIN;
    ANNOTATION_XML "annotation-xml" PLAIN;
    APPLET "applet" SPECIAL | SCOPE;
    AREA "area" SPECIAL | SHALLOW;
    ARTICLE "article" SPECIAL | BLOCK;
    ASIDE "aside" SPECIAL | BLOCK;
    AUDIO "audio" PLAIN;
    B "b" FORMATTING;
    BASE "base" SPECIAL | SHALLOW;
    BASEFONT "basefont" SPECIAL | SHALLOW;
    BGSOUND "bgsound" SPECIAL | SHALLOW;
    BIG "big" FORMATTING;
    BLOCKQUOTE "blockquote" SPECIAL | BLOCK;
    BODY "body" SPECIAL;
    BR "br" SPECIAL | SHALLOW;
    BUTTON "button" SPECIAL | BUTTON_SCOPE;
    CANVAS "canvas" PLAIN;
    CAPTION "caption" SPECIAL | SCOPE | IMPLIED_IN_TEMPLATE;
    CENTER "center" SPECIAL | BLOCK;
    CODE "code" FORMATTING;
    COL "col" SPECIAL | SHALLOW;
    COLGROUP "colgroup" SPECIAL | IMPLIED_IN_TEMPLATE;
    DATALIST "datalist" PLAIN;
    DD "dd" SPECIAL | IMPLIED | IMPLIED_IN_TEMPLATE;
    DESC "desc" PLAIN;
    DETAILS "details" SPECIAL | BLOCK;
    DIALOG "dialog" BLOCK;
    DIR "dir" SPECIAL | BLOCK;
    DIV "div" SPECIAL | BLOCK;
    DL "dl" SPECIAL | BLOCK;
    DT "dt" SPECIAL | IMPLIED | IMPLIED_IN_TEMPLATE;
    EM "em" FORMATTING;
    EMBED "embed" SPECIAL | SHALLOW;
    FIELDSET "fieldset" SPECIAL | BLOCK;
    FIGCAPTION "figcaption" SPECIAL | BLOCK;
    FIGURE "figure" SPECIAL | BLOCK;
    FONT "font" FORMATTING;
    FOOTER "footer" SPECIAL | BLOCK;
    FOREIGN_OBJECT "foreignobject" PLAIN;
    FORM "form" SPECIAL;
    FRAME "frame" SPECIAL | SHALLOW;
    FRAMESET "frameset" SPECIAL;
    H1 "h1" SPECIAL | HEADING;
    H2 "h2" SPECIAL | HEADING;
    H3 "h3" SPECIAL | HEADING;
    H4 "h4" SPECIAL | HEADING;
    H5 "h5" SPECIAL | HEADING;
    H6 "h6" SPECIAL | HEADING;
    HEAD "head" SPECIAL;
    HEADER "header" SPECIAL | BLOCK;
    HGROUP "hgroup" SPECIAL | BLOCK;
    HR "hr" SPECIAL | SHALLOW;
    HTML "html" SPECIAL | SCOPE | TABLE_SCOPE;
    I "i" FORMATTING;
    IFRAME "iframe" SPECIAL | SHALLOW;
    IMAGE "image" PLAIN;
    IMG "img" SPECIAL | SHALLOW;
    INPUT "input" SPECIAL | SHALLOW;
    KEYGEN "keygen" SHALLOW;
    LEGEND "legend" PLAIN;
    LI "li" SPECIAL | IMPLIED | IMPLIED_IN_TEMPLATE;
    LINK "link" SPECIAL | SHALLOW;
    LISTING "listing" SPECIAL;
    MAIN "main" SPECIAL | BLOCK;
    MALIGNMARK "malignmark" PLAIN;
    MARQUEE "marquee" SPECIAL | SCOPE;
    MATH "math" PLAIN;
    MENU "menu" SPECIAL | BLOCK;
    META "meta" SPECIAL | SHALLOW;
    MGLYPH "mglyph" PLAIN;
    MI "mi" PLAIN;
    MN "mn" PLAIN;
    MO "mo" PLAIN;
    MS "ms" PLAIN;
    MTEXT "mtext" PLAIN;
    NAV "nav" SPECIAL | BLOCK;
    NOBR "nobr" FORMATTING;
    NOEMBED "noembed" SPECIAL | SHALLOW;
    NOFRAMES "noframes" SPECIAL | SHALLOW;
    NOSCRIPT "noscript" SPECIAL;
    OBJECT "object" SPECIAL | SCOPE;
    OL "ol" SPECIAL | LIST_SCOPE | BLOCK;
    OPTGROUP "optgroup" IMPLIED | IMPLIED_IN_TEMPLATE;
    OPTION "option" IMPLIED | IMPLIED_IN_TEMPLATE;
    P "p" SPECIAL | IMPLIED | IMPLIED_IN_TEMPLATE;
    PARAM "param" SPECIAL | SHALLOW;
    PLAINTEXT "plaintext" SPECIAL | SHALLOW;
    PRE "pre" SPECIAL;
    RB "rb" IMPLIED | IMPLIED_IN_TEMPLATE;
    RP "rp" IMPLIED | IMPLIED_IN_TEMPLATE;
    RT "rt" IMPLIED | IMPLIED_IN_TEMPLATE;
    RTC "rtc" IMPLIED | IMPLIED_IN_TEMPLATE;
    RUBY "ruby" PLAIN;
    S "s" FORMATTING;
    SCRIPT "script" SPECIAL | SHALLOW;
    SEARCH "search" BLOCK;
    SECTION "section" SPECIAL | BLOCK;
    SELECT "select" SPECIAL | SCOPE;
    SMALL "small" FORMATTING;
    SOURCE "source" SPECIAL | SHALLOW;
    SPAN "span" PLAIN;
    STRIKE "strike" FORMATTING;
    STRONG "strong" FORMATTING;
    STYLE "style" SPECIAL | SHALLOW;
    SUB "sub" PLAIN;
    SUMMARY "summary" SPECIAL | BLOCK;
    SUP "sup" PLAIN;
    SVG "svg" PLAIN;
    TABLE "table" SPECIAL | SCOPE | TABLE_SCOPE | FOSTERS;
    TBODY "tbody" SPECIAL | IMPLIED_IN_TEMPLATE | FOSTERS;
    TD "td" SPECIAL | SCOPE | IMPLIED_IN_TEMPLATE;
    TEMPLATE "template" SPECIAL | SCOPE | TABLE_SCOPE;
    TEXTAREA "textarea" SPECIAL | SHALLOW;
    TFOOT "tfoot" SPECIAL | IMPLIED_IN_TEMPLATE | FOSTERS;
    TH "th" SPECIAL | SCOPE | IMPLIED_IN_TEMPLATE;
    THEAD "thead" SPECIAL | IMPLIED_IN_TEMPLATE | FOSTERS;
    TITLE "title" SPECIAL | SHALLOW;
    TR "tr" SPECIAL | IMPLIED_IN_TEMPLATE | FOSTERS;
    TRACK "track" SPECIAL | SHALLOW;
    TT "tt" FORMATTING;
    U "u" FORMATTING;
    UL "ul" SPECIAL | LIST_SCOPE | BLOCK;
    VAR "var" PLAIN;
    VIDEO "video" PLAIN;
    WBR "wbr" SPECIAL | SHALLOW;
    XMP "xmp" SPECIAL | SHALLOW;
}

/// Names in the table.
pub(super) const KNOWN: usize = TEXTS.len();

impl Name {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }

    /// What the standard says of an element of HTML of this name.
    pub(super) fn categories(self) -> Categories {
        CATEGORIES.get(self.index()).copied().unwrap_or(PLAIN)
    }

    /// What the standard says of an element of this name and namespace.
    pub(super) fn categories_in(self, namespace: Namespace) -> Categories {
        match (namespace, self) {
            (Namespace::Html, _) => self.categories(),
            (Namespace::MathMl, Name::MI | Name::MN | Name::MO | Name::MS | Name::MTEXT) => {
                FOREIGN | MATH_TEXT | SCOPE
            }
            (Namespace::Svg, Name::DESC | Name::FOREIGN_OBJECT | Name::TITLE) => {
                FOREIGN | SVG_HTML | SCOPE
            }
            _ => FOREIGN,
        }
    }
}

/// Bytes that a further name takes beside its letters, about: two boxes and an entry of the map.
const NAME_BYTES: usize = 128;

/// The names of one page that stand in no table.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<Box<str>, u32>,
    others: Vec<Box<str>>,
    bytes: usize,
}

impl Names {
    /// Forgets the names of the page before.
    pub(super) fn clear(&mut self) {
        if !self.others.is_empty() {
            *self = Names::default();
        }
    }

    /// The name that a tag gives in whatever case.
    pub(super) fn name(&mut self, text: &str) -> Name {
        known(text.as_bytes()).unwrap_or_else(|| self.other(text))
    }

    #[cold]
    fn other(&mut self, text: &str) -> Name {
        let text = text.to_ascii_lowercase().replace('\0', "\u{FFFD}");
        if let Some(&number) = self.numbers.get(text.as_str()) {
            return Name(number);
        }
        let number = (KNOWN + self.others.len()) as u32;
        self.bytes += 2 * text.len() + NAME_BYTES;
        self.others.push(text.as_str().into());
        self.numbers.insert(text.into(), number);
        Name(number)
    }

    /// What the names take that stand in no table.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn text(&self, name: Name) -> &str {
        match TEXTS.get(name.index()) {
            Some(text) => text,
            None => &self.others[name.index() - KNOWN],
        }
    }
}

/// Bytes of the longest name in the table.
const LONGEST: usize = 16;
const SLOTS: usize = 512;

/// Open addressing by [`slot`]: the key and the number of each name.
static TABLE: [(u128, u32); SLOTS] = {
    let mut table = [(0, 0); SLOTS];
    let mut number = 0;
    while number < KNOWN {
        let text = TEXTS[number].as_bytes();
        let mut key = 0u128;
        let mut at = 0;
        while at < text.len() {
            key |= (text[at] as u128) << (8 * at);
            at += 1;
        }
        let mut place = slot(key);
        while table[place].0 != 0 {
            place = (place + 1) % SLOTS;
        }
        table[place] = (key, number as u32);
        number += 1;
    }
    table
};

const fn slot(key: u128) -> usize {
    let folded = (key as u64) ^ ((key >> 64) as u64).rotate_left(23);
    (folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 55) as usize
}

/// The name in the table that `text` is in whatever case.
fn known(text: &[u8]) -> Option<Name> {
    if text.len() > LONGEST {
        return None;
    }
    let mut bytes = [0; LONGEST];
    for (lower, byte) in bytes.iter_mut().zip(text) {
        *lower = byte.to_ascii_lowercase();
    }
    let key = u128::from_le_bytes(bytes);
    let mut place = slot(key);
    while TABLE[place].0 != 0 {
        // A NUL at the end of a name would make it read like a shorter one.
        if TABLE[place].0 == key && text.last() != Some(&0) {
            return Some(Name(TABLE[place].1));
        }
        place = (place + 1) % SLOTS;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_whatever_case() {
        let mut names = Names::default();
        for (number, text) in TEXTS.iter().enumerate() {
            assert_eq!(names.name(text), Name(number as u32), "{text}");
            assert_eq!(names.name(&text.to_ascii_uppercase()), Name(number as u32), "{text}");
            assert_eq!(names.text(Name(number as u32)), *text);
        }
        assert!(names.others.is_empty());
    }

    #[test]
    fn other_names_get_numbers_of_their_own() {
        let mut names = Names::default();
        let long = "a-name-that-is-longer-than-any-in-the-table";
        for text in ["my-part", "p\0", "", "ｐ", long] {
            let name = names.name(text);
            assert!(name.index() >= KNOWN, "{text:?}");
            assert_eq!(names.name(&text.to_ascii_uppercase()), name);
            assert_eq!(names.text(name), text.replace('\0', "\u{FFFD}"));
            assert_eq!(name.categories(), PLAIN);
        }
        names.clear();
        assert_eq!(names.name("other").index(), KNOWN);
    }
}
