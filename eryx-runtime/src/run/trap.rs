//! Traps: how instances end that cannot go on.

use std::fmt;

use wasmtime::WasmBacktrace;

use crate::error::EngineError;

/// How many frames of a backtrace are printed.
const PRINTED_FRAMES: usize = 12;

/// The end of an instance that could not go on.
///
/// Its text is the reason, and then the frames of the backtrace, a line each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trap {
    /// What happened, in the engine's words or the host's.
    pub reason: String,
    is_abort: bool,
    /// The functions that were running, the innermost first; at most 20. Each is `library:function`,
    /// like `libpython3.14.so:_Py_Dealloc`. Empty if it was the host that ended the instance.
    pub backtrace: Vec<String>,
}

impl Trap {
    /// The trap that an error of the engine's amounts to.
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
    /// Whether the instance ended itself, as libc's `abort` does.
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
