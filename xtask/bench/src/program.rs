//! Runs a program in the sandbox, and records when it prints.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use eryx_runtime::{Image, Program, Stream};
use tokio::runtime::Runtime;

use crate::clock::Moment;

/// A program that prints the version of Python, and of numpy if it is there.
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

/// Creates a tokio runtime that runs programs in this thread.
pub(crate) fn runtime() -> Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    Ok(builder.enable_all().build()?)
}

/// A program's output, with the times at which it was flushed.
pub(crate) struct Timed {
    pub(crate) start: Moment,
    /// Each flush of stdout.
    pub(crate) flushes: Vec<(Moment, String)>,
    /// The time after the instance was dropped.
    pub(crate) end: Moment,
}

impl Timed {
    /// Returns the whole output.
    pub(crate) fn text(&self) -> String {
        self.flushes.iter().map(|(_, text)| &**text).collect()
    }
}

/// Runs a program in a fresh instance. An exception is an error.
pub(crate) fn run(image: &Image, source: &str) -> Result<Timed> {
    let flushes: Arc<Mutex<Vec<(Moment, String)>>> = Arc::default();
    let listener = flushes.clone();
    let program = Program::new(source).on_output(move |stream, bytes| {
        let now = Moment::now();
        if stream == Stream::Stdout {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let mut flushes = listener.lock().unwrap_or_else(PoisonError::into_inner);
            flushes.push((now, text));
        }
    });
    let runtime = runtime()?;
    let start = Moment::now();
    let run = runtime.block_on(image.run(program, &Arc::default()));
    let end = Moment::now();
    run?;
    let mut flushes = flushes.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Timed {
        start,
        flushes: std::mem::take(&mut flushes),
        end,
    })
}
