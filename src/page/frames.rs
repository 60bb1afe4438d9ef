//! Pages of frames: the page that they hold for whoever knows no frames.
//!
//! Frames are documents of their own, so a frameset shows no text itself. Its `noframes` is the
//! page as everybody without frames reads it, and often the only text that was fetched. The HTML
//! standard parses it as raw text, so it is cut out of the source and read as a page.

use memchr::memchr_iter;

/// The inside of the first `noframes` element, if `text` is a page of frames.
pub(super) fn without_frames(text: &str) -> Option<&str> {
    find(text, "<frameset")?;
    let tag = find(text, "<noframes")?;
    let start = tag + text[tag..].find('>')? + 1;
    let inside = &text[start..];
    let end = find(inside, "</noframes").unwrap_or(inside.len());
    Some(&inside[..end])
}

/// Where the tag first begins, in whatever case.
fn find(text: &str, tag: &str) -> Option<usize> {
    memchr_iter(b'<', text.as_bytes()).find(|&at| {
        let here = text.as_bytes().get(at..at + tag.len());
        here.is_some_and(|here| here.eq_ignore_ascii_case(tag.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;

    #[test]
    fn a_page_of_frames_is_read_as_whoever_knows_no_frames_reads_it() {
        let page = "<title>枠</title><frameset cols='*,*'><frame src=a><frame src=b>\
                    <NoFrames><body><h1>題</h1><p>枠のない頁。</body></NOFRAMES></frameset>";
        let page = Reader::new().html(page).unwrap();
        let texts: Vec<&str> = page.paragraphs.iter().map(|p| p.text.as_str()).collect();
        assert_eq!(texts, ["題", "枠のない頁。"]);
        assert_eq!(page.title.as_deref(), Some("枠"));
    }

    #[test]
    fn only_a_page_of_frames_has_such_a_page() {
        for (text, expected) in [
            ("<frameset><noframes>a</noframes></frameset>", Some("a")),
            ("<FRAMESET><NOFRAMES class=x>a", Some("a")),
            ("<noframes>a</noframes>", None),
            ("<frameset><frame></frameset>", None),
            ("<frameset><noframes", None),
            ("", None),
        ] {
            assert_eq!(without_frames(text), expected, "{text}");
        }
        let page = "<p>本文</p><noframes>枠</noframes><frameset>";
        assert_eq!(Reader::new().html(page).unwrap().paragraphs.len(), 1);
    }
}
