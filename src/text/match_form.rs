//! The forms in which texts are compared: `exact` for duplicates and hashes, `match` for near
//! duplicates and word lists. Neither is ever delivered.
//!
//! The definition, step by step: (a) ゛ and ゜ directly after a kana become U+3099 and U+309A;
//! (b) NFKC; (c) lower case, each character alone by its full mapping; (d) punctuation, symbols,
//! separators, general category C and variation selectors go; (e) in the match form alone, each
//! run of decimal digits becomes one `0`; (f) NFC. Combining marks stay, so that が never equals
//! か. Both forms are idempotent. They depend on the version of Unicode of the crates in
//! `Cargo.lock`: a character that is unassigned today is deleted and may be a letter tomorrow.
//!
//! Nearly every character has a form of its own, whatever stands beside it; a table of the first
//! plane holds it, of which each block of 256 characters is built when the first of them is met. A
//! character that begins with something that joins backwards (a combining mark, ゛, ﾞ, a Hangul vowel)
//! makes a segment: from the last character before it that left something in the form, up to the next
//! such character behind it. Segments go through the definition itself.

use std::ops::Range;
use std::sync::OnceLock;

use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

use crate::text::classes::is_kana;

/// Appends the exact form of `text` to `out`: steps a to d and f.
pub fn exact_form(text: &str, out: &mut String) {
    append::<false>(text, out);
}

/// Calls with the exact form of `text` from its start to its end, in pieces that come of about `most`
/// bytes each; `form` is overwritten.
pub fn exact_form_by_pieces(
    text: &str,
    most: usize,
    form: &mut String,
    mut each: impl FnMut(&str),
) {
    let mut rest = text;
    while !rest.is_empty() {
        // A piece ends before a character whose form depends on nothing before it.
        let from = rest.floor_char_boundary(most).max(1);
        let begins = |(_, c): &(usize, char)| !matches!(code_of(*c), DELETED | JOINS);
        let from = rest.ceil_char_boundary(from);
        let next = rest[from..].char_indices().find(begins);
        let (piece, behind) = rest.split_at(next.map_or(rest.len(), |(length, _)| from + length));
        form.clear();
        exact_form(piece, form);
        each(form);
        rest = behind;
    }
}

/// Appends the match form of `text` to `out`: the exact form with each run of decimal digits as one
/// `0`.
pub fn match_form(text: &str, out: &mut String) {
    append::<true>(text, out);
}

/// The definition, step by step; digits are folded if `FOLD`.
fn form_by_definition<const FOLD: bool>(text: &str) -> String {
    let category = CodePointMapData::<GeneralCategory>::new();
    let mut before = '\0';
    let joined = text.chars().map(|c| {
        let mark = match c {
            '゛' if is_kana(before) => '\u{3099}',
            '゜' if is_kana(before) => '\u{309A}',
            _ => c,
        };
        before = c;
        mark
    });
    let mut in_digits = false;
    let folded = ComposingNormalizerBorrowed::new_nfkc()
        .normalize_iter(joined)
        .flat_map(char::to_lowercase)
        .filter(|&c| !is_deleted(c))
        .filter_map(|c| {
            if !FOLD || category.get(c) != GeneralCategory::DecimalNumber {
                in_digits = false;
                return Some(c);
            }
            let first = !in_digits;
            in_digits = true;
            first.then_some('0')
        });
    ComposingNormalizerBorrowed::new_nfc().normalize_iter(folded).collect()
}

/// Whether step d deletes `c`.
fn is_deleted(c: char) -> bool {
    let deleted = GeneralCategoryGroup::Punctuation
        .union(GeneralCategoryGroup::Symbol)
        .union(GeneralCategoryGroup::Separator)
        .union(GeneralCategoryGroup::Other);
    deleted.contains(CodePointMapData::<GeneralCategory>::new().get(c)) || is_selector(c)
}

/// The variation selectors and U+034F, which are marks by category and yet invisible.
fn is_selector(c: char) -> bool {
    matches!(c,
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{180B}'..='\u{180F}' | '\u{34F}')
}

/// Appends a form of `text` by the table.
fn append<const FOLD: bool>(text: &str, out: &mut String) {
    let start = out.len();
    let mut run = 0..0;
    // Where the last character that left something and is in no run begins: in the text, in `out`.
    let mut solid = (0, start);
    let mut rest = 0;
    'rest: loop {
        for (offset, c) in text[rest..].char_indices() {
            let at = rest + offset;
            match code_of(c) {
                SAME => lengthen(&mut run, at, c, text, out),
                DIGIT if !FOLD => lengthen(&mut run, at, c, text, out),
                DELETED => {}
                JOINS => {
                    if let Some(last) = text[run.clone()].chars().next_back() {
                        let from = run.end - last.len_utf8();
                        solid = (from, out.len() + from - run.start);
                    }
                    flush(&mut run, text, out);
                    out.truncate(solid.1);
                    rest = end_of_segment(text, at);
                    let segment = form_by_definition::<FOLD>(&text[solid.0..rest]);
                    push_form::<FOLD>(&segment, start, out);
                    continue 'rest;
                }
                code => {
                    flush(&mut run, text, out);
                    solid = (at, out.len());
                    push_form::<FOLD>(form_of::<FOLD>(c, code), start, out);
                }
            }
        }
        break;
    }
    flush(&mut run, text, out);
}

/// Takes the character `c` at `at` into the run of characters that stay as they are and are not yet
/// written; a run that ends elsewhere is written first.
#[inline(always)]
fn lengthen(run: &mut Range<usize>, at: usize, c: char, text: &str, out: &mut String) {
    if run.end != at {
        flush(run, text, out);
        run.start = at;
    }
    run.end = at + c.len_utf8();
}

/// Writes the run and empties it.
#[inline]
fn flush(run: &mut Range<usize>, text: &str, out: &mut String) {
    out.push_str(&text[run.clone()]);
    run.start = run.end;
}

/// Appends `form` to the form that begins at `start`; two runs of digits that meet become one.
#[inline]
fn push_form<const FOLD: bool>(form: &str, start: usize, out: &mut String) {
    let meet = FOLD && form.starts_with('0') && out[start..].ends_with('0');
    out.push_str(&form[usize::from(meet)..]);
}

/// What the form of one character is: one of the four codes, or `FIRST_FORM` and above the index of
/// a form.
type Code = u16;

/// The character itself.
const SAME: Code = 0;
/// Nothing.
const DELETED: Code = 1;
/// It depends on what stands before.
const JOINS: Code = 2;
/// An ASCII digit: itself in the exact form, `0` in the match form.
const DIGIT: Code = 3;
/// The code of the first form in the list.
const FIRST_FORM: Code = 4;

/// The forms of 256 characters of the first plane that do not depend on their neighbours.
struct Block {
    codes: [Code; 256],
    /// Exact and match forms, for the codes from `FIRST_FORM` on.
    forms: Vec<[Box<str>; 2]>,
}

impl Block {
    /// The block that `c` lies in; `None` beyond the first plane.
    #[inline]
    fn of(c: char) -> Option<&'static Block> {
        static BLOCKS: [OnceLock<Box<Block>>; 256] = [const { OnceLock::new() }; 256];
        let number = c as usize / 256;
        Some(BLOCKS.get(number)?.get_or_init(|| Block::build(number as u32 * 256)))
    }

    /// Puts every character of a block through the definition.
    #[cold]
    fn build(first: u32) -> Box<Block> {
        let mut block = Box::new(Block { codes: [JOINS; 256], forms: Vec::new() });
        // Surrogates are no characters.
        for (at, c) in (first..first + 256).enumerate() {
            if let Some(c) = char::from_u32(c) {
                block.codes[at] = block.code_by_definition(c);
            }
        }
        block
    }

    /// The code of `c`, whose form is added to the list if it is new.
    fn code_by_definition(&mut self, c: char) -> Code {
        match c {
            '0'..='9' => return DIGIT,
            // The great blocks of Han, Hangul and private use, which would take most of the time.
            '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '가'..='힣' => return SAME,
            '\u{E000}'..='\u{F8FF}' => return DELETED,
            _ => {}
        }
        let exact = form_by_definition::<false>(c.encode_utf8(&mut [0; 4]));
        if joins_backwards(c) || exact.chars().next().is_some_and(joins_backwards) {
            return JOINS;
        }
        if exact.is_empty() {
            return DELETED;
        }
        let folded = form_by_definition::<true>(c.encode_utf8(&mut [0; 4]));
        if exact == folded && exact.chars().eq([c]) {
            return SAME;
        }
        self.forms.push([exact.into(), folded.into()]);
        FIRST_FORM + (self.forms.len() - 1) as Code
    }
}

/// The code of any character. Beyond the first plane only whole ranges have one of their own.
#[inline]
fn code_of(c: char) -> Code {
    match Block::of(c) {
        Some(block) => block.codes[c as usize % 256],
        None => match c {
            '\u{20000}'..='\u{2A6DF}' => SAME,
            '\u{1F300}'..='\u{1FAFF}' | '\u{E0100}'..='\u{E01EF}' => DELETED,
            _ => JOINS,
        },
    }
}

/// The form of `c` that its code stands for: one from `FIRST_FORM` on, or the match form of a digit.
#[inline]
fn form_of<const FOLD: bool>(c: char, code: Code) -> &'static str {
    match (code.checked_sub(FIRST_FORM), Block::of(c)) {
        (Some(index), Some(block)) => &block.forms[index as usize][usize::from(FOLD)],
        _ => "0",
    }
}

/// Where the segment that `from` lies in ends: before the next character that leaves something
/// whatever stands before it.
fn end_of_segment(text: &str, from: usize) -> usize {
    let solid = |&(_, c): &(usize, char)| !matches!(code_of(c), DELETED | JOINS);
    text[from..].char_indices().find(solid).map_or(text.len(), |(at, _)| from + at)
}

/// Whether `c` could change with what stands before it when both are normalised: whether its full
/// decomposition begins with a mark, a Hangul jamo, or any other character of a combining class.
fn joins_backwards(c: char) -> bool {
    let first = DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(std::iter::once(c)).next();
    first.is_some_and(|c| {
        let category = CodePointMapData::<GeneralCategory>::new().get(c);
        let mark = GeneralCategoryGroup::Mark.contains(category) && !is_selector(c);
        mark || matches!(c, '\u{1100}'..='\u{11FF}')
            || CanonicalCombiningClassMapBorrowed::new().get_u8(c) != 0
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(text: &str) -> String {
        let mut out = String::new();
        exact_form(text, &mut out);
        out
    }

    fn matched(text: &str) -> String {
        let mut out = String::new();
        match_form(text, &mut out);
        out
    }

    #[test]
    fn match_forms_are_those_of_the_reference_table() {
        for (text, form) in [
            ("ＡＢＣａｂｃ", "abcabc"),
            ("ｶﾞｷﾞｸﾞ ﾊﾟﾋﾟ", "ガギグパピ"),
            ("か\u{3099}き\u{3099}", "がぎ"),
            ("か゛き゛", "がぎ"),
            ("は゜", "ぱ"),
            ("う゛", "ゔ"),
            ("あ゛", "あ\u{3099}"),
            ("あﾞ", "あ\u{3099}"),
            ("゛だけ", "\u{3099}だけ"),
            ("ワ゛", "ヷ"),
            ("か\u{200D}\u{3099}", "が"),
            ("ｺｰﾋｰ", "コーヒー"),
            ("コーヒー", "コーヒー"),
            ("コ\u{2212}ヒ\u{2212}", "コヒ"),
            ("こーひー", "こーひー"),
            ("㈱山田", "株山田"),
            ("㍿山田", "株式会社山田"),
            ("①②③", "0"),
            ("Ⅳ章", "iv章"),
            ("㍻元年", "平成元年"),
            ("㋿", "令和"),
            ("1,234円", "0円"),
            ("１，２３４円", "0円"),
            ("1 234円", "0円"),
            ("3.14", "0"),
            ("２０２４年１月３日", "0年0月0日"),
            ("2024年12月31日", "0年0月0日"),
            ("第三章", "第三章"),
            ("〇", "〇"),
            ("○", ""),
            ("零", "零"),
            ("～", ""),
            ("〜", ""),
            ("…", ""),
            ("、。", ""),
            ("・", ""),
            ("ー", "ー"),
            ("々", "々"),
            ("ゝゞ", "ゝゞ"),
            ("ヶ", "ヶ"),
            ("「引用」", "引用"),
            ("髙島屋", "髙島屋"),
            ("高島屋", "高島屋"),
            ("\u{FA19}", "\u{795E}"),
            ("\u{FA11}", "\u{FA11}"),
            ("葛\u{E0100}城", "葛城"),
            ("\u{2F47}本", "日本"),
            ("❤\u{FE0F}", ""),
            ("👨\u{200D}👩\u{200D}👧", ""),
            ("İstanbul", "i\u{307}stanbul"),
            ("ﬁle", "file"),
            ("ß", "ß"),
            ("㎡", "m0"),
            ("٣", "0"),
            ("①0", "0"),
            ("\u{212B}", "å"),
            ("Å", "å"),
            ("e\u{301}", "é"),
            ("\u{E000}外字", "外字"),
        ] {
            assert_eq!(matched(text), form, "{text}");
        }
    }

    #[test]
    fn the_exact_form_keeps_digits_apart_and_joins_the_rest_alike() {
        for (text, form) in [
            ("2024年１月３日", "2024年1月3日"),
            ("1,234円 ①②", "1234円12"),
            ("㎡", "m2"),
            ("か゛ｷﾞ「ＡＢ」", "がギab"),
            ("か・\u{3099}", "が"),
            ("\u{1100}\u{1161}\u{11A8}", "각"),
        ] {
            assert_eq!(exact(text), form, "{text}");
        }
    }

    #[test]
    fn forms_are_appended_and_do_not_touch_what_stands_before() {
        let mut out = String::from("か0");
        match_form("00", &mut out);
        exact_form("\u{3099}き", &mut out);
        assert_eq!(out, "か00\u{3099}き");
    }

    #[test]
    fn both_forms_of_every_scalar_value_are_the_definition_and_idempotent() {
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            let (exact_once, matched_once) = (exact(&text), matched(&text));
            assert_eq!(exact_once, form_by_definition::<false>(&text), "U+{:04X}", c as u32);
            assert_eq!(matched_once, form_by_definition::<true>(&text), "U+{:04X}", c as u32);
            if exact_once.is_empty() {
                continue;
            }
            assert_eq!(exact(&exact_once), exact_once, "U+{:04X}", c as u32);
            assert_eq!(matched(&matched_once), matched_once, "U+{:04X}", c as u32);
        }
    }

    /// Strings of characters that interact, with characters that do not between them.
    fn adversarial() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => "[あかがはーｶﾊカハ゛゜ﾞﾟ\u{3099}\u{309A}、・0-9０-９①㎡٣aÅİ\u{301}\u{327}\u{FE0F}\u{200D}]{1,6}",
            1 => "[\u{1100}-\u{11FF}가-힣ﾡ-ￜㄱ-ㆎ]{1,4}",
            1 => "[\u{900}-\u{DFF}\u{1F70}-\u{1FFF}\u{F71}-\u{F84}\u{E0100}𠮷😀𝐀𑄱\u{11127}]{1,4}",
            1 => "[ぁ-んァ-ヶ一-龥]{1,8}",
            1 => any::<char>().prop_map(String::from),
        ];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_have_the_form_of_the_whole(
            text in "([ -~]|[ぁ-ヿ゛゜㌀-㌖ｦ-ﾟ漢字가각각é\u{301}\u{3099}\u{3000}\u{AD}0-9]){0,60}",
            most in 1_usize..40,
        ) {
            let (mut whole, mut joined, mut form) = (String::new(), String::new(), String::new());
            exact_form(&text, &mut whole);
            exact_form_by_pieces(&text, most, &mut form, |piece| joined.push_str(piece));
            prop_assert_eq!(joined, whole);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn the_table_agrees_with_the_definition(text in adversarial()) {
            prop_assert_eq!(exact(&text), form_by_definition::<false>(&text));
            prop_assert_eq!(matched(&text), form_by_definition::<true>(&text));
        }

        #[test]
        fn both_forms_are_idempotent(text in adversarial()) {
            let (exact_once, matched_once) = (exact(&text), matched(&text));
            prop_assert_eq!(exact(&exact_once), exact_once);
            prop_assert_eq!(matched(&matched_once), matched_once);
        }
    }
}
