//! Generated documentation equals the code; `UPDATE=1 cargo test` rewrites it.

use std::fmt::Write as _;
use std::path::Path;

use kuroshio::error::Kind;
use kuroshio::outcome::Outcome;
use kuroshio::stages::pipeline::SECTIONS;

const NOTE: &str = "<!-- Written by `UPDATE=1 cargo test --test main docs::`; change the code, not this file. -->\n\n";

#[track_caller]
fn equals_or_update(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    let standing = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        standing == text,
        "{path} is stale: run `UPDATE=1 cargo test --test main docs::` and look at the difference"
    );
}

#[test]
fn the_configuration_reference_lists_every_key() {
    let text = format!(
        "{NOTE}# Configuration\n\nA pipeline is one TOML file. Every key can be overridden on the \
         command line with `--set section.key=VALUE`; VALUE is TOML, a bare word is a text. \
         `kuroshio config show PIPELINE` prints the file with every default filled in, and \
         `kuroshio config keys` prints this list.\n\n{}",
        kuroshio::config::markdown(SECTIONS)
    );
    equals_or_update("docs/configuration.md", &format!("{}\n", text.trim_end()));
}

#[test]
fn every_default_is_toml_and_passes_its_own_check() {
    for section in SECTIONS {
        for key in section.keys {
            assert!(key.summary.ends_with('.'), "{}.{}", section.name, key.name);
            if key.default.is_some() {
                assert!(kuroshio::config::default_value(key).is_some());
            }
            assert!(key.default.is_none() || !key.required, "{}.{}", section.name, key.name);
        }
        let mut problems = Vec::new();
        let empty = kuroshio::config::Table::default();
        let place = kuroshio::error::Place::Argument(String::new());
        kuroshio::config::check_table(section.name, section.keys, &empty, &place, &mut problems);
        let required = section.keys.iter().filter(|key| key.required).count();
        assert_eq!(problems.len(), required, "[{}]", section.name);
    }
}

#[test]
fn the_filter_reference_lists_every_signal_and_edit() {
    let text = format!(
        "{NOTE}# Filter chains\n\nA chain is a TOML file of `[[step]]` tables in order. A step is \
         either `edit = \"name\"` or `signal = \"name\"` with `min`, `max` or both, inclusive; a \
         bound is a number, or one number a tier: `max = {{ broad = 2000, strict = 800 }}`. The \
         pipeline's `select.profile` says which tier decides; a tier that a bound leaves out has \
         no such bound. The first bound that fails gives the verdict its name. A document on which \
         a signal is undefined passes its bounds, unless the step says `undefined = \"drop\"`. \
         Signals are measured once, at their place among the edits, and stored as columns: new \
         bounds need no text. `cluster_size`, the number of documents with the same text, is a label \
         and can be bounded like a signal.\n\n## Edits\n\n{}\n## Signals\n\n{}",
        kuroshio::chain::edits_markdown(),
        kuroshio::signals::markdown()
    );
    equals_or_update("docs/filters.md", &format!("{}\n", text.trim_end()));
}

#[test]
fn the_command_reference_is_the_help() {
    let mut text = format!("{NOTE}# Command line\n");
    let mut root = kuroshio::cli::command().term_width(100);
    root.build();
    write_help(&mut text, &root, 2);
    equals_or_update("docs/cli.md", &format!("{}\n", text.trim_end()));
}

fn write_help(out: &mut String, command: &clap::Command, level: usize) {
    for sub in command.get_subcommands() {
        if sub.get_name() == "help" {
            continue;
        }
        let name = sub.get_bin_name().unwrap_or(sub.get_name()).to_owned();
        let help = sub.clone().term_width(100).render_long_help().to_string();
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        let _ = write!(
            out,
            "\n{} `{name}`\n\n```text\n{}\n```\n",
            "#".repeat(level),
            help.join("\n").trim_end()
        );
        write_help(out, sub, level + 1);
    }
}

#[test]
fn the_outcome_reference_lists_every_outcome_and_exit_code() {
    let mut text = format!(
        "{NOTE}# Outcomes and exit codes\n\n## Outcomes of a record\n\nEvery WARC record ends in \
         exactly one. The counts stand in `summary.json` and add up to `records`.\n\n\
         | outcome | meaning |\n| --- | --- |\n"
    );
    for outcome in Outcome::ALL {
        let _ = writeln!(text, "| `{}` | {} |", outcome.name(), outcome.sentence());
    }
    text.push_str(
        "\n## Exit codes\n\nEngines should stop a job on 64, 65, 70 and 78, and try again on 75 and \
         on signals.\n\n| code | meaning |\n| --- | --- |\n| 0 | Done. |\n",
    );
    for kind in Kind::ALL {
        let _ = writeln!(text, "| {} | {} |", kind.exit_code(), kind.summary());
    }
    equals_or_update("docs/outcomes.md", &text);
}

/// The pages that people write.
const PAGES: [&str; 8] = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "docs/formats.md",
    "docs/glossary.md",
    "docs/guide.md",
    "docs/performance.md",
    "docs/running.md",
];

fn page(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|cause| panic!("{path}: {cause}"))
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    for path in PAGES {
        let folder = Path::new(path).parent().unwrap();
        let text = page(path);
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(target);
            assert!(file.exists(), "{path} links to {target}");
        }
    }
}

#[test]
fn every_command_on_a_page_is_one_that_the_program_takes() {
    let mut found = 0;
    for path in PAGES {
        for command in commands(&page(path)) {
            let words = command.split_whitespace().map(|word| word.trim_matches('\''));
            let parsed = kuroshio::cli::command().try_get_matches_from(words);
            assert!(parsed.is_ok(), "{path}: {command}\n{}", parsed.unwrap_err());
            found += 1;
        }
    }
    assert!(found > 10, "{found} commands were found");
}

/// The lines of shell blocks that call the program, continued lines joined.
fn commands(page: &str) -> Vec<String> {
    let blocks =
        page.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("sh\n"));
    blocks
        .flat_map(|block| {
            let joined = block.replace("\\\n", " ");
            joined.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .filter_map(|line| {
            let start = ["kuroshio ", "cargo run --release -- "]
                .iter()
                .find_map(|start| line.strip_prefix(start))?;
            Some(format!("kuroshio {}", start.split(" # ").next().unwrap()))
        })
        .collect()
}
