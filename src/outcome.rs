//! The fate of a WARC record: the one list of outcomes, each with its stable name and a sentence
//! for the report. Every record ends in exactly one.

/// Declares the outcomes: variant, stable name, sentence.
macro_rules! outcomes {
    ($($variant:ident $name:literal $sentence:literal;)*) => {
        /// How one WARC record ended.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Outcome {
            $(#[doc = $sentence] $variant,)*
        }

        impl Outcome {
            /// Every outcome, in the order of the report.
            pub const ALL: &[Outcome] = &[$(Outcome::$variant,)*];

            /// The stable name, as it stands in markers and in `summary.json`.
            pub fn name(self) -> &'static str {
                match self { $(Outcome::$variant => $name,)* }
            }

            /// One sentence for people.
            pub fn sentence(self) -> &'static str {
                match self { $(Outcome::$variant => $sentence,)* }
            }

            /// The outcome of that name.
            pub fn from_name(name: &str) -> Option<Outcome> {
                match name { $($name => Some(Outcome::$variant),)* _ => None }
            }
        }
    };
}

outcomes! {
    Document "document" "The record became a document.";
    NotResponse "not_response" "The record is no HTTP response (warcinfo, request, metadata, revisit, conversion).";
    NotSuccess "not_success" "The HTTP status is not 200.";
    NotHtml "not_html" "The payload is no HTML page and no plain text.";
    Empty "empty" "The page holds no visible text.";
    NoKana "no_kana" "The bytes hold no Japanese in any encoding, or too little of it among other text.";
    OtherLanguage "other_language" "The text is in another language.";
    LowLanguageScore "low_language_score" "The language is right, but its score is below the bound.";
    Mojibake "mojibake" "The text is garbled: it was saved in a wrong encoding before it was crawled.";
    TooLarge "too_large" "The record or page is larger than the limit.";
    TooDeep "too_deep" "The page nests elements deeper than the limit.";
    TooCostly "too_costly" "The page would need more work, or more memory (`extract.page_memory`), than it is allowed.";
    Respected "respected" "The publisher gave a signal that the pipeline honours (`extract.respect`).";
    BadHttp "bad_http" "The HTTP response cannot be read.";
    BadRecord "bad_record" "The WARC record cannot be read.";
    BadMember "bad_member" "The gzip member that holds the record is damaged.";
    TruncatedMember "truncated_member" "The file ends inside the record.";
    Garbage "garbage" "Bytes between records that belong to none.";
    Internal "internal" "The page met a bug in Kuroshio; the record is kept in quarantine.";
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn names_lead_back_to_their_outcome() {
        for &outcome in Outcome::ALL {
            assert_eq!(Outcome::from_name(outcome.name()), Some(outcome));
            assert!(outcome.sentence().ends_with('.'));
        }
        assert_eq!(Outcome::from_name("no such outcome"), None);
    }
}
