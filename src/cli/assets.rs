//! `kuroshio assets`: models and tokenizers by name.

use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{environment, line};
use crate::assets::{self, Catalogue, State};
use crate::error::{Error, Kind, Result};

/// List, fetch and check models and tokenizers
#[derive(Debug, Args)]
#[command(
    after_help = "Assets are kept in $KUROSHIO_CACHE, else $XDG_CACHE_HOME/kuroshio, else ~/.cache/kuroshio.\n\nExamples:\n  kuroshio assets list\n  kuroshio assets fetch lid.176 qwen3\n  kuroshio assets check"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every asset: name, size, licence, whether it is in the cache
    List {
        /// Print JSON lines
        #[arg(long)]
        json: bool,
    },
    /// Fetch assets into the cache; those that are there already are left alone
    Fetch {
        /// Their names
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Check every cached asset against its checksum
    Check,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let catalogue = Catalogue::embedded()?;
    let cache = environment::cache_dir()?;
    match &arguments.what {
        What::List { json } => list(&catalogue, &cache, *json),
        What::Fetch { names } => fetch(&catalogue, &cache, names),
        What::Check => check(&catalogue, &cache),
    }
}

fn list(catalogue: &Catalogue, cache: &Path, json: bool) -> Result<()> {
    if !json {
        line(&format!("{:<20} {:<14} {:>10}  {:<12}  state", "name", "kind", "bytes", "licence"));
    }
    for asset in catalogue.list() {
        let (name, kind, bytes, licence) =
            (&asset.name, asset.kind.name(), asset.bytes, &asset.licence);
        let state = word(&assets::state(asset, cache)?);
        if json {
            let sources: Vec<String> = asset.sources().map(|source| source.to_string()).collect();
            line(
                &json!({
                    "name": name,
                    "kind": kind,
                    "bytes": bytes,
                    "sha256": asset.sha256,
                    "licence": licence,
                    "sources": sources,
                    "path": asset.path_in(cache).display().to_string(),
                    "state": state,
                })
                .to_string(),
            );
        } else {
            line(&format!("{name:<20} {kind:<14} {bytes:>10}  {licence:<12}  {state}"));
        }
    }
    Ok(())
}

/// Prints the path of each fetched asset.
fn fetch(catalogue: &Catalogue, cache: &Path, names: &[String]) -> Result<()> {
    for name in names {
        let path = catalogue.fetch(name, cache, &|text| eprintln!("{text}"))?;
        line(&path.display().to_string());
    }
    Ok(())
}

fn check(catalogue: &Catalogue, cache: &Path) -> Result<()> {
    let mut damaged = Vec::new();
    for asset in catalogue.list() {
        let state = assets::state(asset, cache)?;
        let path = asset.path_in(cache);
        match &state {
            State::Damaged { how } => {
                damaged.push(asset.name.as_str());
                line(&format!("{:<8} {:<20} {} ({how})", word(&state), asset.name, path.display()));
            }
            _ => line(&format!("{:<8} {:<20} {}", word(&state), asset.name, path.display())),
        }
    }
    if damaged.is_empty() {
        return Ok(());
    }
    let names = damaged.join(" ");
    Err(Error::new(Kind::Data, format!("damaged in the cache: {names}"))
        .at_path(cache)
        .help(format!("`kuroshio assets fetch {names}` fetches them again")))
}

/// The state in one word.
fn word(state: &State) -> &'static str {
    match state {
        State::Cached => "ok",
        State::Missing => "missing",
        State::Damaged { .. } => "damaged",
    }
}
