//! How a tokenizer is opened, and the tokens round every document.

use std::str::FromStr;

use crate::error::{Error, Kind, Result};

/// Which generation of SentencePiece the ids of a Unigram `.model` equal; they differ in the
/// rounding of scores and so in ties and long documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arithmetic {
    /// Up to 0.2.1, what LLM-jp trains on; spelled `0.2.0`.
    #[default]
    UpTo021,
    /// From 0.2.2 on; spelled `0.2.3`.
    From022,
}

impl Arithmetic {
    /// The spelling in configurations and keys.
    pub fn name(self) -> &'static str {
        match self {
            Arithmetic::UpTo021 => "0.2.0",
            Arithmetic::From022 => "0.2.3",
        }
    }
}

impl FromStr for Arithmetic {
    type Err = Error;

    fn from_str(name: &str) -> Result<Arithmetic> {
        [Arithmetic::UpTo021, Arithmetic::From022]
            .into_iter()
            .find(|arithmetic| arithmetic.name() == name)
            .ok_or_else(|| {
                Error::new(Kind::Config, format!("there is no arithmetic `{name}`"))
                    .help("tokenize.arithmetic is \"0.2.0\" or \"0.2.3\"")
            })
    }
}

/// A token as people name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenName {
    /// By its id.
    Id(u32),
    /// By its spelling in the vocabulary.
    Spelling(String),
}

/// How a tokenizer is opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The arithmetic of a Unigram `.model`; nothing else has a choice.
    pub arithmetic: Arithmetic,
    /// The token that ends a document; by default the tokenizer's own.
    pub eod: Option<TokenName>,
    /// The token that begins a document; by default none.
    pub bos: Option<TokenName>,
}

/// The tokens round every document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// Ends it.
    pub eod: u32,
    /// Begins it.
    pub bos: Option<u32>,
}

impl Marks {
    /// The marks that `options` names in a vocabulary of `size`, or else the tokenizer's own end.
    pub(super) fn resolve(
        options: &Options,
        size: u32,
        own_end: Option<u32>,
        id_of: impl Fn(&str) -> Option<u32>,
    ) -> Result<Marks> {
        let find = |key: &str, name: &TokenName| {
            let (id, shown) = match name {
                TokenName::Id(id) => (Some(*id).filter(|id| *id < size), id.to_string()),
                TokenName::Spelling(spelling) => (id_of(spelling), spelling.clone()),
            };
            id.ok_or_else(|| {
                Error::new(Kind::Config, format!("the tokenizer has no token `{shown}`")).help(
                    format!("set tokenize.{key} to an id below {size} or to a spelling it knows"),
                )
            })
        };
        let eod = match (&options.eod, own_end) {
            (Some(name), _) => find("eod", name)?,
            (None, Some(id)) => id,
            (None, None) => {
                return Err(Error::new(Kind::Config, "the tokenizer names no end-of-text token")
                    .help(
                        "set tokenize.eod to the id or spelling of the token that ends documents",
                    ));
            }
        };
        let bos = options.bos.as_ref().map(|name| find("bos", name)).transpose()?;
        Ok(Marks { eod, bos })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(options: &Options, own_end: Option<u32>) -> Result<Marks> {
        Marks::resolve(options, 10, own_end, |text| (text == "<EOD>").then_some(7))
    }

    #[test]
    fn marks_are_the_named_tokens_or_the_own_end() {
        assert_eq!(resolve(&Options::default(), Some(2)).unwrap(), Marks { eod: 2, bos: None });
        let options = Options {
            eod: Some(TokenName::Spelling("<EOD>".to_owned())),
            bos: Some(TokenName::Id(1)),
            ..Options::default()
        };
        assert_eq!(resolve(&options, Some(2)).unwrap(), Marks { eod: 7, bos: Some(1) });
    }

    #[test]
    fn a_token_that_is_not_there_is_refused_with_the_key_to_set() {
        let eod = |name| Options { eod: Some(name), ..Options::default() };
        let names = [TokenName::Id(10), TokenName::Spelling("<eod>".to_owned())];
        for options in names.map(eod).into_iter().chain([Options::default()]) {
            let error = resolve(&options, None).unwrap_err();
            assert_eq!(error.kind, Kind::Config);
            assert!(error.help.unwrap().contains("tokenize.eod"));
        }
    }

    #[test]
    fn arithmetics_are_named_by_a_version() {
        for arithmetic in [Arithmetic::UpTo021, Arithmetic::From022] {
            assert_eq!(arithmetic.name().parse::<Arithmetic>().unwrap(), arithmetic);
        }
        assert_eq!("0.2.1".parse::<Arithmetic>().unwrap_err().kind, Kind::Config);
    }
}
