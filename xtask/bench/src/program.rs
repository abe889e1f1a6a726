//! Running a program in the sandbox, with the moments at which it prints.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use eryx_runtime::{Image, Outcome, Output, Program, Sink, Stream, Terms};
use tokio::runtime::Runtime;

use crate::clock::Moment;

/// Prints the version of Python, and of numpy if it is there.
pub(crate) const VERSIONS: &str = "\
import platform, sys
versions = [sys.implementation.name.replace('cp', 'CP'), platform.python_version()]
try:
    import numpy
    versions += ['numpy', numpy.__version__]
except ImportError:
    pass
print(*versions)
";

/// A program, as `python -c` has it.
pub(crate) fn of(source: &str) -> Program {
    Program::new(source)
}

/// Where output goes to a function.
pub(crate) fn terms(sink: Sink) -> Terms {
    Terms {
        stdout: Output::Function(sink.clone()),
        stderr: Output::Function(sink),
        ..Terms::default()
    }
}

/// Where programs run: in this thread.
pub(crate) fn runtime() -> Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    Ok(builder.enable_all().build()?)
}

/// What a program printed, and when.
pub(crate) struct Timed {
    pub(crate) start: Moment,
    /// Each flush of stdout.
    pub(crate) flushes: Vec<(Moment, String)>,
    /// After its instance was dropped.
    pub(crate) end: Moment,
}

impl Timed {
    /// All that it printed.
    pub(crate) fn text(&self) -> String {
        self.flushes.iter().map(|(_, text)| &**text).collect()
    }
}

/// Runs a program in an instance of its own; it is to end without an exception.
pub(crate) fn run(image: &Image, source: &str) -> Result<Timed> {
    let flushes: Arc<Mutex<Vec<(Moment, String)>>> = Arc::default();
    let listener = flushes.clone();
    let sink: Sink = Arc::new(move |stream, bytes| {
        let now = Moment::now();
        if stream == Stream::Stdout {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let mut flushes = listener.lock().unwrap_or_else(PoisonError::into_inner);
            flushes.push((now, text));
        }
    });
    let program = of(source);
    let runtime = runtime()?;
    let start = Moment::now();
    let run = runtime.block_on(image.run(&program, terms(sink)));
    let end = Moment::now();
    match run.outcome.context("the instance ended")? {
        Outcome::Done(_) => {}
        Outcome::Exited(status) => bail!("the program exited with status {status}"),
        Outcome::Raised(exception) => bail!("{}: {}", exception.type_name, exception.message),
    }
    let mut flushes = flushes.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Timed {
        start,
        flushes: std::mem::take(&mut flushes),
        end,
    })
}
