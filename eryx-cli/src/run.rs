//! `eryx run`: a program in a fresh sandbox.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use eryx::{Program, Sandbox, Stream};

use crate::contents::Contents;
use crate::report;
use crate::source::Source;

/// Run a program in a fresh sandbox.
///
/// What it prints comes out as it is, and the exit status is Python's. It has no files, no network
/// and no input of the host's.
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

pub(crate) fn run(run: Run) -> Result<ExitCode, Box<dyn Error>> {
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
        None => run.contents.build()?,
    };
    let mut program = Program::new(source.text)
        .name(source.name)
        .arguments(source.arguments);
    if !run.json {
        program = program.on_output(pass_on);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(sandbox.run(program));
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
