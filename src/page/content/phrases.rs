//! Phrases that stand in boilerplate: in menus, above lists of other articles, on buttons.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// Whether a text holds one of the phrases. In a long paragraph they say nothing; whoever asks
/// asks of short ones only.
pub(super) fn holds_phrase(text: &str) -> bool {
    static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| search(&PHRASES));
    SEARCH.is_match(text)
}

/// An automaton that is quickly built.
fn search(phrases: &[&str]) -> AhoCorasick {
    let mut builder = AhoCorasick::builder();
    builder.kind(Some(AhoCorasickKind::ContiguousNFA)).build(phrases).expect("a short list")
}

/// Whether a text holds a copyright notice.
pub(super) fn is_copyright(text: &str) -> bool {
    static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| search(&NOTICES));
    SEARCH.is_match(text)
}

const NOTICES: [&str; 10] = [
    "©",
    "(C)",
    "(c)",
    "opyright",
    "OPYRIGHT",
    "ights reserved",
    "ights Reserved",
    "IGHTS RESERVED",
    "無断転載",
    "無断複製",
];

const PHRASES: [&str; 66] = [
    "Facebook",
    "Pocket",
    "Posted",
    "Powered by",
    "RSS",
    "Share",
    "Tweet",
    "Twitter",
    "posted",
    "おすすめ",
    "お勧め",
    "お問い合わせ",
    "お問合せ",
    "この記事",
    "はてな",
    "もっと見る",
    "アーカイブ",
    "オススメ",
    "カテゴリ",
    "カートに",
    "コメント",
    "サイトマップ",
    "シェア",
    "スポンサ",
    "ツイート",
    "トップへ",
    "トップページ",
    "トラックバック",
    "フォロー",
    "プライバシー",
    "プロフィール",
    "ページの先頭",
    "ページトップ",
    "ホーム",
    "メニュー",
    "メルマガ",
    "メールマガジン",
    "ランキング",
    "ログイン",
    "一覧へ",
    "一覧を見る",
    "人気記事",
    "会員",
    "会社概要",
    "個人情報",
    "利用規約",
    "前のページ",
    "前の記事",
    "前へ",
    "広告",
    "新着",
    "新規登録",
    "最新",
    "最近の",
    "検索",
    "次のページ",
    "次の記事",
    "次へ",
    "特定商取引",
    "続きを読む",
    "購読",
    "関連エントリ",
    "関連ニュース",
    "関連リンク",
    "関連商品",
    "関連記事",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_anywhere() {
        for text in ["▲ページの先頭へ戻る", "関連記事", "<< 前の記事", "Share on Twitter"]
        {
            assert!(holds_phrase(text), "{text}");
        }
        for text in ["", "まとめ", "次に、水を入れます。"] {
            assert!(!holds_phrase(text), "{text}");
        }
    }
}
