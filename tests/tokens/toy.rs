//! Builds SentencePiece models field by field, as bytes. The committed `toy.model` is one of them.

/// A piece: its spelling, score and type (1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused,
/// 6 byte).
pub(crate) type Piece = (String, f32, u8);

/// What a model is built of.
pub(crate) struct Toy {
    pub(crate) pieces: Vec<Piece>,
    /// 1 Unigram, 2 BPE, 3 words, 4 characters.
    pub(crate) model_type: u8,
    pub(crate) byte_fallback: bool,
    pub(crate) remove_extra_whitespaces: bool,
}

impl Toy {
    /// The file: `ModelProto` with pieces (1), trainer (2) and normalizer (3).
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut file = Vec::new();
        for (text, score, kind) in &self.pieces {
            let mut piece = Vec::new();
            bytes_field(&mut piece, 1, text.as_bytes());
            piece.push(2 << 3 | 5);
            piece.extend(score.to_le_bytes());
            number_field(&mut piece, 3, u64::from(*kind));
            bytes_field(&mut file, 1, &piece);
        }
        let mut trainer = Vec::new();
        number_field(&mut trainer, 3, u64::from(self.model_type));
        number_field(&mut trainer, 4, self.pieces.len() as u64);
        number_field(&mut trainer, 35, u64::from(self.byte_fallback));
        bytes_field(&mut file, 2, &trainer);
        let mut normalizer = Vec::new();
        bytes_field(&mut normalizer, 1, b"identity");
        number_field(&mut normalizer, 3, 1);
        number_field(&mut normalizer, 4, u64::from(self.remove_extra_whitespaces));
        number_field(&mut normalizer, 5, 1);
        bytes_field(&mut file, 3, &normalizer);
        file
    }
}

/// The pieces that every model here begins with: `<unk>`, `<s>`, `</s>`, and the 256 bytes if there
/// is byte fallback.
pub(crate) fn first_pieces(byte_fallback: bool) -> Vec<Piece> {
    let mut pieces =
        vec![("<unk>".to_owned(), 0.0, 2), ("<s>".to_owned(), 0.0, 3), ("</s>".to_owned(), 0.0, 3)];
    if byte_fallback {
        pieces.extend((0..=255_u8).map(|byte| (format!("<0x{byte:02X}>"), 0.0, 6)));
    }
    pieces
}

/// The committed model: Unigram with byte fallback; kana, some kanji, ASCII, and words whose scores
/// make exact ties.
pub(crate) fn toy() -> Toy {
    let mut pieces = first_pieces(true);
    let mut add = |text: &str, score: f32| pieces.push((text.to_owned(), score, 1));
    add("▁", -3.3);
    for (at, word) in WORDS.iter().enumerate() {
        add(word, -6.1 - (at % 7) as f32 * 0.37);
    }
    let singles = ('ぁ'..='ん').chain('ァ'..='ヴ').chain('!'..='~').chain(OTHERS.chars());
    for (at, c) in singles.enumerate() {
        add(c.encode_utf8(&mut [0; 4]), -8.3 - (at % 5) as f32 * 0.21);
    }
    pieces.push(("京都府".to_owned(), -1.0, 5));
    Toy { pieces, model_type: 1, byte_fallback: true, remove_extra_whitespaces: false }
}

const OTHERS: &str =
    "ー・、。「」々日本語人年月大国中一生東京都会社的学校時間今行見出入上下前後私言葉文字";

const WORDS: [&str; 60] = [
    "です",
    "ます",
    "した",
    "して",
    "こと",
    "から",
    "まで",
    "ある",
    "いる",
    "ない",
    "この",
    "その",
    "という",
    "として",
    "について",
    "ました",
    "ません",
    "日本",
    "日本語",
    "東京",
    "東京都",
    "京都",
    "会社",
    "学校",
    "時間",
    "今日",
    "言葉",
    "文字",
    "二つ",
    "ハハ",
    "ハハハ",
    "はは",
    "ははは",
    "{{",
    "22",
    "▁の",
    "▁the",
    "▁of",
    "▁and",
    "▁in",
    "▁to",
    "ing",
    "tion",
    "er",
    "re",
    "on",
    "an",
    "th",
    "st",
    "▁日本",
    "▁これ",
    "▁私",
    "れる",
    "られ",
    "など",
    "ため",
    "もの",
    "ところ",
    "。▁",
    "、▁",
];

/// A field of the wire format that holds bytes.
fn bytes_field(message: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    message.push(field << 3 | 2);
    varint(message, bytes.len() as u64);
    message.extend(bytes);
}

/// A field of the wire format that holds a number.
fn number_field(message: &mut Vec<u8>, field: u8, number: u64) {
    varint(message, u64::from(field) << 3);
    varint(message, number);
}

fn varint(message: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        message.push(number as u8 | 0x80);
        number >>= 7;
    }
    message.push(number as u8);
}
