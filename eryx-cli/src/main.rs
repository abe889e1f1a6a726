//! The `eryx` command: runs Python that nobody trusts, with its native packages.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command prints"
)]

mod contents;
mod image;
mod progress;
mod report;
mod run;
mod source;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs Python that nobody trusts, with its native packages, in a sandbox.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// Print nothing about the steps of building an image
    #[arg(long, short, global = true)]
    quiet: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Run),
    /// Make images, and see to those that are kept
    #[command(subcommand)]
    Image(image::Image),
    /// List the packages with native code that every sandbox has
    Extensions,
}

fn main() -> ExitCode {
    let Arguments { quiet, command } = Arguments::parse();
    let done = match command {
        Command::Run(run) => run::run(run, quiet),
        Command::Image(command) => image::run(command, quiet),
        Command::Extensions => Ok(extensions()),
    };
    done.unwrap_or_else(|error| {
        report::print_error(&*error);
        ExitCode::FAILURE
    })
}

fn extensions() -> ExitCode {
    let mut output = io::stdout().lock();
    for extension in eryx::extensions() {
        let libraries = extension.libraries.len();
        // Whoever reads this may have stopped reading.
        let _ = writeln!(output, "{extension} ({libraries} libraries)");
    }
    ExitCode::SUCCESS
}
