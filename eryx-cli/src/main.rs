//! The `eryx` command: runs untrusted Python with its native packages.
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

/// Run untrusted Python, with its native packages, in a sandbox
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Do not print the steps of building an image
    #[arg(long, short, global = true)]
    quiet: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Run),
    /// Build images and manage the image cache
    #[command(subcommand)]
    Image(image::Image),
    /// List the native packages that this command carries
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
        // The reader may have closed the pipe, as `head` does.
        let _ = writeln!(output, "{extension} ({libraries} libraries)");
    }
    ExitCode::SUCCESS
}
