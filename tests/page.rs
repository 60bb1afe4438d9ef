//! Pages from bytes to paragraphs: charsets, and text as a reader sees it.

use kuroshio::format::document::{Paragraph, ParagraphKind};
use kuroshio::outcome::Outcome;
use kuroshio::page::{Reader, decode, mark_main};
use proptest::prelude::*;

fn paragraphs(html: &str) -> Vec<Paragraph> {
    Reader::new().html(html).expect("within its budget").paragraphs
}

/// The texts of a page's paragraphs are exactly these.
#[track_caller]
fn check(html: &str, expected: &[&str]) {
    let texts: Vec<String> = paragraphs(html).into_iter().map(|p| p.text).collect();
    assert_eq!(texts, expected, "{html}");
}

/// A page of the trap table: five sentences round the trap, menu and footer.
fn trap(inner: &str) -> Vec<String> {
    let html = format!(
        "<!doctype html><html><head><title>題</title></head><body><nav><a href=/>首頁</a></nav>\
         <article><p>前の段落です。</p>{inner}<p>後の段落です。</p></article>\
         <footer>末尾</footer></body></html>"
    );
    let texts: Vec<String> = paragraphs(&html).into_iter().map(|p| p.text).collect();
    let around = ["首頁", "前の段落です。", "後の段落です。", "末尾"];
    let (first, last) = (texts.first_chunk::<2>(), texts.last_chunk::<2>());
    assert_eq!(first.map(|t| t.each_ref().map(String::as_str)), Some([around[0], around[1]]));
    assert_eq!(last.map(|t| t.each_ref().map(String::as_str)), Some([around[2], around[3]]));
    texts[2..texts.len() - 2].to_vec()
}

#[test]
fn traps_read_as_a_reader_sees_them() {
    let fruits: &[&str] = &["りんご", "みかん"];
    let cases: &[(&str, &[&str])] = &[
        // Ruby: the readings go, the base stays.
        ("<p>これは<ruby>漢字<rt>かんじ</rt></ruby>です。</p>", &["これは漢字です。"]),
        ("<p><ruby>東<rt>とう</rt>京<rt>きょう</rt></ruby>へ。</p>", &["東京へ。"]),
        (
            "<p><ruby><rb>漢字</rb><rp>（</rp><rt>かんじ</rt><rp>）</rp></ruby>を。</p>",
            &["漢字を。"],
        ),
        ("<p><ruby>漢 <rp>(</rp><rt>かん</rt><rp>)</rp> 字</ruby></p>", &["漢字"]),
        ("<p><ruby>\n 漢\n <rt>かん</rt>\n 字\n <rt>じ</rt>\n</ruby>\nです</p>", &["漢字です"]),
        ("<p>漢字（かんじ）を書く。</p>", &["漢字（かんじ）を書く。"]),
        ("<p><ruby><rt>ふりがな</rt></ruby></p>", &["ふりがな"]),
        ("<p><ruby><rt> New <!-- -->York </rt></ruby></p>", &["New York"]),
        // A line break of the source inside a sentence.
        ("<p>これは文の途中で\n改行した段落です。</p>", &["これは文の途中で改行した段落です。"]),
        ("<p>\n  字下げした\n  ソースです。\n</p>", &["字下げしたソースです。"]),
        // Inline elements add nothing and lose nothing.
        (
            "<p><b>太字</b>の<span>言葉</span>と<a href=x>連結</a>です。</p>",
            &["太字の言葉と連結です。"],
        ),
        (
            "<p><span>あ</span><span>い</span><span>う</span><span>え</span><span>お</span></p>",
            &["あいうえお"],
        ),
        ("<p>あ</p><p>い</p><p>う</p>", &["あ", "い", "う"]),
        ("<h2>旅<span>の</span>終わり</h2>", &["旅の終わり"]),
        // Line breaks.
        ("<p>一行目です。<br>二行目です。</p>", &["一行目です。\n二行目です。"]),
        ("<p>一行目です。<br>\n<br />二行目です。</p>", &["一行目です。", "二行目です。"]),
        ("<div>一行目です。<br>二行目です。<br></div>", &["一行目です。\n二行目です。"]),
        ("<div>一行目 <br> 　二行目<br>&nbsp;<br>三行目</div>", &["一行目\n二行目", "三行目"]),
        // Lists.
        ("<ul><li>りんご</li><li>みかん</li></ul>", fruits),
        ("<ol><li>りんご<ul><li>みかん</li></ul></li></ol>", fruits),
        ("<dl><dt>りんご</dt><dd>みかん</dd></dl>", fruits),
        // Tables: short cells of a row are joined, long ones and those with blocks are not.
        (
            "<table><tr><th>名</th><th>値</th></tr><tr><td>甲 乙</td><td>\n1\n</td></tr></table>",
            &["名\t値", "甲 乙\t1"],
        ),
        (
            "<table><tr><td></td><td>甲</td><td></td><td>乙</td><td></td></tr></table>",
            &["甲\t\t乙"],
        ),
        (
            "<table><tr><td>短い</td><td>二十一文字より長いので表の行にはならない文章です。</td></tr></table>",
            &["短い", "二十一文字より長いので表の行にはならない文章です。"],
        ),
        ("<table><tr><td><p>甲</p></td><td>乙</td></tr></table>", &["甲", "乙"]),
        (
            "<table><tr><td>外<table><tr><td>内</td><td>側</td></tr></table></td><td>次</td></tr></table>",
            &["外", "内\t側", "次"],
        ),
        // Text behind an inner block.
        ("<div>前の文。<div>中の文。</div>後の文。</div>", &["前の文。", "中の文。", "後の文。"]),
        // Hidden text.
        (
            "<p>見<span style='display:none'>一</span><span hidden>二</span>\
             <template>三</template><noscript>四</noscript>\
             <span aria-hidden=true>え</span><span style='visibility: hidden'>五</span>る</p>",
            &["見える"],
        ),
        ("<div style='color:red;display:none'><p>一</p></div><div hidden><p>二</p></div>", &[]),
        ("<details><summary>要約</summary>詳細です。</details>", &["要約", "詳細です。"]),
        (
            "<select><option>2022年11月<option>2022年10月</select><textarea>入力</textarea>\
             <input value=値><svg><text>図</text></svg><iframe>枠</iframe><object>物</object>\
             <video>動</video><audio>音</audio><canvas>絵</canvas><style>p{}</style>\
             <script>document.write('書')</script>",
            &[],
        ),
        ("<p>文<button>押す</button>続き</p>", &["文", "押す", "続き"]),
        // Preformatted text.
        ("<pre>\n  if x {\n\ty   z;\n  }\n\n</pre>", &["  if x {\n\ty   z;\n  }"]),
        ("<p style='white-space: pre-wrap'>一行目\n二行目</p>", &["一行目\n二行目"]),
        // Characters.
        ("<p>ﾊﾝｶｸ&amp;&lt;&#x3042;&hellip;&hearts;</p>", &["ﾊﾝｶｸ&<あ…♥"]),
        ("<p>&amp;lt;b&amp;gt;</p>", &["&lt;b&gt;"]),
        ("<p>長い<wbr>言葉<!-- 注 -->です</p>", &["長い言葉です"]),
        ("<p>　字下げした段落。</p><p>語　語</p>", &["字下げした段落。", "語　語"]),
        (
            "<p>ソフト&shy;ハイフン、零&#x200B;幅、不分&nbsp;空白</p>",
            &["ソフトハイフン、零幅、不分 空白"],
        ),
        ("<p>&#128;&#0;&#xD800;</p>", &["€\u{FFFD}\u{FFFD}"]),
        ("<p>甲&#13;乙</p>", &["甲乙"]),
        ("<p>注<sup>1</sup>、H<sub>2</sub>O、<ins>新</ins><del>旧</del></p>", &["注1、H2O、新旧"]),
        ("<p>式<math alttext='x^2'><mi>x</mi></math>と<math><mi>y</mi></math></p>", &["式x^2とy"]),
        ("<p>絵<img alt=代替 title=題></p>", &["絵"]),
        // Unclosed elements.
        (
            "<center><font>最初の文。<p>次の文。<p>終わり。</font></center>",
            &["最初の文。", "次の文。", "終わり。"],
        ),
    ];
    for (html, expected) in cases {
        assert_eq!(trap(html), *expected, "{html}");
    }
}

#[test]
fn line_breaks_of_the_source_vanish_or_become_a_space() {
    for joined in [
        "これは\nつづく",
        "東京\n都庁",
        "そして、\nつぎ",
        "です。\n「はい」",
        "かな\n（注）",
        "２０\n年",
        "ｶﾅ\nﾊﾝｶｸ",
        "ｶﾅ\nかな",
        "です〜\nまた",
        "です～\nまた",
        "ア・\nイ",
        "５０％\nです",
        "𠮷\n野家",
        "【注】\n【意】",
        "段落\u{3000}\nつづき",
        "これは \n つづく",
        "これは\n\nつづく",
        "これは\r\nつづく",
        "これは\rつづく",
        // Ours, where browsers differ: Ambiguous counts as wide, inline borders do not matter.
        "です…\nそして",
        "それは――\nそして",
        "①\nまず",
        "三×\n四",
        "α\nの値",
        "これは\n“引用”",
        "<b>太字</b>\n<span>言葉</span>",
        "これは<!--c-->\nつづく",
    ] {
        let plain = joined.replace("<!--c-->", "");
        let plain: String = plain.split(['<', '>']).step_by(2).collect();
        check(&format!("<p>{joined}</p>"), &[&plain.replace(['\n', '\r', ' '], "")]);
    }
    check("<p>word\u{200B}\nnext</p>", &["wordnext"]);
    for spaced in [
        "かな\n(注)",
        "Rust\nの話",
        "言語は\nRust",
        "2024\n年",
        "平成\n30年",
        "￥\n100",
        "한국\n漢字",
        "楽しい😀\nです",
    ] {
        check(&format!("<p>{spaced}</p>"), &[&spaced.replace('\n', " ")]);
    }
    check("<p>これは  つづく</p>", &["これは つづく"]);
    check("<p>これは <b> つづく</b></p>", &["これは つづく"]);
}

#[test]
fn paths_are_those_of_the_first_character() {
    for (html, paths) in [
        (
            "<div class=a>甲<div class=nav>乙</div>丙</div>",
            &["body>div.a", "body>div.a>div.nav", "body>div.a"][..],
        ),
        ("<div id=main class='post  big'><p>甲", &["body>div#main.post.big>p"]),
        ("<p><b>甲</b>乙</p>", &["body>p>b"]),
        ("<p> <b> </b>甲</p>", &["body>p"]),
        ("<div>甲<br><br><i>乙</i>", &["body>div", "body>div>i"]),
        ("<table><tr><td><a href=x>甲</a><td>乙", &["body>table>tbody>tr>td>a"]),
        ("<p id='a>b#c.d e' class='w-1.5 \u{3000}\u{7}x'>甲", &["body>p#a_b_c_de.w-1_5.x"]),
        ("<p class='a b c d e'>甲", &["body>p.a.b.c"]),
        ("<p id=''>甲", &["body>p"]),
        ("<p><ruby><rt>甲", &["body>p>ruby>rt"]),
        ("甲", &["body"]),
    ] {
        let got: Vec<String> = paragraphs(html).into_iter().map(|p| p.path.to_string()).collect();
        assert_eq!(got, paths, "{html}");
    }
    let deep = paragraphs(&format!("{}<p id=end>甲", "<div>".repeat(40)));
    assert_eq!(*deep[0].path, format!("{}>p#end", ["div"; 31].join(">")));
    let long = paragraphs(&format!("<p id={}>甲", "長".repeat(100)));
    assert_eq!(*long[0].path, format!("body>p#{}", "長".repeat(64)));
}

#[test]
fn kinds_are_those_of_the_innermost_block() {
    use ParagraphKind::*;
    let html = "<div>甲</div><p>甲</p><h1>甲</h1><h6><a href=x>甲</a></h6><ul><li>甲<p>甲</ul>\
        <dl><dt>甲<dd>甲</dl><table><caption>甲</caption><tr><th>甲<td>甲</table>\
        <pre>甲</pre><blockquote>甲<p>甲</p></blockquote>\
        <figure><figcaption>甲</figcaption></figure><button>甲</button><fieldset><legend>甲</legend>\
        </fieldset><section><span>甲</span></section>";
    let kinds: Vec<ParagraphKind> = paragraphs(html).into_iter().map(|p| p.kind).collect();
    assert_eq!(
        kinds,
        [P, P, H1, H6, Li, P, Dt, Dd, Caption, Td, Pre, Quote, Quote, Caption, Other, Other, P]
    );
}

#[test]
fn links_are_spans_of_characters() {
    for (html, text, links) in [
        ("<p>前<a href=x>連結</a>後<a href=y>終</a></p>", "前連結後終", &[[1, 3], [4, 5]][..]),
        ("<p><a name=x>名</a><a href=x>連</a></p>", "名連", &[[1, 2]]),
        ("<p>a <a href=x> b </a> c</p>", "a b c", &[[2, 3]]),
        ("<p>零\u{200B}<a href=x>幅\u{200B}広</a></p>", "零幅広", &[[1, 3]]),
        ("<p><a href=x>一<br>二</a></p>", "一\n二", &[[0, 3]]),
        ("<p><a href=x><img></a>無</p>", "無", &[]),
        (
            "<table><tr><td>甲&nbsp;<td><a href=x>乙</a>丙<td><a href=y>丁</a></table>",
            "甲\t乙丙\t丁",
            &[[2, 3], [5, 6]],
        ),
        ("<p><ruby><a href=x>漢<rt>かん</rt>字</a></ruby></p>", "漢字", &[[0, 2]]),
    ] {
        let got = paragraphs(html);
        assert_eq!(got.len(), 1, "{html}");
        assert_eq!((got[0].text.as_str(), got[0].links.as_slice()), (text, links), "{html}");
    }
    let split = paragraphs("<a href=x><div>一</div>二<p>三</p></a>四");
    let spans: Vec<_> = split.iter().map(|p| p.links.clone()).collect();
    assert_eq!(spans, [vec![[0, 1]], vec![[0, 1]], vec![[0, 1]], vec![]]);
}

#[test]
fn titles_come_in_one_line() {
    for (html, title) in [
        ("<title> 日本語の\n 題 &amp; 名 </title>", Some("日本語の題 & 名")),
        ("<svg><title>図</title></svg><title>題</title>", Some("題")),
        ("<title>導入\u{2028}\u{85}編</title>", Some("導入 編")),
        ("<title></title><title>後</title>", None),
        ("<p>題なし", None),
    ] {
        let page = Reader::new().html(html).expect("within its budget");
        assert_eq!(page.title.as_deref(), title, "{html}");
        assert!(page.paragraphs.iter().all(|p| !p.text.contains('題') || title.is_none()));
    }
}

#[test]
fn plain_text_is_parted_at_blank_lines() {
    let page =
        Reader::new().plain_text("\u{3000}一行目。\r\n二行目。\r\n \r\n\r\n三行目。\n").unwrap();
    assert_eq!(page.title, None);
    let got: Vec<_> = page.paragraphs.iter().map(|p| (p.text.as_str(), &*p.path)).collect();
    assert_eq!(got, [("一行目。\n二行目。", "text"), ("三行目。", "text")]);
    assert!(page.paragraphs.iter().all(|p| p.kind == ParagraphKind::P));
    assert!(Reader::new().plain_text(" \n\n ").unwrap().paragraphs.is_empty());
}

#[test]
fn a_reader_reads_page_after_page() {
    let mut reader = Reader::new();
    let first = reader.html("<title>甲</title><p>一</p><pre>x").expect("within its budget");
    assert_eq!(reader.html(&"<div>".repeat(50_000)), Err(Outcome::TooDeep));
    let _ = reader.html("<a href=x><ruby>残<rt>のこり");
    let again = reader.html("<title>甲</title><p>一</p><pre>x").expect("within its budget");
    assert_eq!(first, again);
}

/// `text` in the encoding of that label, through [`decode`] and back.
#[track_caller]
fn decoded(bytes: &[u8], content_type: &str, jp_host: bool) -> (String, String, String) {
    let decoded = decode(bytes, content_type, jp_host);
    (decoded.text.into_owned(), decoded.charset.used, decoded.charset.source)
}

fn encoded(label: &str, text: &str) -> Vec<u8> {
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).expect("a label");
    let (bytes, _, unmappable) = encoding.encode(text);
    assert!(!unmappable, "{text} in {label}");
    bytes.into_owned()
}

const SENTENCE: &str = "<p>これは①㈱の髙島屋～∥－です。とても長い日本語の文章が続きます。</p>";

#[test]
fn pages_are_decoded_in_their_encoding_whatever_the_labels_say() {
    let headers = [
        "",
        "text/html",
        "text/html; charset=utf-8",
        "text/html; charset=Shift_JIS",
        "text/html; charset=EUC-JP",
        "text/html; charset=ISO-8859-1",
        "text/html; charset=cp932",
        "text/html; charset=nonsense",
    ];
    let metas = ["", "<meta charset=utf-8>", "<meta charset=x-sjis>", "<meta charset=euc-jp>"];
    for encoding in ["UTF-8", "Shift_JIS", "EUC-JP", "ISO-2022-JP"] {
        // ISO-2022-JP has no IBM extensions.
        let sentence = match encoding {
            "ISO-2022-JP" => SENTENCE.replace('髙', "高"),
            _ => SENTENCE.to_owned(),
        };
        for header in headers {
            for meta in metas {
                let page = format!("{meta}{sentence}");
                let (text, used, _) = decoded(&encoded(encoding, &page), header, false);
                assert_eq!((used.as_str(), text), (encoding, page), "{header} {meta}");
            }
        }
    }
}

#[test]
fn the_source_says_what_decided() {
    let sjis = encoded("Shift_JIS", SENTENCE);
    for (bytes, header, used, source) in [
        (b"\xEF\xBB\xBFabc".to_vec(), "text/html; charset=sjis", "UTF-8", "bom"),
        (b"\xFF\xFEa\0".to_vec(), "", "UTF-16LE", "bom"),
        (b"<\0p\0>\0B0".to_vec(), "text/html; charset=utf-16le", "UTF-16LE", "http"),
        (b"\x1B$B$3\x1B(B".to_vec(), "text/html; charset=utf-8", "ISO-2022-JP", "escape"),
        (SENTENCE.as_bytes().to_vec(), "text/html; charset=sjis", "UTF-8", "utf8"),
        (b"<p>plain".to_vec(), "text/html; charset=euc-jp", "UTF-8", "utf8"),
        (sjis.clone(), "text/html; charset=windows-31j", "Shift_JIS", "http"),
        (sjis.clone(), "text/html; charset=utf-8", "Shift_JIS", "detector"),
        (sjis.clone(), "", "Shift_JIS", "detector"),
        ([b"<meta charset=sjis>", &sjis[..]].concat(), "text/html", "Shift_JIS", "meta"),
    ] {
        let (_, got, by) = decoded(&bytes, header, false);
        assert_eq!((got.as_str(), by.as_str()), (used, source), "{header}");
    }
}

#[test]
fn declared_labels_are_recorded_as_written() {
    for (body, header, declared) in [
        ("<meta charset=x-SJIS>", "text/html; charset=\"Utf-8\"", Some("Utf-8")),
        ("<meta charset=x-SJIS>", "text/html", Some("x-SJIS")),
        ("<p>", "text/html", None),
    ] {
        assert_eq!(decode(body.as_bytes(), header, false).charset.declared.as_deref(), declared);
    }
}

#[test]
fn utf8_is_borrowed_and_a_cut_character_is_dropped() {
    let body = "<p>途中で切れた".as_bytes();
    for cut in 0..3 {
        let decoded = decode(&body[..body.len() - cut], "", false);
        assert!(matches!(decoded.text, std::borrow::Cow::Borrowed(_)));
        assert_eq!(decoded.text, if cut == 0 { "<p>途中で切れた" } else { "<p>途中で切れ" });
        assert_eq!(decoded.charset.malformed, 0);
    }
}

#[test]
fn utf8_with_a_few_bad_bytes_is_still_utf8() {
    let mut body = SENTENCE.repeat(40).into_bytes();
    body[5] = 0xFF;
    for header in ["text/html; charset=utf-8", "text/html", "text/html; charset=Shift_JIS"] {
        let decoded = decode(&body, header, false);
        assert_eq!(decoded.charset.used, "UTF-8");
        assert!((1..=3).contains(&decoded.charset.malformed), "{}", decoded.charset.malformed);
    }
}

#[test]
fn half_width_kana_keep_their_label() {
    let text = "<p>ﾊﾝｶｸｶﾅﾀﾞｹﾉﾒｰﾙ</p>";
    for label in ["Shift_JIS", "EUC-JP"] {
        let header = format!("text/html; charset={label}");
        let (got, used, _) = decoded(&encoded(label, text), &header, false);
        assert_eq!((got.as_str(), used.as_str()), (text, label));
    }
}

#[test]
fn foreign_pages_keep_their_encoding() {
    for (label, text) in [
        ("windows-1252", "<p>Où est passé l’été ? Là-bas, à côté du café déjà fermé.</p>"),
        ("windows-1251", "<p>Привет, это длинное предложение на русском языке.</p>"),
        ("GBK", "<p>这是一个很长的中文句子，用来测试字符编码的检测。</p>"),
        ("Big5", "<p>這是一個很長的中文句子，用來測試字元編碼的檢測。</p>"),
        ("EUC-KR", "<p>이것은 문자 인코딩 감지를 시험하기 위한 긴 한국어 문장입니다.</p>"),
    ] {
        let header = format!("text/html; charset={label}");
        for (header, jp_host) in [(header.as_str(), false), (header.as_str(), true), ("", false)] {
            let (got, used, _) = decoded(&encoded(label, text), header, jp_host);
            assert_eq!((got.as_str(), used.as_str()), (text, label), "{header} {jp_host}");
        }
    }
}

#[test]
fn a_lead_byte_never_swallows_a_tag() {
    let sound = encoded("Shift_JIS", &SENTENCE.repeat(2));
    let body = [&sound[..], b"<p>\x82\xA0\x82</p>\x83<b>"].concat();
    let decoded = decode(&body, "text/html; charset=sjis", false);
    assert!(decoded.text.ends_with("<p>あ\u{FFFD}</p>\u{FFFD}<b>"), "{}", decoded.text);
    assert_eq!(decoded.charset.malformed, 2);
}

#[test]
fn main_content_is_what_a_reader_came_for() {
    let sentence =
        "これは記事の本文で、読点も句点もある、ふつうに書かれた、ふつうの長さの文章です。";
    let article = format!(
        "<h1>記事の題名</h1><p>{sentence}</p><h2>小見出し</h2><p>{sentence}</p><ul><li>短い項目</li></ul><p>{sentence}</p>"
    );
    let menu = "<ul><li><a href=a>ホーム</a></li><li><a href=b>会社概要</a></li></ul>";
    for (frame, name) in [
        ((format!("<nav>{menu}</nav><main>"), "</main><footer>© 2024 会社</footer>"), "tags"),
        (
            (
                format!("<div id=gNavi>{menu}</div><div class=entry>"),
                "</div><div id=footer>© 2024 会社</div>",
            ),
            "names",
        ),
        ((format!("<div>{menu}</div><div>"), "</div><div>Copyright 2024 会社</div>"), "neither"),
    ] {
        let mut page = paragraphs(&format!("{}{article}{}", frame.0, frame.1));
        mark_main(&mut page);
        let main: Vec<bool> = page.iter().map(|p| p.main == Some(true)).collect();
        assert_eq!(main[..2], [false; 2], "{name}");
        assert_eq!(main[2..8], [true; 6], "{name}");
        assert_eq!(main[8..], [false], "{name}");
    }
    mark_main(&mut []);
}

/// What holds of every page.
fn assert_sound(paragraphs: &[Paragraph]) {
    for paragraph in paragraphs {
        assert!(!paragraph.text.trim().is_empty(), "{paragraph:?}");
        let length = paragraph.text.chars().count() as u32;
        let mut last = 0;
        for &[from, to] in &paragraph.links {
            assert!(last <= from && from < to && to <= length, "{paragraph:?}");
            last = to;
        }
        assert!(!paragraph.path.is_empty() && !paragraph.path.contains(char::is_whitespace));
        assert!(paragraph.main.is_some());
    }
}

/// Pages of random pieces that matter to extraction.
fn markup() -> impl Strategy<Value = String> {
    let pieces = [
        "<p>",
        "</p>",
        "<div class=nav id=a>",
        "</div>",
        "<br>",
        "<a href=x>",
        "</a>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<ruby>",
        "<rt>",
        "</ruby>",
        "<pre>",
        "</pre>",
        "<li>",
        "<b>",
        "</b>",
        "<span hidden>",
        "</span>",
        "<svg>",
        "</svg>",
        "<math alttext=x>",
        "</math>",
        "<title>",
        "</title>",
        "<select>",
        "</select>",
        "<template>",
        "</template>",
        "日本語。",
        "x",
        " ",
        "\n",
        "\u{3000}",
        "&nbsp;",
        "\u{200B}",
        "&#13;",
        "\u{1F}",
        "か\u{3099}",
        "😀",
        "<!--",
        "-->",
        "<p style='white-space:pre'>",
        "<button>",
        "<h1>",
        "\0",
        "<plaintext>",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..60)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_markup_gives_sound_paragraphs(html in markup()) {
        let mut page = Reader::new().html(&html).expect("within its budget");
        mark_main(&mut page.paragraphs);
        assert_sound(&page.paragraphs);
    }

    #[test]
    fn any_bytes_give_sound_paragraphs(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        header in "[ -~]{0,40}",
        jp_host in any::<bool>(),
    ) {
        let text = decode(&bytes, &header, jp_host).text;
        let mut reader = Reader::new();
        let mut page = reader.html(&text).expect("within its budget");
        page.paragraphs.extend(reader.plain_text(&text).unwrap().paragraphs);
        mark_main(&mut page.paragraphs);
        assert_sound(&page.paragraphs);
    }
}
