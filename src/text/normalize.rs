//! The output form of text: what is delivered.
//!
//! Line breaks of every kind become U+000A, invisible and control characters go, runs of spaces
//! become one, lines are trimmed, and kana written in two characters are composed. Nothing else
//! changes: no NFKC and not even NFC, which would turn the name 神 (U+FA19) into 神 (U+795E).
//!
//! Nearly every paragraph is in its output form already, so the form is decided twice: first a
//! scan over blocks of bytes, in plain comparisons that the compiler turns into vector code, asks
//! whether a block could hold anything to change; a suspicious block is then looked at character
//! by character. Only a text that really changes is written anew.

use std::borrow::Cow;

use icu_normalizer::properties::CanonicalCompositionBorrowed;

/// The output form of `text`, which may have several lines; borrowed when nothing changes.
///
/// - U+2028, U+2029, U+0085, CR LF and CR become LF; at most one blank line stays between two lines
///   and none at either end of the text.
/// - Controls but tab and LF, invisible format characters (soft hyphen, U+200B, direction marks,
///   byte order mark…) and noncharacters go. U+200C, U+200D, variation selectors, private use and
///   U+FFFD stay.
/// - A tab and every space separator but U+3000 become U+0020, a run of them one U+0020, or one
///   U+3000 if the run holds one; lines are trimmed of both. With `keep_spaces`, for preformatted
///   text, tabs and runs stay and lines are trimmed at their right end only.
/// - A kana and U+3099 or U+309A become the composed kana where there is one.
///
/// `spans` are character spans `[from, to)` of `text`; they are moved to the characters of the
/// result that came from theirs, and may become empty. The form is idempotent.
pub fn output_text<'a>(text: &'a str, keep_spaces: bool, spans: &mut [[u32; 2]]) -> Cow<'a, str> {
    if is_output(text, keep_spaces) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(rewrite(text, keep_spaces, spans))
    }
}

/// The output form of `text`, character by character, whether anything changes or not.
fn rewrite(text: &str, keep_spaces: bool, spans: &mut [[u32; 2]]) -> String {
    let mut writer = Writer {
        text,
        out: String::with_capacity(text.len()),
        sources: (!spans.is_empty()).then(Vec::new),
        keep_spaces,
        breaks: Vec::new(),
        spaces: None,
    };
    let mut characters = text.char_indices().zip(0u32..).peekable();
    while let Some(((at, c), source)) = characters.next() {
        match kind(c) {
            Kind::Plain => writer.put(c, at, source),
            Kind::Removed => {}
            Kind::Space | Kind::WideSpace | Kind::Tab => writer.space(c, at, source),
            Kind::Return if characters.peek().is_some_and(|next| next.0.1 == '\n') => {}
            Kind::Return | Kind::Break => writer.line_break(source),
            Kind::Mark => writer.mark(c, at, source),
        }
    }
    if let Some(sources) = writer.sources {
        for end in spans.as_flattened_mut() {
            *end = sources.partition_point(|source| source < end) as u32;
        }
    }
    writer.out
}

/// What the output form does with a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Stays as it is.
    Plain,
    /// Goes.
    Removed,
    /// U+0020 and what becomes it.
    Space,
    /// U+3000.
    WideSpace,
    /// U+0009.
    Tab,
    /// U+000D.
    Return,
    /// Every other line break.
    Break,
    /// U+3099 and U+309A, which may join the kana before them.
    Mark,
}

/// The kind of `c`.
fn kind(c: char) -> Kind {
    match c {
        '\t' => Kind::Tab,
        '\r' => Kind::Return,
        '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => Kind::Break,
        ' ' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' => {
            Kind::Space
        }
        '\u{3000}' => Kind::WideSpace,
        '\u{3099}' | '\u{309A}' => Kind::Mark,
        '\0'..='\u{1F}'
        | '\u{7F}'..='\u{9F}'
        | '\u{AD}'
        | '\u{61C}'
        | '\u{200B}'
        | '\u{200E}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206F}'
        | '\u{FDD0}'..='\u{FDEF}'
        | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFC}' => Kind::Removed,
        _ if c as u32 & 0xFFFE == 0xFFFE => Kind::Removed,
        _ => Kind::Plain,
    }
}

/// The text being written, and the white space that was read and not yet written, because what
/// follows decides about it.
struct Writer<'a> {
    text: &'a str,
    out: String,
    /// For each character of `out` the position in the source of the first character it came from,
    /// if spans want them.
    sources: Option<Vec<u32>>,
    keep_spaces: bool,
    /// The positions of the line breaks read, at most the two that can stay.
    breaks: Vec<u32>,
    /// The spaces after those breaks.
    spaces: Option<Spaces>,
}

/// A run of white space with nothing in it that stays.
struct Spaces {
    /// What becomes of it if runs are not kept.
    one: char,
    /// Where it begins in the text, in bytes, and the position of its first character.
    at: usize,
    source: u32,
}

impl Writer<'_> {
    /// Reads a space, tab or U+3000.
    fn space(&mut self, c: char, at: usize, source: u32) {
        let c = if c == '\u{3000}' { c } else { ' ' };
        match &mut self.spaces {
            Some(run) => run.one = run.one.max(c),
            None => self.spaces = Some(Spaces { one: c, at, source }),
        }
    }

    /// Reads the end of a line: spaces before it go.
    fn line_break(&mut self, source: u32) {
        self.spaces = None;
        if self.breaks.len() < 2 {
            self.breaks.push(source);
        }
    }

    /// Writes the white space read that stays before the character at `at`, and then the character.
    fn put(&mut self, c: char, at: usize, source: u32) {
        let line_starts = self.out.is_empty() || !self.breaks.is_empty();
        if self.out.is_empty() {
            self.breaks.clear();
        }
        for at in 0..self.breaks.len() {
            self.push('\n', self.breaks[at]);
        }
        self.breaks.clear();
        match self.spaces.take() {
            Some(run) if self.keep_spaces => {
                // Each that is not removed is read again, so that a long run takes no memory.
                for (c, source) in self.text[run.at..at].chars().zip(run.source..) {
                    match kind(c) {
                        Kind::Removed => {}
                        Kind::Tab | Kind::WideSpace => self.push(c, source),
                        _ => self.push(' ', source),
                    }
                }
            }
            Some(run) if !line_starts => self.push(run.one, run.source),
            _ => {}
        }
        self.push(c, source);
    }

    /// Joins a voicing mark to the kana just written, or writes it as it is.
    fn mark(&mut self, mark: char, at: usize, source: u32) {
        let touches = self.breaks.is_empty() && self.spaces.is_none();
        let composed = self.out.chars().next_back().and_then(|kana| compose(kana, mark));
        match composed {
            Some(kana) if touches => {
                self.out.pop();
                self.out.push(kana);
            }
            _ => self.put(mark, at, source),
        }
    }

    /// Writes one character.
    fn push(&mut self, c: char, source: u32) {
        self.out.push(c);
        if let Some(sources) = &mut self.sources {
            sources.push(source);
        }
    }
}

/// The kana that `kana` and a voicing mark compose to.
fn compose(kana: char, mark: char) -> Option<char> {
    CanonicalCompositionBorrowed::new().compose(kana, mark)
}

/// How many bytes one step of the scan looks at.
const BLOCK: usize = 64;

/// Whether the output form of `text` is `text`.
fn is_output(text: &str, keep_spaces: bool) -> bool {
    // A single space is suspicious to no block, so both ends are looked at by themselves.
    if text.ends_with(' ') || (text.starts_with(' ') && !keep_spaces) {
        return false;
    }
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(block) = bytes[at..].first_chunk() {
        if is_suspicious(block) && !is_output_in(text, at, at + BLOCK, keep_spaces) {
            return false;
        }
        at += BLOCK;
    }
    let rest = &bytes[at..];
    let mut last = [b'.'; BLOCK + 3];
    last[..rest.len()].copy_from_slice(rest);
    (rest.len() <= BLOCK && !is_suspicious(&last))
        || is_output_in(text, at, bytes.len(), keep_spaces)
}

/// Whether a character that begins in the first `BLOCK` bytes could have to change. Three bytes
/// more are seen, so that every such character is seen whole.
#[inline]
fn is_suspicious(block: &[u8; BLOCK + 3]) -> bool {
    let mut suspicious = 0u8;
    for at in 0..BLOCK {
        let (a, b, c) = (block[at], block[at + 1], block[at + 2]);
        // Controls and line breaks; two spaces together; any character of four bytes.
        let ascii = (a < 0x20) | (a == 0x7F) | ((a == b' ') & (b == b' ')) | (a >= 0xF0);
        // U+0080–00A0 and U+00AD; U+061C; U+1680.
        let two = ((a == 0xC2) & ((b <= 0xA0) | (b == 0xAD)))
            | ((a == 0xD8) & (b == 0x9C))
            | ((a == 0xE1) & (b == 0x9A));
        // U+2000–200F, U+2028–202F and U+2040–207F.
        let general =
            (a == 0xE2) & (((b == 0x80) & ((c <= 0x8F) | (c & 0xF8 == 0xA8))) | (b == 0x81));
        // U+3000, U+3099 and U+309A; U+FDC0–FDFF, U+FEFF and U+FFF9–FFFF.
        let wide = (a == 0xE3)
            & (((b == 0x80) & (c == 0x80)) | ((b == 0x82) & ((c == 0x99) | (c == 0x9A))));
        let last =
            (a == 0xEF) & ((b == 0xB7) | ((b == 0xBB) & (c == 0xBF)) | ((b == 0xBF) & (c >= 0xB9)));
        suspicious |= u8::from(ascii | two | general | wide | last);
    }
    suspicious != 0
}

/// Whether no character that begins in `text[from..to]` has to change; `from` and `to` may lie
/// inside a character.
fn is_output_in(text: &str, from: usize, to: usize, keep_spaces: bool) -> bool {
    let from = text.ceil_char_boundary(from);
    let to = text.ceil_char_boundary(to);
    let mut before = text[..from].chars().next_back();
    let mut at = from;
    for c in text[from..to].chars() {
        at += c.len_utf8();
        let good = match kind(c) {
            Kind::Plain => true,
            Kind::Removed | Kind::Return => false,
            Kind::Mark => before.and_then(|kana| compose(kana, c)).is_none(),
            Kind::Break => c == '\n' && is_good_break(text, at, before, keep_spaces),
            Kind::Tab if !keep_spaces => false,
            Kind::Space if c != ' ' => false,
            Kind::Tab | Kind::Space | Kind::WideSpace => {
                is_good_space(text[at..].chars().next(), before, keep_spaces)
            }
        };
        if !good {
            return false;
        }
        before = Some(c);
    }
    true
}

/// Whether the line break that ends at `at` stays: inside the text, no space before it, and not the
/// third in a row.
fn is_good_break(text: &str, at: usize, before: Option<char>, keep_spaces: bool) -> bool {
    let before_is_good = before.is_some_and(|c| !is_space(c));
    let mut after = text[at..].chars();
    let after_is_good = match after.next() {
        None => false,
        Some('\n') => before != Some('\n'),
        Some(c) => keep_spaces || !is_space(c),
    };
    before_is_good && after_is_good
}

/// Whether a space, tab or U+3000 stays between its neighbours.
fn is_good_space(after: Option<char>, before: Option<char>, keep_spaces: bool) -> bool {
    match after {
        None | Some('\n') => false,
        Some(_) if keep_spaces => true,
        Some(c) => !is_space(c) && before.is_some_and(|c| c != '\n' && !is_space(c)),
    }
}

/// The characters that lines are trimmed of.
fn is_space(c: char) -> bool {
    matches!(kind(c), Kind::Space | Kind::WideSpace | Kind::Tab)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn output(text: &str) -> Cow<'_, str> {
        output_text(text, false, &mut [])
    }

    #[test]
    fn output_forms_are_those_of_the_reference() {
        for (text, form) in [
            ("一行\r\n二行\r三行", "一行\n二行\n三行"),
            ("ソフト\u{AD}ハイフン", "ソフトハイフン"),
            ("零\u{200B}幅", "零幅"),
            ("不分\u{A0}空白", "不分 空白"),
            ("\u{3000}字下げ", "字下げ"),
            ("語 \u{3000} 語", "語\u{3000}語"),
            ("か\u{3099}", "が"),
            ("あ\u{3099}", "あ\u{3099}"),
            ("か゛", "か゛"),
            ("ｶﾞ", "ｶﾞ"),
            ("\u{FA19}", "\u{FA19}"),
            ("👨\u{200D}👩\u{200D}👧", "👨\u{200D}👩\u{200D}👧"),
            ("行末\u{3000}\n\u{3000}行頭", "行末\n行頭"),
        ] {
            assert_eq!(output(text), form, "{text:?}");
        }
    }

    #[test]
    fn breaks_and_spaces_are_reduced_and_kana_composed() {
        for (text, form) in [
            ("一\u{2028}二\u{2029}三\u{85}四", "一\n二\n三\n四"),
            ("一\n \n\u{3000}\n\t\n二", "一\n\n二"),
            ("一\r\r\n\r二", "一\n\n二"),
            ("\n\n 一行 \n\n", "一行"),
            (" \u{200B}\n\t", ""),
            ("a \t\u{2003}b", "a b"),
            ("a \u{200B} b", "a b"),
            ("\u{FEFF}\u{202A}右\u{202C}\u{2066}左\u{2069}\u{FFFC}", "右左"),
            ("あ\0\u{7}\u{7F}\u{9F}\u{FDD0}\u{FFFF}\u{1FFFE}い", "あい"),
            ("は\u{309A}フ\u{309A}ワ\u{3099}ヽ\u{3099}う\u{3099}", "ぱプヷヾゔ"),
            ("か\u{200B}\u{3099}", "が"),
            ("か \u{3099}\nか\n\u{3099}", "か \u{3099}\nか\n\u{3099}"),
            ("e\u{301}\u{212B}", "e\u{301}\u{212B}"),
        ] {
            assert_eq!(output(text), form, "{text:?}");
        }
    }

    #[test]
    fn what_a_reader_sees_stays() {
        for text in [
            "",
            "そのまま。",
            "一行\n二行\n\n四行",
            "ＡＢ１２ ㈱①㍻〜～－−ー“”…",
            "葛\u{E0100}城\u{FE00}\u{200C}\u{E000}\u{FFFD}",
            "a b c",
        ] {
            assert!(matches!(output(text), Cow::Borrowed(form) if form == text), "{text:?}");
        }
    }

    #[test]
    fn preformatted_text_keeps_its_spaces_and_tabs() {
        let keep = |text| output_text(text, true, &mut []);
        assert_eq!(keep("  if a:\n\tb  =  c \t\n"), "  if a:\n\tb  =  c");
        assert_eq!(keep("\n\n  a\u{A0}\u{A0}b\r\n\r\n\r\nc\u{AD}"), "  a  b\n\nc");
        assert!(matches!(keep("\u{3000} \ta\n  b"), Cow::Borrowed(_)));
    }

    #[test]
    fn spans_move_with_their_characters() {
        let text = "\u{3000}\u{AD}前  か\u{3099}中\r\n後\u{200B} ";
        let mut spans = [[0, 3], [3, 5], [4, 6], [5, 8], [7, 11], [11, 13], [12, 13]];
        assert_eq!(output_text(text, false, &mut spans), "前 が中\n後");
        assert_eq!(spans, [[0, 1], [1, 2], [2, 3], [2, 4], [3, 6], [6, 6], [6, 6]]);
        let mut spans = [[1, 2]];
        assert_eq!(output_text("そのまま", false, &mut spans), "そのまま");
        assert_eq!(spans, [[1, 2]]);
    }

    /// The scan over blocks against the plain twin, which writes every text anew.
    fn check(text: &str, keep_spaces: bool) {
        let form = rewrite(text, keep_spaces, &mut []);
        assert_eq!(is_output(text, keep_spaces), form == text, "{text:?}");
        assert!(is_output(&form, keep_spaces), "{text:?}");
        assert_eq!(rewrite(&form, keep_spaces, &mut []), form, "{text:?}");
    }

    #[test]
    fn the_scan_sees_every_character_wherever_it_stands() {
        let mut text = String::new();
        // Beyond the first plane only the last characters of each plane are anything but plain.
        for c in ('\0'..=char::MAX).filter(|&c| c < '\u{10000}' || c as u32 & 0xFFFF >= 0xFFC0) {
            text.clear();
            text.extend(std::iter::repeat_n('x', c as usize % 67));
            text.push('は');
            text.push(c);
            text.push_str("これはどこも変わらない文で、走査の一区切りよりも長くなければならない。");
            check(&text, false);
            check(&text, true);
        }
    }

    /// Text of many pieces, most of which change nothing by themselves.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            6 => "[a-zあ-ん一-龥、。]{0,40}",
            3 => proptest::sample::select(&["\n", " ", "\u{3000}", "か", "は", "\n\n", "x y"][..])
                .prop_map(String::from),
            1 => "[\r\n\t \u{3000}\u{A0}\u{85}\u{2028}\u{200B}\u{AD}\u{3099}\u{309A}カハ]{1,6}",
            1 => any::<char>().prop_map(String::from),
        ];
        proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn the_scan_agrees_with_the_plain_twin_and_the_form_is_idempotent(
            text in pieces(), keep_spaces: bool,
        ) {
            check(&text, keep_spaces);
        }

        #[test]
        fn moved_spans_stay_in_order_and_inside(text in pieces(), keep_spaces: bool) {
            let length = text.chars().count() as u32;
            let mut spans: Vec<_> = (0..length).map(|at| [at, at + 1]).collect();
            let form = output_text(&text, keep_spaces, &mut spans);
            let ends = spans.as_flattened();
            prop_assert!(ends.is_sorted());
            prop_assert!(ends.iter().all(|&end| end as usize <= form.chars().count()));
            let covered: u32 = spans.iter().map(|span| span[1] - span[0]).sum();
            prop_assert_eq!(covered as usize, form.chars().count());
        }
    }
}
