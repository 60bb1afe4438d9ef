//! The nearest right name to a misspelt one.

/// The name among `names` that differs from `wrong` by at most two edits (one, in short words).
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = if wrong.chars().count() <= 4 { 1 } else { 2 };
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| *distance <= most || name.starts_with(wrong))
        .min()
        .map(|(_, name)| name)
}

/// "did you mean `x`?", else the list of what is allowed.
pub fn did_you_mean(wrong: &str, names: &[&str]) -> String {
    match nearest(wrong, names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if names.is_empty() => "nothing is allowed here".to_owned(),
        None => format!("allowed: {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_gets_the_list() {
        assert_eq!(
            did_you_mean("min_scroe", &["language", "min_score"]),
            "did you mean `min_score`?"
        );
        assert_eq!(did_you_mean("zzz", &["a", "b"]), "allowed: a, b");
    }
}
