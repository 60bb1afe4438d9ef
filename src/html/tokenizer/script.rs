//! Where a script ends: not at an end tag inside its comments that closes a script of theirs.

use memchr::{memchr, memchr2};

use super::is_end_tag;
use super::tag::ends_name;

/// The place of the end tag behind `start`, or the end of the page.
pub(super) fn end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(length) = memchr(b'<', &bytes[at..]) {
        at += length;
        if is_end_tag(bytes, at, "script") {
            return at;
        }
        if bytes[at..].starts_with(b"<!--") {
            // The two dashes may be those that end the comment.
            match commented(bytes, at + 2) {
                Ok(end) => return end,
                Err(behind) => at = behind,
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// Reads a comment of a script whose dashes begin at `start`: the script ends in it at `Ok`, or
/// the comment ends at `Err`.
fn commented(bytes: &[u8], start: usize) -> Result<usize, usize> {
    let mut at = start;
    // Inside a script of the comment, whose end tag is none of the script around.
    let mut is_inner = false;
    while let Some(length) = memchr2(b'-', b'<', &bytes[at..]) {
        at += length;
        if bytes[at] == b'-' {
            let dashes = bytes[at..].iter().take_while(|&&byte| byte == b'-').count();
            at += dashes;
            if dashes > 1 && bytes.get(at) == Some(&b'>') {
                return Err(at + 1);
            }
            continue;
        }
        if !is_inner && is_end_tag(bytes, at, "script") {
            return Ok(at);
        }
        let name = at + 1 + usize::from(is_inner);
        let is_tag = !is_inner || bytes.get(at + 1) == Some(&b'/');
        let word = bytes.get(name..name + 7);
        if is_tag && word.is_some_and(|w| w[..6].eq_ignore_ascii_case(b"script") && ends_name(w[6]))
        {
            is_inner = !is_inner;
            at = name + 7;
        } else {
            at += 1;
        }
    }
    Ok(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_end_where_the_standard_ends_them() {
        for (script, before) in [
            ("a</script>", "a"),
            ("a</SCRIPT x>", "a"),
            ("a</scripts></script/", "a</scripts>"),
            ("a</script", "a</script"),
            ("<!--</script>", "<!--"),
            ("<!--<script></script>--></script>", "<!--<script></script>-->"),
            ("<!--<script></script></script>", "<!--<script></script>"),
            ("<!--><script></script>", "<!--><script>"),
            ("<!--<script>--></script>", "<!--<script>-->"),
            ("<!--<scripts></script>", "<!--<scripts>"),
            ("<!--<script>x", "<!--<script>x"),
            ("<!-<script></script>", "<!-<script>"),
            ("<!--<script><script></script>x</script>", "<!--<script><script></script>x"),
            ("<!--<script>- -></script></script>", "<!--<script>- -></script>"),
        ] {
            assert_eq!(end(script.as_bytes(), 0), before.len(), "{script}");
        }
    }
}
