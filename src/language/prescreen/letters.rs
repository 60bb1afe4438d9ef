//! The pre-screen of pages in Latin script that name something in Japanese: has the text by far more
//! letters than kana and kanji?
//!
//! Text is told from markup as roughly as one pass over the bytes allows. What a parser would leave
//! out (scripts, styles, comments, what a page shows only without scripts) is left out, and so is
//! everything behind a tag that never ends: rather too few letters are counted than too many.

use memchr::{memchr, memmem};

/// Elements whose content is no text of the page, or none for sure.
const LEFT_OUT: [&[u8]; 10] = [
    b"script",
    b"style",
    b"noscript",
    b"template",
    b"textarea",
    b"title",
    b"select",
    b"svg",
    b"iframe",
    b"xmp",
];

/// Whether the text of a page holds more than `limit` ASCII letters.
pub(super) fn more_letters_than(page: &[u8], limit: usize) -> bool {
    let mut letters = 0;
    let mut rest = page;
    while rest.len() + letters > limit {
        let tag = memchr(b'<', rest).unwrap_or(rest.len());
        letters += rest[..tag].iter().filter(|byte| byte.is_ascii_alphabetic()).count();
        if letters > limit {
            return true;
        }
        match behind_markup(&rest[tag..]) {
            Some(length) => rest = &rest[tag + length..],
            None => return false,
        }
    }
    false
}

/// The bytes of the markup that begins here, with the content of elements that are left out; `None`
/// if it never ends.
fn behind_markup(markup: &[u8]) -> Option<usize> {
    let inside = markup.get(1..)?;
    if inside.starts_with(b"!--") {
        return memmem::find(inside, b"-->").map(|end| end + 4);
    }
    let end = memchr(b'>', inside)? + 2;
    let named = |name: &&&[u8]| {
        inside.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
            && !inside.get(name.len()).is_some_and(u8::is_ascii_alphanumeric)
    };
    match LEFT_OUT.iter().find(named) {
        None => Some(end),
        Some(name) => end_tag(&markup[end..], name).map(|at| end + at),
    }
}

/// Where the end tag `</name` begins.
fn end_tag(content: &[u8], name: &[u8]) -> Option<usize> {
    memmem::find_iter(content, b"</").find(|&at| {
        content
            .get(at + 2..)
            .and_then(|rest| rest.get(..name.len()))
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(page: &str) -> usize {
        (0..).find(|&limit| !more_letters_than(page.as_bytes(), limit)).unwrap()
    }

    #[test]
    fn letters_of_the_text_count_and_no_others() {
        for (page, expected) in [
            ("", 0),
            ("plain text, 12", 9),
            ("<p class=\"long\">ab</p> <b>c</b>d", 4),
            ("a<!-- b > c -->d<!---->e", 3),
            ("a<script>var b = '<p>c</p>';</script>d", 2),
            ("a<SCRIPT src=x></SCRIPT >b<Style>c</sTYLE>d", 3),
            ("a<script>b</script", 1),
            ("a<script>never ends", 1),
            ("a<p never ends", 1),
            ("a<", 1),
            ("a<!-- never ends", 1),
            ("<scripture>ab</scripture>", 2),
            ("<title>x</title><textarea>y</textarea><noscript><p>z</p></noscript>ab", 2),
            ("日本語とabc", 3),
        ] {
            assert_eq!(letters(page), expected, "{page}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(
            page in "([<>/!a \\-]|script|style|<!--|-->|</script>){0,40}",
            limit in 0usize..20,
        ) {
            let all = page.bytes().filter(u8::is_ascii_alphabetic).count();
            proptest::prop_assert!(!more_letters_than(page.as_bytes(), all.max(limit)));
        }
    }
}
