//! The `eryx` command: runs Python that nobody trusts, with its native packages.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command prints"
)]

mod progress;
mod report;
mod source;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use eryx::{Program, Sandbox, Stream};

use crate::source::Source;

/// Runs Python that nobody trusts, with its native packages, in a sandbox.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(Run),
    /// List the packages with native code that every sandbox has
    Extensions,
}

/// Run a program in a fresh sandbox.
///
/// What it prints comes out as it is, and the exit status is Python's. It has no files, no network
/// and no input of the host's.
#[derive(clap::Args)]
struct Run {
    /// Program passed in as a string
    #[arg(short = 'c', value_name = "CODE", allow_hyphen_values = true)]
    code: Option<String>,

    /// Print one JSON object with all that came of the program, instead of its output
    #[arg(long)]
    json: bool,

    /// Also make the packages of this folder importable, as if it were site-packages
    #[arg(long, value_name = "FOLDER")]
    site_packages: Vec<PathBuf>,

    /// Import this module before the program runs
    #[arg(long, value_name = "MODULE")]
    preimport: Vec<String>,

    /// Keep compiled images in this folder instead of the user's cache folder
    #[arg(long, value_name = "FOLDER")]
    cache_dir: Option<PathBuf>,

    /// The program: a file, or - for standard input; then what its sys.argv holds
    #[arg(
        value_name = "FILE",
        required_unless_present = "code",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    rest: Vec<String>,
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run(run) => self::run(run),
        Command::Extensions => extensions(),
    }
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

fn run(run: Run) -> ExitCode {
    let source = match Source::read(run.code, run.rest) {
        Ok(source) => source,
        Err(error) => {
            eprintln!("eryx: {error}");
            // As Python says of a file that it cannot open.
            return ExitCode::from(2);
        }
    };
    let progress = progress::Progress::new();
    let sandbox = build(&progress, run.site_packages, run.preimport, run.cache_dir);
    progress.finish();
    let sandbox = match sandbox {
        Ok(sandbox) => sandbox,
        Err(error) => {
            report::print_error(&*error);
            return ExitCode::FAILURE;
        }
    };
    let mut program = Program::new(source.text)
        .name(source.name)
        .arguments(source.arguments);
    if !run.json {
        program = program.on_output(pass_on);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(sandbox.run(program)),
        Err(error) => {
            report::print_error(&error);
            return ExitCode::FAILURE;
        }
    };
    if run.json {
        println!("{}", report::json(&result));
    }
    report::status(&result, !run.json)
}

fn build(
    progress: &progress::Progress,
    site_packages: Vec<PathBuf>,
    preimports: Vec<String>,
    cache: Option<PathBuf>,
) -> Result<Sandbox, Box<dyn std::error::Error>> {
    let mut builder = Sandbox::builder()
        .with_embedded_runtime()
        .on_step(progress.listener());
    for folder in site_packages {
        builder = builder.with_site_packages(folder);
    }
    for module in preimports {
        builder = builder.with_preimport(module);
    }
    if let Some(folder) = cache {
        builder = builder.with_cache_dir(folder);
    }
    Ok(builder.build()?)
}

/// Passes on what the program prints. Nobody may be reading it any more; the program goes on.
fn pass_on(stream: Stream, bytes: &[u8]) {
    let _ = match stream {
        Stream::Stdout => {
            let mut output = io::stdout().lock();
            output.write_all(bytes).and_then(|()| output.flush())
        }
        Stream::Stderr => io::stderr().lock().write_all(bytes),
    };
}
