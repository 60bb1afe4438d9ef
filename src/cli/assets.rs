//! `kuroshio assets`: models and tokenizers by name.

use clap::{Args, Subcommand};

use super::{environment, line};
use crate::assets::Catalogue;
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
