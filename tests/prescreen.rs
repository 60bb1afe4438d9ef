//! The byte pre-screen never refuses what the rest of extraction would accept.

use encoding_rs::{EUC_JP, GBK, ISO_2022_JP, SHIFT_JIS, UTF_8};
use kuroshio::language::{Script, may_be_japanese};
use kuroshio::page::{self, Reader};
use kuroshio::text::mojibake::Damage;
use proptest::prelude::*;

use crate::support::{Scratch, kuroshio, root, rows};

/// Whether the paragraphs of a payload may be Japanese: what extraction asks behind the pre-screen.
fn paragraphs_may_be_japanese(payload: &[u8], is_markup: bool) -> bool {
    let decoded = page::decode(payload, "text/html", false);
    let page = match is_markup {
        true => Reader::new().html(&decoded.text),
        false => Reader::new().plain_text(&decoded.text),
    };
    let Ok(page) = page else { return false };
    let mut damage = Damage::default();
    page.paragraphs.iter().for_each(|paragraph| damage.add(&paragraph.text));
    let script = Script::exactly(damage.kana(), damage.han(), damage.characters());
    // Whatever is refused as garbled, for its broken characters, is no document either way.
    decoded.charset.malformed == 0 && script.may_be_japanese_in(&decoded.charset.used)
}

/// Names of elements that the tokenizer, the tree or the walk over it treats in a way of its own.
const NAMES: [&str; 40] = [
    "p", "div", "b", "a", "span", "li", "ul", "table", "tr", "td", "br", "img", "input", "hr",
    "h1", "script", "style", "title", "textarea", "xmp", "iframe", "noscript", "template",
    "select", "option", "svg", "math", "mi", "object", "video", "canvas", "head", "body", "pre",
    "button", "noembed", "noframes", "ruby", "rt", "form",
];

/// Attributes, some of which hide their element or hold what looks like the end of a tag.
const ATTRIBUTES: [&str; 14] = [
    "",
    " class=x",
    " title=\"a > b\"",
    " title='日本語 > です'",
    " alt=日本語です",
    " hidden",
    " style='display:none'",
    " style=\"DISPLAY : None\"",
    " style='visibility:hidden'",
    " style='color:red'",
    " =x",
    " x='",
    " /",
    " data-x=\"日本語の文です\"",
];

fn piece() -> impl Strategy<Value = String> {
    let start = (prop::sample::select(&NAMES[..]), prop::sample::select(&ATTRIBUTES[..]))
        .prop_map(|(name, attributes)| format!("<{name}{attributes}>"));
    let end = prop::sample::select(&NAMES[..]).prop_map(|name| format!("</{name}>"));
    let odd = prop::sample::select(vec![
        "<!--",
        "-->",
        "<!-- 日本語です -->",
        "<!-->",
        "--!>",
        "<",
        "</",
        "</>",
        "<?x?>",
        "&amp;",
        "&nbsp;",
        "&#12354;",
        "&#x6F22;",
        "&lt;p&gt;",
        "<![CDATA[日本語]]>",
        "]]>",
        "<!doctype html>",
        "<svg/>",
        "<plaintext>",
        "<script><!-- <script>",
        "</script>",
        "\"",
        "'",
        ">",
        "=",
    ])
    .prop_map(str::to_owned);
    let letters = "[a-z ]{0,120}";
    let japanese = "[ぁ-んァ-ヴー]{0,12}[亜-熙]{0,12}";
    let kanji = "[亜-熙]{0,150}";
    prop_oneof![4 => start, 3 => end, 2 => odd, 4 => letters, 4 => japanese, 1 => kanji]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_the_paragraphs_allow_passes(pieces in prop::collection::vec(piece(), 1..24)) {
        let text = pieces.concat();
        for encoding in [UTF_8, SHIFT_JIS, EUC_JP, ISO_2022_JP, GBK] {
            let (payload, _, lossy) = encoding.encode(&text);
            for is_markup in [true, false] {
                if !lossy && paragraphs_may_be_japanese(&payload, is_markup) {
                    let passes = may_be_japanese(&payload, is_markup);
                    prop_assert!(passes, "{} {is_markup} {text}", encoding.name());
                }
            }
        }
    }
}

/// Every element of the HTML standard, those it calls obsolete, and some of formulas and drawings.
const ELEMENTS: &str = "a abbr acronym address annotation annotation-xml applet area article aside \
    audio b base basefont bdi bdo bgsound big blink blockquote body br button canvas caption center \
    cite code col colgroup data datalist dd del desc details dfn dialog dir div dl dt em embed \
    fieldset figcaption figure font footer foreignObject form frame frameset h1 h2 h3 h4 h5 h6 head \
    header hgroup hr html i iframe image img input ins isindex kbd keygen label legend li link \
    listing main map mark marquee math menu menuitem meta meter mi mn mo ms mtext multicol nav \
    nextid nobr noembed noframes noscript object ol optgroup option output p param picture \
    plaintext pre progress q rb rp rt rtc ruby s samp script search section select selectedcontent \
    slot small source spacer span strike strong style sub summary sup svg table tbody td template \
    textarea tfoot th thead time title tr track tt u ul var video wbr xmp x-other";

/// What the pre-screen knows of elements is a list of its own, beside that of the walk over the tree.
#[test]
fn text_in_any_element_is_hidden_from_it_at_most_where_it_is_hidden_from_readers() {
    let japanese = "これは日本語の文章です。春になると川沿いの道に桜が咲き、人が集まってくる。";
    let english = "plain english words in which few japanese ones are lost ".repeat(60);
    let mut refused = 0;
    for name in ELEMENTS.split_whitespace() {
        for html in [
            format!("<p>{japanese}</p><{name}>{english}</{name}>"),
            format!("<p>{japanese}</p><{name}/>{english}"),
            format!("<p>{japanese}</p><table><tr><td><{name}>{english}</td></tr></table>"),
            format!("<p>{japanese}</p><ruby>x<{name}>{english}</{name}></ruby>"),
            format!("<p>{japanese}</p><svg><{name}>{english}</svg>"),
            format!("<p>{japanese}</p><math><{name}>{english}</math>"),
            format!("<{name}>{japanese}</{name}><p>{english}"),
            format!("<{name}><p>{japanese}</{name}>"),
            format!("<p>{english}<{name}>{japanese}"),
        ] {
            let passes = may_be_japanese(html.as_bytes(), true);
            refused += usize::from(!passes);
            let allowed = paragraphs_may_be_japanese(html.as_bytes(), true);
            assert!(passes || !allowed, "{html:.300}");
        }
    }
    assert!(refused > 300, "only {refused} pages are refused: the test shows little");
}

/// Pages whose text is seen or not seen for reasons that bytes hardly show.
#[test]
fn pages_made_to_mislead_it_pass() {
    let japanese = "これは日本語の文章です。春になると川沿いの道に桜が咲き、人が集まってくる。";
    let english =
        "plain english words that a reader never sees because the tree hides them ".repeat(60);
    for html in [
        format!("<p>{japanese}</p><span hidden><p></span>{english}"),
        format!("<p>{japanese}</p><noscript><p><img src=x></noscript>{english}"),
        format!("<p>{japanese}</p><div style='display:none'><table><tr><td></div>{english}"),
        format!("<p>{japanese}</p><div style='display:n&#111;ne'>{english}</div>"),
        format!("<p>{japanese}</p><svg><foreignObject><p></svg>{english}"),
        format!("<body hidden>{english}</body>{english}<p>{japanese}</p>"),
        format!("<frameset>{english}<frame src=a></frameset><noframes>{japanese}</noframes>"),
        format!("<FrameSet><frame src=a></FrameSet><!-- <noframes>{japanese}</noframes> -->"),
        format!("<math alttext='{japanese}'></math>"),
        format!("<select><style></select><p>{japanese}</p>"),
        format!(
            "<p>{}{}</p>",
            "&#x30AB;".repeat(6),
            "&#xFEFF;&#xABCD;".repeat(10) + &"a".repeat(150)
        ),
        "<p>⾃⼰⼈⼤⾃⼰⼈⼤</p>".to_owned(),
        format!("<p>{}{}</p>", "ア".repeat(60), "a".repeat(60 * 31)),
        format!("<p>{}{}</p>", "あ漢".repeat(30), "a".repeat(60 * 31)),
    ] {
        for encoding in [UTF_8, SHIFT_JIS, EUC_JP] {
            let (payload, _, lossy) = encoding.encode(&html);
            let allowed = !lossy && paragraphs_may_be_japanese(&payload, true);
            assert!(!allowed || may_be_japanese(&payload, true), "{} {html:.200}", encoding.name());
        }
    }
    let escaped = b"<p>\x1b(J&#123\x1b(B54;\x1b(J;&#123\x1b(B54;x\x1b(J</p>".repeat(12);
    assert!(may_be_japanese(&escaped, true));
}

/// Over the sample, or over the files that `KUROSHIO_TEST_WARC` names.
#[test]
fn the_same_documents_come_out_without_it() {
    let warc = std::env::var("KUROSHIO_TEST_WARC")
        .unwrap_or_else(|_| "tests/fixtures/quickstart.warc.gz".to_owned());
    let scratch = Scratch::new();
    let documents = |prescreen: bool| {
        let dir = scratch.join(if prescreen { "on" } else { "off" });
        let arguments = [
            "run".to_owned(),
            "pipelines/quickstart.toml".to_owned(),
            "--run".to_owned(),
            dir.display().to_string(),
            "--until=extract".to_owned(),
            "--quiet".to_owned(),
            "--set=tokenize.tokenizer=tests/fixtures/tokens/toy.model".to_owned(),
            format!("--set=input.warc=[\"{warc}\"]"),
            format!("--set=extract.prescreen={prescreen}"),
        ];
        kuroshio(&arguments, root()).success();
        rows(&dir.join("documents"))
    };
    let with = documents(true);
    assert!(!with.is_empty());
    assert_eq!(with, documents(false));
}
