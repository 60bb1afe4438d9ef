//! The form of a document that a language model is shown. It is never stored.
//!
//! Models were trained on running text, so what is no text is taken out: addresses of the web and of
//! mail, which look like English, and half-width kana, which lid.176 takes for Croatian and which
//! are therefore written in full width. The paragraphs become one line, because a newline ends what
//! fastText looks at, and only the first 4,096 characters are kept: a language shows in fewer.

/// Characters of the longest form.
const MOST_CHARACTERS: usize = 4096;
/// Characters of the longest local part of a mail address (RFC 5321 §4.5.3.1.1).
const LONGEST_LOCAL_PART: usize = 64;
/// Bytes of Japanese script that fill the form: it takes no more than two characters (a kana and its
/// mark) of four bytes for one.
pub(super) const FILLING_BYTES: usize = 8 * (MOST_CHARACTERS + LONGEST_LOCAL_PART + 1);

/// Writes the form of `paragraphs` into `out`, whose former content is dropped: paragraphs joined by
/// a space, white space runs as one space and none at the ends; half-width kana and their
/// punctuation in full width, with their marks composed (`ｶﾞ` → `ガ`); addresses that begin with
/// `http://`, `https://` or `www.`, and mail addresses, replaced by a space; of this the first 4,096
/// characters.
pub fn lid_form<'a>(paragraphs: impl Iterator<Item = &'a str>, out: &mut String) {
    out.clear();
    let mut form = Form { out, characters: 0, local_part: 0, space_due: false };
    for paragraph in paragraphs {
        form.space();
        form.add(paragraph);
        if form.is_full() {
            break;
        }
    }
    let end = out.char_indices().nth(MOST_CHARACTERS).map_or(out.len(), |(at, _)| at);
    out.truncate(out[..end].trim_end().len());
}

/// The form as far as it is written.
struct Form<'o> {
    out: &'o mut String,
    /// Characters in `out`.
    characters: usize,
    /// How many characters at the end of `out` may be the local part of a mail address.
    local_part: usize,
    /// Whether a space is to be written before the next character.
    space_due: bool,
}

impl Form<'_> {
    /// Full means a little more than is kept: a mail address that the end of the form would cut is
    /// known as one only at its `@`.
    fn is_full(&self) -> bool {
        self.characters > MOST_CHARACTERS + LONGEST_LOCAL_PART
    }

    fn space(&mut self) {
        self.space_due = !self.out.is_empty();
        self.local_part = 0;
    }

    fn push(&mut self, c: char) {
        if self.space_due {
            self.out.push(' ');
            self.characters += 1;
            self.space_due = false;
        }
        self.out.push(c);
        self.characters += 1;
        self.local_part = if is_local(c) { self.local_part + 1 } else { 0 };
    }

    /// Takes the characters at the start of `text` that are taken as they are, nearly all of most
    /// texts, at once, or as many of them as fill the form; gives them.
    fn push_plain<'t>(&mut self, text: &'t str) -> &'t str {
        let most = MOST_CHARACTERS + LONGEST_LOCAL_PART + 1 - self.characters;
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut characters = 0;
        while characters < most && at < bytes.len() {
            match plain_bytes(&bytes[at..]) {
                0 => break,
                length => at += length,
            }
            characters += 1;
        }
        let run = &text[..at];
        if run.is_empty() {
            return run;
        }
        if self.space_due {
            self.out.push(' ');
            self.characters += 1;
            self.space_due = false;
        }
        self.out.push_str(run);
        self.characters += characters;
        let may_be_local = |byte: &&u8| is_local(char::from(**byte));
        let local = bytes[..at].iter().rev().take(LONGEST_LOCAL_PART + 1).take_while(may_be_local);
        let local = local.count();
        self.local_part = if local == at { self.local_part + local } else { local };
        run
    }

    fn add(&mut self, paragraph: &str) {
        let mut rest = paragraph;
        let mut before = ' ';
        while !self.is_full() {
            let run = self.push_plain(rest);
            before = run.chars().next_back().unwrap_or(before);
            rest = &rest[run.len()..];
            let Some(c) = rest.chars().next() else { return };
            if let Some(n) = web_address(before, c, rest) {
                self.space();
                rest = &rest[n..];
                before = ' ';
                continue;
            }
            rest = &rest[c.len_utf8()..];
            before = c;
            match c {
                '@' => match self.mail_address(rest) {
                    Some(n) => rest = &rest[n..],
                    None => self.push(c),
                },
                '\u{FF61}'..='\u{FF9F}' => {
                    let (kana, has_mark) = full_width(c, rest.chars().next());
                    self.push(kana);
                    if has_mark {
                        rest = &rest[MARK_BYTES..];
                    }
                }
                _ if c.is_whitespace() => self.space(),
                _ => self.push(c),
            }
        }
    }

    /// After an `@`, if this is a mail address: takes its local part out again and gives the bytes
    /// of its domain at the start of `rest`.
    fn mail_address(&mut self, rest: &str) -> Option<usize> {
        if !(1..=LONGEST_LOCAL_PART).contains(&self.local_part) {
            return None;
        }
        let domain = domain_bytes(rest)?;
        self.out.truncate(self.out.len() - self.local_part);
        self.characters -= self.local_part;
        if self.out.ends_with(' ') {
            self.out.pop();
            self.characters -= 1;
        }
        self.space();
        Some(domain)
    }
}

/// Bytes of the character that `bytes`, which are UTF-8, begin with, if it is surely taken as it is:
/// no white space, no half-width kana, nothing that an address begins with.
#[inline]
fn plain_bytes(bytes: &[u8]) -> usize {
    match *bytes {
        [b'h' | b'H' | b'w' | b'W' | b'@' | b' ' | b'\t'..=b'\r', ..] => 0,
        [0..=0x7F, ..] => 1,
        [0xC3..=0xDF, ..] => 2,
        [0xE3, 0x80, 0x80, ..] => 0,
        [0xE3..=0xEE, ..] | [0xEF, 0xBC, ..] => 3,
        [0xF0..=0xFF, ..] => 4,
        _ => 0,
    }
}

/// Bytes of the web address that begins at `c`, the first character of `rest`. `before` is the
/// character before: `www.` must not go on with a host's name, while `http://` needs no border.
fn web_address(before: char, c: char, rest: &str) -> Option<usize> {
    let starts = |prefix: &str| {
        rest.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let is_address = match c {
        'h' | 'H' => starts("http://") || starts("https://"),
        'w' | 'W' => !is_local(before) && starts("www."),
        _ => false,
    };
    is_address.then(|| rest.bytes().take_while(|&byte| is_of_address(byte)).count())
}

/// The characters of RFC 3986, and those that pages write unescaped.
fn is_of_address(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"' | b'`')
}

fn is_local(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-')
}

/// Bytes of the domain at the start of `rest`: labels of letters, digits and hyphens joined by
/// dots, of which the last has only letters, at least two.
fn domain_bytes(rest: &str) -> Option<usize> {
    let is_of_domain = |&byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let n = rest.bytes().take_while(is_of_domain).count();
    let domain = rest[..n].trim_end_matches(['.', '-']);
    let (labels, last) = domain.rsplit_once('.')?;
    let is_domain = labels.split('.').all(|label| !label.is_empty())
        && last.len() >= 2
        && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_domain.then_some(domain.len())
}

/// U+FF61–FF9F in full width, in the order of the half-width block.
#[rustfmt::skip]
const FULL_WIDTH: [char; 63] = [
    '。', '「', '」', '、', '・', 'ヲ', 'ァ', 'ィ', 'ゥ', 'ェ', 'ォ', 'ャ', 'ュ', 'ョ', 'ッ', 'ー',
    'ア', 'イ', 'ウ', 'エ', 'オ', 'カ', 'キ', 'ク', 'ケ', 'コ', 'サ', 'シ', 'ス', 'セ', 'ソ', 'タ',
    'チ', 'ツ', 'テ', 'ト', 'ナ', 'ニ', 'ヌ', 'ネ', 'ノ', 'ハ', 'ヒ', 'フ', 'ヘ', 'ホ', 'マ', 'ミ',
    'ム', 'メ', 'モ', 'ヤ', 'ユ', 'ヨ', 'ラ', 'リ', 'ル', 'レ', 'ロ', 'ワ', 'ン', '゛', '゜',
];
/// Bytes of a half-width voicing mark.
const MARK_BYTES: usize = 3;

/// The full-width form of `c` in U+FF61–FF9F, together with the mark that follows if the two
/// compose, and whether they do.
fn full_width(c: char, next: Option<char>) -> (char, bool) {
    let kana = FULL_WIDTH[c as usize - 0xFF61];
    let composed = match (kana, next) {
        ('ウ', Some('ﾞ')) => 'ヴ',
        ('ワ', Some('ﾞ')) => 'ヷ',
        ('ヲ', Some('ﾞ')) => 'ヺ',
        // In Unicode a voiced kana follows its plain one, and a semi-voiced one the voiced; the
        // small ッ stands among them and has neither.
        ('ッ', _) => return (kana, false),
        ('カ'..='ト' | 'ハ'..='ホ', Some('ﾞ')) => after(kana, 1),
        ('ハ'..='ホ', Some('ﾟ')) => after(kana, 2),
        _ => return (kana, false),
    };
    (composed, true)
}

fn after(kana: char, by: u32) -> char {
    char::from_u32(kana as u32 + by).unwrap_or(kana)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(paragraphs: &[&str]) -> String {
        let mut out = "left over".to_owned();
        lid_form(paragraphs.iter().copied(), &mut out);
        out
    }

    #[test]
    fn paragraphs_become_one_line_without_double_spaces() {
        assert_eq!(
            form(&["一つ目", " 二つ目\n\u{3000}の段落\t", "", "三つ目 "]),
            "一つ目 二つ目 の段落 三つ目"
        );
        assert_eq!(form(&[]), "");
        assert_eq!(form(&[" \u{3000}", "\n"]), "");
    }

    #[test]
    fn half_width_kana_become_full_width_with_their_marks() {
        for (half, full) in [
            ("ｺﾝﾋﾟｭｰﾀ", "コンピュータ"),
            ("ｶﾞｷﾞｸﾞｹﾞｺﾞｻﾞｼﾞｽﾞｾﾞｿﾞﾀﾞﾁﾞﾂﾞﾃﾞﾄﾞ", "ガギグゲゴザジズゼゾダヂヅデド"),
            ("ﾊﾞﾋﾞﾌﾞﾍﾞﾎﾞﾊﾟﾋﾟﾌﾟﾍﾟﾎﾟ", "バビブベボパピプペポ"),
            ("ｳﾞﾜﾞｦﾞ", "ヴヷヺ"),
            ("ｱﾞｶﾟﾞ", "ア゛カ゜゛"),
            ("｡｢｣､･", "。「」、・"),
            ("カﾞ", "カ゛"),
        ] {
            assert_eq!(form(&[half]), full);
        }
    }

    #[test]
    fn the_table_agrees_with_compatibility_composition() {
        let nfkc = icu_normalizer::ComposingNormalizerBorrowed::new_nfkc();
        for c in '\u{FF61}'..='\u{FF9D}' {
            assert_eq!(form(&[&c.to_string()]), nfkc.normalize(&c.to_string()), "{c}");
            for mark in ['ﾞ', 'ﾟ'] {
                let pair: String = [c, mark].iter().collect();
                let composed = nfkc.normalize(&pair);
                // NFKC leaves a combining mark where nothing composes; the form, a spacing one.
                let spaced = composed.replace('\u{3099}', "゛").replace('\u{309A}', "゜");
                assert_eq!(form(&[&pair]), spaced, "{pair}");
            }
        }
    }

    #[test]
    fn web_and_mail_addresses_are_taken_out() {
        for (text, left) in [
            ("詳細はhttps://example.jp/a?b=1#cを見る", "詳細は を見る"),
            ("HTTP://EXAMPLE.JP", ""),
            ("前 www.example.co.jp/ 後", "前 後"),
            ("（www.example.jp）", "（ ）"),
            ("awww.", "awww."),
            ("<http://a.jp>と", "< >と"),
            ("メールはtaro.yamada@example.co.jpまで", "メールは まで"),
            ("a@b.jp, c@d.jp.", ", ."),
            ("taro@localhost @foo 5@3.14", "taro@localhost @foo 5@3.14"),
            ("a@b..jp a@.jp @a.jp", "a@b..jp a@.jp @a.jp"),
            ("a@b@c.jp", "a@"),
        ] {
            assert_eq!(form(&[text]), left, "{text}");
        }
        let local = "x".repeat(65);
        assert_eq!(form(&[&format!("{local}@a.jp")]), format!("{local}@a.jp"));
    }

    #[test]
    fn the_first_4096_characters_are_kept() {
        let long = "字".repeat(5000);
        assert_eq!(form(&[&long]).chars().count(), 4096);
        assert_eq!(form(&["字", &long]).chars().count(), 4096);
        // The space that would be the last character goes; so does an address across the end.
        let filled = "字".repeat(4095);
        assert_eq!(form(&[&filled, "次"]), filled);
        let text = format!("{}taro@example.jp次", "字".repeat(4090));
        assert_eq!(form(&[&text]), format!("{} 次", "字".repeat(4090)));
    }

    /// The same in the plainest way: what stands at each place is asked of regular expressions, and
    /// white space and length are settled at the end.
    fn twin(paragraphs: &[String]) -> String {
        let web = regex::Regex::new(r#"^(?i:https?://|www\.)[!#-;=?-_a-~]*"#).unwrap();
        let mail = regex::Regex::new(r"^([A-Za-z0-9._%+-]{1,64})@([A-Za-z0-9.-]+)").unwrap();
        let domain = regex::Regex::new(r"^(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}$").unwrap();
        let text = paragraphs.join(" ");
        let mut left = String::new();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let rest = &text[at..];
            let before = text[..at].chars().next_back().unwrap_or(' ');
            let is_web = !rest.starts_with(['w', 'W']) || !is_local(before);
            if let Some(found) = web.find(rest).filter(|_| is_web) {
                left.push(' ');
                at += found.end();
                continue;
            }
            let found = mail.captures(rest).filter(|_| !left.ends_with(is_local));
            let host = found
                .map(|found| (found[1].len() + 1, found[2].trim_end_matches(['.', '-']).len()));
            if let Some((start, n)) =
                host.filter(|&(start, n)| domain.is_match(&rest[start..start + n]))
            {
                left.push(' ');
                at += start + n;
                continue;
            }
            at += c.len_utf8();
            if !('\u{FF61}'..='\u{FF9F}').contains(&c) {
                left.push(c);
                continue;
            }
            let (kana, has_mark) = full_width(c, text[at..].chars().next());
            left.push(kana);
            at += if has_mark { MARK_BYTES } else { 0 };
        }
        let words: Vec<&str> = left.split_whitespace().collect();
        let form: String = words.join(" ").chars().take(MOST_CHARACTERS).collect();
        form.trim_end().to_owned()
    }

    proptest! {
        #[test]
        fn one_pass_gives_what_several_passes_give(
            paragraphs in prop::collection::vec(
                prop::collection::vec(
                    prop::sample::select(vec![
                        "日", "本", "ｶ", "ﾞ", "ﾟ", "ﾊ", " ", "\u{3000}", "\n", "http://", "https://",
                        "www.", "x", "y2", "@", "ab.jp", "<", "。", ".", "あいう",
                    ]),
                    0..40,
                ).prop_map(|pieces| pieces.concat()),
                0..6,
            ),
        ) {
            prop_assert_eq!(form(&paragraphs.iter().map(String::as_str).collect::<Vec<_>>()), twin(&paragraphs));
        }

        #[test]
        fn any_text_gives_a_short_line(text in any::<String>()) {
            let line = form(&[&text, &text]);
            prop_assert!(line.chars().count() <= MOST_CHARACTERS);
            prop_assert_eq!(line.trim(), &*line);
            prop_assert!(!line.contains('\n'));
        }
    }
}
