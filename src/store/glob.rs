//! File name patterns: `*`, `?` and `[…]` within one part of a path.

/// Whether a part of a path is a pattern at all.
pub(super) fn is_pattern(part: &str) -> bool {
    part.contains(['*', '?', '['])
}

/// Whether `name` matches `pattern`: `*` is any run of characters, `?` one character, `[a-z]` one
/// of a set, `[!a-z]` one outside it. A leading dot must be matched by a dot. A `[` that is never
/// closed is a plain character.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // On a mismatch the last `*` takes one character more: no recursion, at most quadratic.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, n));
            p += 1;
        } else if let Some(after) = match_one(&pattern, p, name[n]) {
            p = after;
            n += 1;
        } else if let Some((star_p, star_n)) = star {
            star = Some((star_p, star_n + 1));
            p = star_p + 1;
            n = star_n + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

/// The position after the element at `p`, if that element matches `c`.
fn match_one(pattern: &[char], p: usize, c: char) -> Option<usize> {
    match pattern.get(p)? {
        '?' => Some(p + 1),
        '[' => match set_end(pattern, p) {
            Some(end) => in_set(&pattern[p + 1..end], c).then_some(end + 1),
            None => (c == '[').then_some(p + 1),
        },
        &literal => (literal == c).then_some(p + 1),
    }
}

/// The position of the `]` that closes the set which begins at `open`; a `]` right at the start
/// belongs to the set.
fn set_end(pattern: &[char], open: usize) -> Option<usize> {
    let mut start = open + 1;
    if matches!(pattern.get(start), Some('!' | '^')) {
        start += 1;
    }
    (start + 1..pattern.len()).find(|&i| pattern[i] == ']')
}

/// Whether a set such as `a-z_` or `!0-9` holds `c`.
fn in_set(set: &[char], c: char) -> bool {
    let (negated, mut rest) = match set {
        ['!' | '^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut found = false;
    loop {
        match rest {
            [from, '-', to, after @ ..] => {
                found |= (*from..=*to).contains(&c);
                rest = after;
            }
            [one, after @ ..] => {
                found |= *one == c;
                rest = after;
            }
            [] => return found != negated,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, name, expected) in [
            ("*.warc.gz", "a.warc.gz", true),
            ("*.warc.gz", "a.warc", false),
            ("*", "", true),
            ("*", ".hidden", false),
            (".*", ".hidden", true),
            ("a?c", "abc", true),
            ("a?c", "aあc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[^a-c]x", "dx", true),
            ("[]]x", "]x", true),
            ("[a-]x", "-x", true),
            ("[ab", "[ab", true),
            ("0000[0-3]*", "00002.gz", true),
            ("0000[0-3]*", "00004.gz", false),
            ("*a*b*c*", "xxaxxbxxcxx", true),
            ("*a*b*c*", "xxaxxcxxbxx", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} against {name}");
        }
    }

    #[test]
    fn many_stars_do_not_take_for_ever() {
        assert!(!matches(&format!("{}*b", "*a".repeat(40)), &"a".repeat(3000)));
    }
}
