//! The catalogue: what is known of each asset. Ours is `dictionaries/assets.toml`.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::fetch;
use crate::error::{Error, Kind, Result};

const EMBEDDED: &str = include_str!("../../dictionaries/assets.toml");
const SHA256_DIGITS: usize = 64;
/// Digits of the sha256 in the name of an asset's directory.
const SHORT_DIGITS: usize = 8;

/// All assets that are known by name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    #[serde(rename = "asset")]
    assets: Vec<Asset>,
}

/// One file that is known by name, size and sha256.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// What people call it.
    pub name: String,
    /// What it is.
    pub kind: AssetKind,
    /// The name of the file.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// Its sha256, in lower-case hex.
    pub sha256: String,
    /// Its licence, as an SPDX identifier.
    pub licence: String,
    url: Option<String>,
    pip: Option<Package>,
    npm: Option<Package>,
}

/// What an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssetKind {
    /// A fastText model that tells languages apart.
    LanguageModel,
    /// A SentencePiece model or a `tokenizer.json`.
    Tokenizer,
}

impl AssetKind {
    /// The kind in words.
    pub fn name(self) -> &'static str {
        match self {
            AssetKind::LanguageModel => "language model",
            AssetKind::Tokenizer => "tokenizer",
        }
    }
}

/// A file in a package of a registry.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// The name of the package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The path of the file in the unpacked package.
    pub member: String,
}

/// One place where an asset can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// An address.
    Url(&'a str),
    /// A Python package.
    Pip(&'a Package),
    /// An npm package.
    Npm(&'a Package),
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Url(url) => f.write_str(url),
            Source::Pip(package) => {
                write!(f, "pip package {} {}", package.package, package.version)
            }
            Source::Npm(package) => {
                write!(f, "npm package {} {}", package.package, package.version)
            }
        }
    }
}

impl Catalogue {
    /// Our own catalogue.
    pub fn embedded() -> Result<Catalogue> {
        Catalogue::parse(EMBEDDED)
    }

    /// Reads a catalogue. Names must be unique, and every asset needs a source.
    pub fn parse(text: &str) -> Result<Catalogue> {
        let refused = |message: String| Error::new(Kind::Config, message);
        let catalogue: Catalogue = toml::from_str(text).map_err(|cause| {
            refused("cannot understand the catalogue of assets".into()).caused_by(cause)
        })?;
        for (at, asset) in catalogue.assets.iter().enumerate() {
            if let Some(what) = asset.fault() {
                return Err(refused(format!("the asset `{}` {what}", asset.name)));
            }
            if catalogue.assets[..at].iter().any(|before| before.name == asset.name) {
                return Err(refused(format!("two assets `{}`", asset.name)));
            }
        }
        Ok(catalogue)
    }

    /// Every asset, in the order of the catalogue.
    pub fn list(&self) -> &[Asset] {
        &self.assets
    }

    /// The asset called `name`.
    pub fn get(&self, name: &str) -> Option<&Asset> {
        self.assets.iter().find(|asset| asset.name == name)
    }

    /// The file of the asset called `name`, out of the directory `cache`; fetched into it if it is
    /// not there or damaged. `tell` gets a sentence about each step that takes time.
    ///
    /// A name that is not in the catalogue, and an asset that no source gives, are configuration
    /// errors; the second one says how to place the file by hand.
    pub fn fetch(&self, name: &str, cache: &Path, tell: &dyn Fn(&str)) -> Result<PathBuf> {
        let asset = self.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.assets.iter().map(|asset| asset.name.as_str()).collect();
            Error::new(Kind::Config, format!("no asset `{name}`"))
                .help(format!("the assets are {}", names.join(", ")))
        })?;
        fetch::fetch(asset, cache, tell)
    }
}

impl Asset {
    /// Where its file lies in the directory `cache`. Other bytes under the same name, as another
    /// version of Kuroshio may know them, lie elsewhere.
    pub fn path_in(&self, cache: &Path) -> PathBuf {
        cache.join(format!("{}-{}", self.name, &self.sha256[..SHORT_DIGITS])).join(&self.file)
    }

    /// Where it can be had, in the order of trying.
    pub fn sources(&self) -> impl Iterator<Item = Source<'_>> {
        let url = self.url.as_deref().map(Source::Url);
        let pip = self.pip.as_ref().map(Source::Pip);
        let npm = self.npm.as_ref().map(Source::Npm);
        [url, pip, npm].into_iter().flatten()
    }

    /// What is wrong with it.
    fn fault(&self) -> Option<&'static str> {
        let is_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        if self.sha256.len() != SHA256_DIGITS || !self.sha256.chars().all(is_hex) {
            return Some("has a sha256 that is not 64 lower-case hex digits");
        }
        if !is_file_name(&self.name) || !is_file_name(&self.file) {
            return Some(
                "has a name or file with other characters than letters, digits, -, _ and .",
            );
        }
        self.sources().next().is_none().then_some("has no source")
    }
}

/// Whether `name` can be part of a path without leading anywhere else.
fn is_file_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_catalogue_is_sound_and_knows_what_the_defaults_name() {
        let catalogue = Catalogue::embedded().unwrap();
        assert_eq!(catalogue.get("lid.176").unwrap().kind, AssetKind::LanguageModel);
        assert_eq!(catalogue.get("qwen3").unwrap().kind, AssetKind::Tokenizer);
        assert!(catalogue.get("lid.167").is_none());
        assert!(catalogue.list().iter().all(|asset| asset.bytes > 0 && !asset.licence.is_empty()));
    }

    fn with(name: &str, more: &str) -> String {
        let sha256 = "0".repeat(64);
        format!(
            "[[asset]]\nname = \"{name}\"\nkind = \"tokenizer\"\nfile = \"t.model\"\nbytes = 3\n\
             sha256 = \"{sha256}\"\nlicence = \"MIT\"\n{more}\n"
        )
    }

    #[test]
    fn an_address_is_tried_before_packages() {
        let package = "{ package = \"p\", version = \"1\", member = \"t\" }";
        let text = with("a", &format!("npm = {package}\npip = {package}\nurl = \"https://a\""));
        let catalogue = Catalogue::parse(&text).unwrap();
        let sources: Vec<String> =
            catalogue.list()[0].sources().map(|source| source.to_string()).collect();
        assert_eq!(sources, ["https://a", "pip package p 1", "npm package p 1"]);
    }

    #[test]
    fn a_catalogue_with_a_fault_is_refused_with_the_reason() {
        let url = "url = \"https://a\"";
        for (text, expected) in [
            (with("a", ""), "the asset `a` has no source"),
            (with("a", url) + &with("a", url), "two assets `a`"),
            (with("../a", url), "the asset `../a` has a name"),
            (with("a", url).replace("00\"", "0G\""), "the asset `a` has a sha256"),
            (with("a", "uri = \"https://a\""), "cannot understand"),
        ] {
            let error = Catalogue::parse(&text).unwrap_err();
            assert!(error.message.starts_with(expected), "{}", error.message);
        }
    }

    #[test]
    fn other_bytes_under_the_same_name_lie_elsewhere() {
        let one = with("a", "url = \"https://a\"");
        let two = one.replace("sha256 = \"00", "sha256 = \"01");
        let path = |text: &str| Catalogue::parse(text).unwrap().list()[0].path_in(Path::new("c"));
        assert_eq!(path(&one), Path::new("c/a-00000000/t.model"));
        assert_eq!(path(&two), Path::new("c/a-01000000/t.model"));
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let catalogue = Catalogue::parse(&with("a", "url = \"https://a\"")).unwrap();
        let error = catalogue.fetch("b", Path::new("c"), &|_| ()).unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (Kind::Config, "no asset `b`"));
        assert_eq!(error.help.unwrap(), "the assets are a");
    }
}
