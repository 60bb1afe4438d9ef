//! The command line: one file a subcommand (its arguments and its `run`), and what people and
//! programs are shown. Turns errors into messages and exit codes. Knows nothing of how anything is
//! done.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the room that prints")]

mod environment;
mod process;
mod show;
mod summary;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::{Kind, Result};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "kuroshio",
    version,
    about = "Turns web archives into a Japanese training corpus and into token shards",
    after_help = "Examples:\n  kuroshio run pipelines/quickstart.toml\n  kuroshio run my.toml --set input.warc='[\"crawl/*.warc.gz\"]' --threads 16\n  kuroshio select --run runs/my --set select.profile=strict\n  kuroshio tokenize --input corpus.jsonl.zst --tokenizer qwen3 --output tokens",
    max_term_width = 100
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// Declares the subcommands: a line each, in the order of the help. The file of that name holds the
/// `Arguments` and the `run` of its subcommand.
macro_rules! commands {
    ($($variant:ident $file:ident;)*) => {
        $(mod $file;)*

        #[derive(Debug, Subcommand)]
        enum Command {
            $($variant($file::Arguments),)*
        }

        impl Command {
            fn run(&self) -> Result<()> {
                match self {
                    $(Command::$variant(arguments) => $file::run(arguments),)*
                }
            }
        }
    };
}

commands! {
    Run run;
    Plan plan;
    Task task;
    Seal seal;
    Status status;
    Verify verify;
    Select select;
    Explain explain;
    Tokenize tokenize;
    Assets assets;
    Config config;
}

/// Parses the command line, runs the subcommand and returns the exit code.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let asked = !error.use_stderr();
            // Printing fails only where nobody reads: there is nobody to tell.
            let _ = error.print();
            return if asked { ExitCode::SUCCESS } else { Kind::Usage.exit_code().into() };
        }
    };
    let outcome = std::panic::catch_unwind(|| arguments.command.run());
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            show::error(&error);
            error.kind.exit_code().into()
        }
        Err(_) => {
            eprintln!("error: this is a bug in Kuroshio; please report it with the lines above");
            Kind::Bug.exit_code().into()
        }
    }
}

/// The whole command line as clap sees it, for the generated documentation.
pub fn command() -> clap::Command {
    use clap::CommandFactory as _;
    Arguments::command()
}

/// Prints a line on stdout. A reader that went away (`| head`) is no failure of ours.
fn line(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
