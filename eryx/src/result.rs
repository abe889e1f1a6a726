//! What comes of a program.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use eryx_runtime::{End, Exception, LimitReached, Outcome, Run, Stats, Value};

use crate::Text;

/// What a program did that reached its end, or called `sys.exit` with status 0.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ExecuteResult {
    /// All that it printed to stdout, unless that went elsewhere.
    pub stdout: Text,
    /// All that it printed to stderr, unless that went elsewhere.
    pub stderr: Text,
    /// What was wanted of it ([`Program::want_value`](crate::Program::want_value),
    /// [`want`](crate::Program::want)). None if it has no such value: its last line is no expression,
    /// or there is no such name. Python's `None` is a value.
    pub value: Option<Value>,
    /// The files that were asked for ([`Program::hand_back`](crate::Program::hand_back)), by their
    /// paths; or why there is none.
    pub files: BTreeMap<String, Result<Vec<u8>, String>>,
    /// What it used.
    pub stats: Stats,
}

/// A program that did not reach its end, with what was printed until then.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExecuteError {
    /// What happened.
    pub kind: ErrorKind,
    until_then: Box<UntilThen>,
}

/// What a program did before it failed.
#[derive(Clone, Debug, Default)]
struct UntilThen {
    stdout: Text,
    stderr: Text,
    stats: Stats,
}

/// Why a program did not reach its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It raised an exception that it did not catch.
    #[error("{}", in_a_line(.0))]
    Exception(Box<Exception>),
    /// It called `sys.exit` or raised `SystemExit` with a status other than 0. A status that is no
    /// number was printed to stderr, and is 1 here.
    #[error("the program exited with status {0}")]
    Exit(i32),
    /// It passed one of its limits.
    #[error("{0}")]
    Limit(LimitReached),
    /// It was cancelled by a [`CancellationToken`](crate::CancellationToken).
    #[error("the run was cancelled")]
    Cancelled,
    /// A function of the host's panicked.
    #[error("the host's function {function} panicked: {message}")]
    HostPanic {
        /// The function's name.
        function: String,
        /// What the panic said.
        message: String,
    },
    /// The instance could not go on: it ran out of native stack, called `os.abort()`, waited for what
    /// can never happen, or broke. The sandbox itself is as good as before.
    #[error("the sandbox's instance ended: {0}")]
    Trap(String),
    /// As many programs ran already as may, for as long as this one could wait.
    #[error("no place to run became free within {} ms", .waited.as_millis())]
    Busy {
        /// [`Limits::queue_time`](crate::Limits::queue_time).
        waited: Duration,
    },
    /// An earlier run has ended this session's instance, and what was in it is gone;
    /// [`Session::reset`](crate::Session::reset) starts anew.
    #[error("what was in this session is lost: an earlier run has ended it; `reset` starts anew")]
    Lost,
    /// A file in the sandbox cannot be written, read or removed.
    #[error("{path}: {reason}")]
    File {
        /// Its path in the sandbox.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The sandbox was told something that cannot be, like a function without a name. Nothing ran.
    #[error("{0}")]
    Policy(String),
}

/// Its class and message.
fn in_a_line(exception: &Exception) -> String {
    match &*exception.message {
        "" => exception.type_name.clone(),
        message => format!("{}: {message}", exception.type_name),
    }
}

impl ExecuteError {
    /// What the program printed to stdout before it failed.
    pub fn stdout(&self) -> &Text {
        &self.until_then.stdout
    }

    /// What the program printed to stderr before it failed. A traceback is not in it.
    pub fn stderr(&self) -> &Text {
        &self.until_then.stderr
    }

    /// What it used.
    pub fn stats(&self) -> &Stats {
        &self.until_then.stats
    }

    /// The exception, if it raised one.
    pub fn exception(&self) -> Option<&Exception> {
        match &self.kind {
            ErrorKind::Exception(exception) => Some(exception),
            _ => None,
        }
    }
}

impl fmt::Display for ExecuteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for ExecuteError {}

impl From<ErrorKind> for ExecuteError {
    fn from(kind: ErrorKind) -> Self {
        Self {
            kind,
            until_then: Box::default(),
        }
    }
}

impl From<End> for ErrorKind {
    fn from(end: End) -> Self {
        match end {
            End::Limit(reached) => Self::Limit(reached),
            End::Cancelled => Self::Cancelled,
            End::HostPanic { function, message } => Self::HostPanic { function, message },
            End::File { path, reason } => Self::File { path, reason },
            End::Busy { waited } => Self::Busy { waited },
            End::Lost => Self::Lost,
            end => Self::Trap(end.to_string()),
        }
    }
}

impl From<End> for ExecuteError {
    fn from(end: End) -> Self {
        ErrorKind::from(end).into()
    }
}

pub(crate) fn from_run(run: Run) -> Result<ExecuteResult, ExecuteError> {
    let Run {
        stdout,
        stderr,
        outcome,
        stats,
    } = run;
    let (stdout, stderr) = (Text::new(stdout), Text::new(stderr));
    let kind = match outcome {
        Ok(Outcome::Done(value)) => {
            return Ok(ExecuteResult {
                stdout,
                stderr,
                value,
                files: BTreeMap::new(),
                stats,
            });
        }
        Ok(Outcome::Exited(status)) => ErrorKind::Exit(status),
        Ok(Outcome::Raised(exception)) => ErrorKind::Exception(Box::new(exception)),
        Err(end) => end.into(),
    };
    Err(ExecuteError {
        kind,
        until_then: Box::new(UntilThen {
            stdout,
            stderr,
            stats,
        }),
    })
}
