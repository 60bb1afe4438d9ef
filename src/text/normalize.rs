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
        return Cow::Borrowed(text);
    }
    let mut writer = Writer {
        out: String::with_capacity(text.len()),
        sources: Vec::new(),
        track: !spans.is_empty(),
        keep_spaces,
        gap: Gap::default(),
    };
    let mut characters = text.chars().zip(0u32..).peekable();
    while let Some((c, source)) = characters.next() {
        match kind(c) {
            Kind::Plain => writer.put(c, source),
            Kind::Removed => {}
            Kind::Space | Kind::WideSpace | Kind::Tab => writer.space(c, source),
            Kind::Return if characters.peek().is_some_and(|next| next.0 == '\n') => {}
            Kind::Return | Kind::Break => writer.line_break(source),
            Kind::Mark => writer.mark(c, source),
        }
    }
    let sources = writer.sources;
    for end in spans.as_flattened_mut() {
        *end = sources.partition_point(|source| source < end) as u32;
    }
    Cow::Owned(writer.out)
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

/// White space that was read and not yet written, because what follows decides about it.
#[derive(Default)]
struct Gap {
    /// Line breaks; spaces after them are of the new line.
    breaks: u32,
    /// The spaces to write before the next character: at most one, or the whole run if spaces are
    /// kept.
    spaces: Vec<(char, u32)>,
    /// The positions of the first two breaks in the source.
    break_sources: [u32; 2],
}

/// The text being written.
struct Writer {
    out: String,
    /// For each character of `out` the position in the source of the first character it came from.
    sources: Vec<u32>,
    /// Whether `sources` are wanted.
    track: bool,
    keep_spaces: bool,
    gap: Gap,
}

impl Writer {
    /// Adds a space, tab or U+3000 of the source to the gap.
    fn space(&mut self, c: char, source: u32) {
        let wide = c == '\u{3000}';
        let c = if wide || (self.keep_spaces && c == '\t') { c } else { ' ' };
        match self.gap.spaces.first_mut() {
            Some(first) if !self.keep_spaces => {
                if wide {
                    first.0 = c;
                }
            }
            _ => self.gap.spaces.push((c, source)),
        }
    }

    /// Ends the line: the spaces before go, and at most one blank line is kept.
    fn line_break(&mut self, source: u32) {
        self.gap.spaces.clear();
        if let Some(slot) = self.gap.break_sources.get_mut(self.gap.breaks as usize) {
            *slot = source;
            self.gap.breaks += 1;
        }
    }

    /// Writes the gap and then `c`.
    fn put(&mut self, c: char, source: u32) {
        let first = self.out.is_empty();
        let breaks = std::mem::take(&mut self.gap.breaks);
        if !first {
            for at in 0..breaks as usize {
                self.push('\n', self.gap.break_sources[at]);
            }
        }
        if !self.gap.spaces.is_empty() {
            let line_start = first || breaks > 0;
            let mut spaces = std::mem::take(&mut self.gap.spaces);
            for (space, source) in spaces.drain(..) {
                if self.keep_spaces || !line_start {
                    self.push(space, source);
                }
            }
            self.gap.spaces = spaces;
        }
        self.push(c, source);
    }

    /// Joins a voicing mark to the kana just written, or writes it as it is.
    fn mark(&mut self, mark: char, source: u32) {
        let touches = self.gap.breaks == 0 && self.gap.spaces.is_empty();
        let composed = self.out.chars().next_back().and_then(|kana| compose(kana, mark));
        match composed {
            Some(kana) if touches => {
                self.out.pop();
                self.out.push(kana);
            }
            _ => self.put(mark, source),
        }
    }

    /// Writes one character.
    fn push(&mut self, c: char, source: u32) {
        self.out.push(c);
        if self.track {
            self.sources.push(source);
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
    let bytes = text.as_bytes();
    if bytes.first().is_some_and(|&b| b <= b' ') || bytes.last().is_some_and(|&b| b <= b' ') {
        if !keep_spaces {
            return false;
        }
    }
    let mut at = 0;
    while at + BLOCK + 3 <= bytes.len() {
        let block: &[u8; BLOCK + 3] = bytes[at..].first_chunk().unwrap_or(&[0; BLOCK + 3]);
        if is_suspicious(block) && !is_output_in(text, at, at + BLOCK, keep_spaces) {
            return false;
        }
        at += BLOCK;
    }
    is_output_in(text, at, bytes.len(), keep_spaces)
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
        let general = (a == 0xE2)
            & (((b == 0x80) & ((c <= 0x8F) | ((c >= 0xA8) & (c <= 0xAF)))) | (b == 0x81));
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
