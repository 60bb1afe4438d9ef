//! The bounds of a chain in words, for people who read why documents were dropped.

use crate::chain::Chain;
use crate::error::Error;
use crate::signals;

/// What a bound keeps and what its signal counts: "kept from 100: Characters that …".
///
/// `name` is the name of a verdict, `profile` the tier that decided; a verdict that is no bound of
/// the chain gives nothing.
pub fn rule_in_words(chain: &Chain, profile: &str, name: &str) -> Result<String, Error> {
    let tier = chain.tier(profile).map_err(|problem| Error::from_problems(vec![problem]))?;
    let Some(bound) = chain.bounds().find(|bound| bound.name == name) else {
        return Ok(String::new());
    };
    let at = chain.tiers.iter().position(|known| known == chain.tier_name(tier)).unwrap_or(0);
    let kept = match (bound.min[at], bound.max[at]) {
        (Some(min), Some(max)) => format!("kept from {min} to {max}"),
        (Some(min), None) => format!("kept from {min}"),
        (None, Some(max)) => format!("kept up to {max}"),
        (None, None) => String::new(),
    };
    let signal = &chain.columns[bound.column].signal;
    let summary = signals::find(signal).map_or("", |(family, at)| family.columns()[at].summary);
    Ok(format!("{kept}: {}", first_sentence(summary)).trim_matches([':', ' ']).to_owned())
}

/// Everything up to the first mark that ends a thought.
fn first_sentence(text: &str) -> &str {
    let end = [". ", "; ", ": ", " (", ", which"].iter().filter_map(|mark| text.find(mark)).min();
    text[..end.unwrap_or(text.len())].trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::first_sentence;

    #[test]
    fn one_thought_is_enough() {
        assert_eq!(
            first_sentence("Copies over all lines; a line counts two."),
            "Copies over all lines"
        );
        assert_eq!(
            first_sentence("Size of the text (breaks too) as a stream."),
            "Size of the text"
        );
        assert_eq!(first_sentence("Share of kana: hiragana and others."), "Share of kana");
        assert_eq!(first_sentence("Characters."), "Characters");
    }
}
