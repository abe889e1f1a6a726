//! `eryx run`: runs a program in a fresh sandbox.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use eryx::{Limits, Program, Sandbox, Stream};

use crate::contents::Contents;
use crate::report;
use crate::source::Source;

/// The values of `status` in the JSON object, below the options of `eryx run --help`.
const STATUS_HELP: &str = "\
Statuses of --json:
  ok          The program reached its end, or exited with status 0
  exit        The program exited with another status (`exit_status`)
  exception   The program raised an exception that it did not catch (`exception`)
  limit       The program reached a limit (`limit`, `allowed`, `used`, `reason`)
  trap        The WebAssembly code cannot go on, as after os.abort() (`reason`, `backtrace`)
  file        A file cannot be put into the instance (`reason`)
  stdin       The program's stdin cannot be read (`reason`)
  cancelled   The run was cancelled (`reason`)
  host-panic  A host function panicked (`reason`)
  busy        No slot became free in time (`reason`)
  lost        The instance had ended before the run (`reason`)
  misuse      The run cannot be done with this image or host (`reason`)

Every object also has `stdout`, `stderr` and `stats`. With `ok`, `value` is the value of the
program's last expression, as `json` and as its `repr`.

Exit status: that of the program, 1 after any other error, 2 if the command line is wrong or the
program cannot be read.";

/// Run a program in a fresh sandbox
///
/// The program reads stdin, writes to stdout and stderr, and sets the exit status, as under python3.
/// It has no access to the files, the network or the environment of this machine.
#[derive(clap::Args)]
#[command(after_long_help = STATUS_HELP)]
pub(crate) struct Run {
    /// Run this code instead of a file
    #[arg(short = 'c', value_name = "CODE", allow_hyphen_values = true)]
    code: Option<String>,

    /// Print one JSON object with the result and the output, instead of the output
    ///
    /// Its `status` is one of: ok, exit, exception, limit, trap, file, stdin, cancelled, host-panic,
    /// busy, lost, misuse. The list below says what each one means.
    #[arg(long)]
    json: bool,

    /// Load the image from this file instead of building one
    ///
    /// `eryx image build` writes such a file. It contains machine code: use only files that you
    /// trust as you would trust a program.
    #[arg(long, value_name = "FILE", conflicts_with = "Contents")]
    image: Option<PathBuf>,

    /// End the program after this many seconds [default: no limit]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    time: Option<Duration>,

    /// Limit the program's memory to this many MiB [default: 1024]
    #[arg(long, value_name = "MIB")]
    memory: Option<u32>,

    /// Set an environment variable of the program; repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,

    #[command(flatten)]
    contents: Contents,

    /// The program's file, or - for stdin; then its arguments (sys.argv)
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
            // Python's status for a file that it cannot open.
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
        program = program.on_output(forward);
    }
    // The program itself may have come from stdin.
    if !source.is_stdin {
        program = program.stdin_from(tokio::io::stdin());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(sandbox.run(program));
    // A read of stdin may still block a thread: do not wait for it.
    runtime.shutdown_background();
    if run.json {
        println!("{}", report::json(&result));
    }
    Ok(report::status(&result, !run.json))
}

/// Writes the program's output to this process's streams. A closed stream does not end the program.
fn forward(stream: Stream, bytes: &[u8]) {
    let _ = match stream {
        Stream::Stdout => {
            let mut output = io::stdout().lock();
            output.write_all(bytes).and_then(|()| output.flush())
        }
        Stream::Stderr => io::stderr().lock().write_all(bytes),
    };
}

/// Parses a number of seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "not a number; give seconds, as in 2.5".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// Parses an environment variable and its value.
fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("there is no `=`; give NAME=VALUE")?;
    if name.is_empty() {
        return Err("the name is empty; give NAME=VALUE".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}
