//! `eryx run`: a program in a fresh sandbox.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use eryx::{Limits, Program, Sandbox, Stream};

use crate::contents::Contents;
use crate::report;
use crate::source::Source;

/// Run a program in a fresh sandbox.
///
/// What it prints comes out as it is, what it reads from stdin is what is there, and the exit status
/// is Python's. It has no files and no network of the host's.
#[derive(clap::Args)]
pub(crate) struct Run {
    /// Program passed in as a string
    #[arg(short = 'c', value_name = "CODE", allow_hyphen_values = true)]
    code: Option<String>,

    /// Print one JSON object with all that came of the program, instead of its output
    #[arg(long)]
    json: bool,

    /// Take what `eryx image build` wrote to this file, instead of making a sandbox.
    ///
    /// Trust the file as you would trust a program: what is in it is machine code.
    #[arg(long, value_name = "FILE", conflicts_with = "Contents")]
    image: Option<PathBuf>,

    /// End the program after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    time: Option<Duration>,

    /// Let the program have so many MiB of memory instead of 1024
    #[arg(long, value_name = "MIB")]
    memory: Option<u32>,

    /// Set a variable of the program's environment
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,

    #[command(flatten)]
    contents: Contents,

    /// The program: a file, or - for standard input; then what its sys.argv holds
    #[arg(
        value_name = "FILE",
        required_unless_present = "code",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    rest: Vec<String>,
}

pub(crate) fn run(run: Run, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let source = match Source::read(run.code, run.rest) {
        Ok(source) => source,
        Err(error) => {
            eprintln!("eryx: {error}");
            // As Python says of a file that it cannot open.
            return Ok(ExitCode::from(2));
        }
    };
    let sandbox = match run.image {
        Some(file) => Sandbox::from_image_file(file)?,
        None => run.contents.build(quiet)?,
    };
    let mut env = run.env.into_iter();
    let sandbox = env.try_fold(sandbox, |sandbox, (name, value)| {
        sandbox.with_env(name, value)
    })?;
    let mut limits = Limits::default()
        .wall_time(run.time)
        .output_bytes(if run.json { 16 << 20 } else { u64::MAX });
    if let Some(memory) = run.memory {
        limits = limits.memory(u64::from(memory) << 20);
    }
    let mut program = Program::new(source.text)
        .name(source.name)
        .args(source.arguments)
        .limits(limits);
    if run.json {
        program = program.return_value();
    } else {
        program = program.on_output(pass_on);
    }
    // Unless the program itself came from there.
    if !source.is_stdin {
        program = program.stdin_from(tokio::io::stdin());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(sandbox.run(program));
    // Somebody may still be waited for to type something.
    runtime.shutdown_background();
    if run.json {
        println!("{}", report::json(&result));
    }
    Ok(report::status(&result, !run.json))
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

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is no number".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn variable(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or("it has no `=`")?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}
