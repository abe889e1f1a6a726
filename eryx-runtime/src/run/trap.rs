//! Traps: the ends of instances that cannot continue.

use std::fmt;

use wasmtime::WasmBacktrace;

use crate::error::EngineError;

/// The number of frames that the text of a trap shows.
const PRINTED_FRAMES: usize = 12;

/// The end of an instance that could not continue.
///
/// As text: the reason, then one line for each of the first 12 frames of the backtrace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trap {
    /// What happened, in the words of wasmtime or of the host.
    pub reason: String,
    is_abort: bool,
    /// The functions on the stack, the innermost first; at most 20, as wasmtime captures them. Each
    /// is `library:function`, like `libpython3.14.so:_Py_Dealloc`. Empty if the host ended the
    /// instance.
    pub backtrace: Vec<String>,
}

impl Trap {
    /// Converts an error of wasmtime.
    pub(crate) fn of(error: wasmtime::Error) -> Self {
        let backtrace = error.downcast_ref::<WasmBacktrace>();
        let frames = backtrace.into_iter().flat_map(WasmBacktrace::frames);
        let frames = frames.map(|frame| match frame.func_name() {
            Some(name) => name.to_owned(),
            None => format!("function {}", frame.func_index()),
        });
        Self {
            is_abort: error.downcast_ref() == Some(&wasmtime::Trap::UnreachableCodeReached),
            backtrace: frames.collect(),
            reason: EngineError(error).to_string(),
        }
    }
}

impl Trap {
    /// Whether the guest executed `unreachable`, as libc's `abort` does.
    pub(crate) fn is_abort(&self) -> bool {
        self.is_abort
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the instance trapped: {}", self.reason)?;
        for frame in self.backtrace.iter().take(PRINTED_FRAMES) {
            write!(f, "\n  in {frame}")?;
        }
        match self.backtrace.len().checked_sub(PRINTED_FRAMES) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, "\n  and {more} more"),
        }
    }
}
