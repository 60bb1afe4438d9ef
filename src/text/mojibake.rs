//! Mojibake: how much of a text is what a wrong character set leaves behind.
//!
//! Each wrong pair of encodings leaves signs of its own: UTF-8 read as Shift_JIS a handful of rare
//! Chinese characters (縺繧繝…) among half-width kana, EUC-JP read as Shift_JIS half-width kana
//! alone, anything read as EUC-JP or UTF-8 U+FFFD, anything read as a western set accented letters
//! and C1 controls. Signs that honest text uses too count only in the company that damage keeps:
//!
//! - half-width kana only where full-width kana are missing (< 0.02), and only when ､ and ･, which
//!   EUC-JP's lead bytes of hiragana and katakana become, are at least 0.15 of them;
//! - a rare Chinese character only together with half-width kana, at most two for each, because
//!   繧繝, 螟蛉 and 荳 are words.

use crate::text::classes::{Class, class};

/// Signs of damage, counted over one or several texts. Add them before the output form is made:
/// that removes the C1 controls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    characters: u64,
    full_kana: u64,
    half_kana: u64,
    /// ｡ ｢ ｣ ､ ･
    half_marks: u64,
    /// ､ ･
    half_lead: u64,
    han: u64,
    rare: u64,
    replaced: u64,
    controls: u64,
    private: u64,
    latin: u64,
}

impl Damage {
    /// Counts the characters of `text`.
    pub fn add(&mut self, text: &str) {
        for c in text.chars() {
            self.characters += 1;
            match class(c) {
                Class::Hiragana | Class::Katakana | Class::KanaMark => self.full_kana += 1,
                Class::Han => {
                    // Radicals are no characters of a text, and seldom stand in one.
                    self.han += u64::from(c >= '\u{3005}');
                    self.rare += u64::from(is_rare(c));
                }
                Class::HalfwidthKana => self.half_kana += 1,
                Class::Latin1Letter => self.latin += 1,
                Class::Punctuation | Class::Other | Class::Space => self.add_other(c),
                _ => {}
            }
        }
    }

    /// The share of characters that are signs of damage, 0.0 for no characters.
    #[must_use]
    pub fn share(&self) -> f64 {
        let mut signs = self.replaced + self.controls + self.private;
        let half_width = self.half_kana + self.half_marks;
        signs += self.rare.min(2 * half_width);
        let missing_kana = self.share_of(self.full_kana) < 0.02;
        if missing_kana && self.half_lead * 100 >= half_width * 15 {
            signs += half_width;
        }
        self.share_of(signs)
    }

    /// Whether the texts are mojibake: signs of damage at least 0.03 of the characters, or letters
    /// of Latin-1 at least 0.2 where full-width kana are below 0.05.
    #[must_use]
    pub fn is_mojibake(&self) -> bool {
        let western = self.share_of(self.latin) >= 0.2 && self.share_of(self.full_kana) < 0.05;
        self.share() >= 0.03 || western
    }

    /// How many kana of either width there are, the long mark included.
    #[must_use]
    pub fn kana(&self) -> u64 {
        self.full_kana + self.half_kana
    }

    /// How many Chinese characters there are, radicals aside.
    #[must_use]
    pub fn han(&self) -> u64 {
        self.han
    }

    /// How many U+FFFD there are.
    #[must_use]
    pub fn replaced(&self) -> u64 {
        self.replaced
    }

    /// How many characters were counted.
    #[must_use]
    pub fn characters(&self) -> u64 {
        self.characters
    }

    /// Counts a character that no class of letters holds.
    fn add_other(&mut self, c: char) {
        match c {
            '\u{FFFD}' => self.replaced += 1,
            '\u{80}'..='\u{9F}' => self.controls += 1,
            '\u{E000}'..='\u{F8FF}' | '\u{F0000}'.. => self.private += 1,
            '､' | '･' => {
                self.half_marks += 1;
                self.half_lead += 1;
            }
            '｡' | '｢' | '｣' => self.half_marks += 1,
            // The letters that windows-1252 has beyond Latin-1.
            'ƒ' | 'Š' | 'š' | 'Œ' | 'œ' | 'Ž' | 'ž' | 'Ÿ' | 'ª' | 'º' | 'µ' => {
                self.latin += 1
            }
            _ => {}
        }
    }

    /// `count` over the characters.
    fn share_of(&self, count: u64) -> f64 {
        if self.characters == 0 { 0.0 } else { count as f64 / self.characters as f64 }
    }
}

/// The Chinese characters that UTF-8 Japanese becomes when it is read as Shift_JIS.
fn is_rare(c: char) -> bool {
    matches!(c, '縺' | '繧' | '繝' | '蜿' | '荳' | '譁' | '菫' | '逕' | '螟')
}

#[cfg(test)]
mod tests {
    use encoding_rs::{EUC_JP, Encoding, GBK, SHIFT_JIS, UTF_8, WINDOWS_1252};

    use super::*;

    const PROSE: [&str; 4] = [
        "春になると川沿いの道に桜が咲き、近所の人たちが弁当を持って集まってくる。",
        "このページでは、コーヒーの淹れ方と豆の選び方について、初めての方にもわかりやすく説明します。",
        "お問い合わせは下のフォームからお願いいたします。返信には二、三日かかることがあります。",
        "東京都内の図書館は午前九時から午後八時まで開いています（月曜日は休館）。",
    ];

    fn damage(text: &str) -> Damage {
        let mut damage = Damage::default();
        damage.add(text);
        damage
    }

    fn misread(text: &str, written: &'static Encoding, read: &'static Encoding) -> String {
        let (bytes, _, unmappable) = written.encode(text);
        assert!(!unmappable);
        read.decode_without_bom_handling(&bytes).0.into_owned()
    }

    #[test]
    fn each_wrong_reading_of_japanese_is_mojibake() {
        for (written, read) in [
            (UTF_8, SHIFT_JIS),
            (UTF_8, EUC_JP),
            (UTF_8, WINDOWS_1252),
            (UTF_8, GBK),
            (SHIFT_JIS, UTF_8),
            (SHIFT_JIS, EUC_JP),
            (SHIFT_JIS, WINDOWS_1252),
            (EUC_JP, UTF_8),
            (EUC_JP, SHIFT_JIS),
            (EUC_JP, WINDOWS_1252),
        ] {
            for text in PROSE {
                let wrong = misread(text, written, read);
                let seen = damage(&wrong);
                assert!(seen.is_mojibake(), "{} as {}: {wrong}", written.name(), read.name());
            }
        }
    }

    #[test]
    fn bytes_read_as_latin_1_are_mojibake() {
        for written in [UTF_8, SHIFT_JIS, EUC_JP] {
            let bytes = written.encode(&PROSE.concat()).0.into_owned();
            let wrong = encoding_rs::mem::decode_latin1(&bytes).into_owned();
            assert!(damage(&wrong).is_mojibake(), "{}: {wrong}", written.name());
        }
    }

    #[test]
    fn honest_texts_are_not_mojibake() {
        for text in [
            "",
            PROSE[0],
            PROSE[1],
            "ホーム｜新着情報｜会社概要｜お問い合わせ｜サイトマップ",
            "東京都千代田区丸之内一丁目一番一号",
            "ﾊﾝｶｸｶﾅﾉﾒｰﾙﾃﾞｽ｡ﾖﾛｼｸｵﾈｶﾞｲｼﾏｽ｡",
            "商品ｺｰﾄﾞ 数量 単価 ﾒｰｶｰ ﾋﾟﾝｸ ﾌﾞﾙｰ 税込価格 在庫",
            "繧繝縁の畳は、縺れた糸のように細かな模様を重ねる。",
            "螟蛉の子",
            "蜿蜒長蛇",
            "荳是一個漢字，蜿蜒曲折，逕路不明。",
            "“Quoted”… it’s an “honest” text – with dashes — and ‘quotes’.",
            "Où est passé l’été ? Là-bas, près de la forêt, on a dîné à côté d’un château.",
            "Äpfel, Öl und Übermut: die Straße führt über den großen Fluß.",
            "楽しい😀です👨\u{200D}👩\u{200D}👧❤\u{FE0F}",
            "한국어 문장입니다.",
            "这是一个简单的中文句子，没有任何乱码。",
        ] {
            let seen = damage(text);
            assert!(!seen.is_mojibake(), "{text}: {seen:?}");
        }
    }

    #[test]
    fn shares_and_counts_go_over_all_texts_added() {
        let mut damage = Damage::default();
        assert_eq!((damage.share(), damage.characters()), (0.0, 0));
        damage.add("あ\u{FFFD}\u{FFFD}い");
        damage.add("う\u{85}\u{E000}え");
        assert_eq!((damage.replaced(), damage.characters()), (2, 8));
        assert_eq!(damage.share(), 0.5);
        damage.add(&"か".repeat(152));
        assert_eq!(damage.share(), 0.025);
        assert!(!damage.is_mojibake());
        damage.add("\u{FFFD}");
        assert!(damage.is_mojibake());
    }

    #[test]
    fn a_broken_paragraph_shows_in_a_whole_page() {
        let mut page = damage(&PROSE.concat());
        page.add(&misread(PROSE[2], UTF_8, SHIFT_JIS));
        assert!(page.is_mojibake(), "{page:?}");
    }
}
