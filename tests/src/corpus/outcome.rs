use eryx::{ErrorKind, ExecuteError, ExecuteResult};

use super::end::{Cause, End};

/// What came of a run. This is the only file of the harness that knows eryx's results and errors.
pub(super) struct Outcome {
    pub(super) end: End,
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// The message and the traceback of the exception that ended it.
    pub(super) exception: String,
    /// The text of the error.
    pub(super) error: String,
}

impl From<Result<ExecuteResult, ExecuteError>> for Outcome {
    fn from(result: Result<ExecuteResult, ExecuteError>) -> Self {
        match result {
            Ok(result) => Self {
                end: End::Done,
                stdout: result.stdout.into(),
                stderr: result.stderr.into(),
                exception: String::new(),
                error: String::new(),
            },
            Err(error) => Self {
                end: end_of(&error.kind),
                stdout: error.stdout().to_string(),
                stderr: error.stderr().to_string(),
                exception: exception_of(&error),
                error: error.to_string(),
            },
        }
    }
}

fn end_of(kind: &ErrorKind) -> End {
    match kind {
        ErrorKind::Exception(exception) => End::Exception(exception.type_name.clone()),
        ErrorKind::Exit(status) => End::Exit(*status),
        ErrorKind::Limit(reached) => End::Limit(reached.limit),
        ErrorKind::HostPanic { .. } => End::HostPanic,
        ErrorKind::Trap(trap) => End::Trap(cause_of(&trap.reason)),
        other => End::Other(other.to_string()),
    }
}

/// Finds the cause of a trap in the engine's text.
fn cause_of(reason: &str) -> Cause {
    // The stack in linear memory begins at address 0, so an overflow leaves the memory.
    let stacks = ["call stack exhausted", "out of bounds memory access"];
    if stacks.iter().any(|text| reason.contains(text)) {
        return Cause::Stack;
    }
    match reason
        .rsplit("wasm trap: ")
        .next()
        .unwrap_or_default()
        .trim()
    {
        "wasm `unreachable` instruction executed" => Cause::Unreachable,
        other => Cause::Other(other.to_owned()),
    }
}

fn exception_of(error: &ExecuteError) -> String {
    let Some(exception) = error.exception() else {
        return String::new();
    };
    let (message, traceback) = (&exception.message, &exception.traceback);
    format!("message {message:?}\ntraceback\n{traceback}\n")
}
