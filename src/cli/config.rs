//! `kuroshio config`: the resolved configuration, and every key there is.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::line;
use crate::config::{Key, type_name};
use crate::error::{Error, Result};
use crate::stages::pipeline;

/// Show the resolved configuration, or every key with type, default, unit and meaning
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kuroshio config show pipelines/quickstart.toml --set extract.min_score=0.8\n  kuroshio config keys\n  kuroshio config keys dedup --json"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Check a pipeline file and print it with every default filled in
    Show {
        /// The pipeline file
        pipeline: PathBuf,
        /// Override a key; may be given several times
        #[arg(long = "set", value_name = "KEY=VALUE")]
        sets: Vec<String>,
        /// Print JSON instead of TOML
        #[arg(long)]
        json: bool,
    },
    /// List every key of a pipeline file
    Keys {
        /// Only this section, or keys that contain this text
        filter: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.what {
        What::Show { pipeline, sets, json } => {
            let resolved = pipeline::load(pipeline, sets)?.resolved;
            let text = if *json {
                serde_json::to_string_pretty(&resolved).map_err(|e| e.to_string())
            } else {
                toml::to_string(&resolved).map_err(|e| e.to_string())
            };
            line(text.map_err(Error::bug)?.trim_end());
        }
        What::Keys { filter, json } => keys(filter.as_deref().unwrap_or(""), *json),
    }
    Ok(())
}

fn keys(filter: &str, as_json: bool) {
    for section in pipeline::SECTIONS {
        for key in section.keys {
            let path = format!("{}.{}", section.name, key.name);
            if !path.contains(filter) {
                continue;
            }
            if as_json {
                let object = json!({
                    "key": path,
                    "type": type_name(key.kind),
                    "default": key.default,
                    "required": key.required,
                    "unit": key.unit,
                    "summary": key.summary,
                });
                line(&object.to_string());
            } else {
                line(&describe(&path, key));
            }
        }
    }
}

fn describe(path: &str, key: &Key) -> String {
    let default = match (key.default, key.required) {
        (Some(default), _) => format!("default {default}"),
        (None, true) => "must be given".to_owned(),
        (None, false) => "no default".to_owned(),
    };
    let unit = if key.unit.is_empty() { String::new() } else { format!(", in {}", key.unit) };
    format!("{path}\n    {}{unit}; {default}\n    {}", type_name(key.kind), key.summary)
}
