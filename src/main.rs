//! The `kuroshio` program: parse the command line, run the subcommand, exit with its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    kuroshio::cli::main()
}
