//! The outcome of a program: a result or an error, with captured output and statistics.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::captured_output::CapturedOutput;
use super::limits::LimitReached;
use super::trap::Trap;

/// The result of a program that reached its end, or called `sys.exit` with status 0.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ExecuteResult {
    /// The captured stdout. Empty if the output went to a function or writer.
    pub stdout: CapturedOutput,
    /// The captured stderr. Empty if the output went to a function or writer.
    pub stderr: CapturedOutput,
    /// The requested value ([`Program::return_value`](crate::Program::return_value),
    /// [`return_variable`](crate::Program::return_variable)). None if the last line is not an
    /// expression, or there is no variable of this name. Python's `None` is `Some`.
    pub value: Option<Value>,
    /// The requested files ([`Program::return_file`](crate::Program::return_file)) by path, each
    /// with its contents or the error of reading it.
    pub files: BTreeMap<String, Result<Vec<u8>, ErrorKind>>,
    /// What the run used.
    pub stats: Stats,
}

/// The error of a program that did not reach its end, with its output until then.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExecuteError {
    /// What happened.
    pub kind: ErrorKind,
    partial: Box<Partial>,
}

/// The output and statistics of a program that failed.
#[derive(Clone, Debug, Default)]
struct Partial {
    stdout: CapturedOutput,
    stderr: CapturedOutput,
    stats: Stats,
}

/// Why a program did not reach its end, or why another call of a session failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The program raised an exception that it did not catch.
    #[error("{}", .0.summary())]
    Exception(Box<Exception>),
    /// The program called `sys.exit` or raised `SystemExit` with a status other than 0. As in
    /// CPython, a status that is not a number is printed to stderr and becomes 1.
    #[error("the program exited with status {0}")]
    Exit(i32),
    /// The run passed one of its limits.
    #[error("{0}")]
    Limit(LimitReached),
    /// A [`CancellationToken`](crate::CancellationToken) cancelled the run.
    #[error("the run was cancelled")]
    Cancelled,
    /// A host function panicked.
    #[error("the host function {function} panicked: {message}")]
    HostPanic {
        /// The function's name.
        function: String,
        /// The panic's message.
        message: String,
    },
    /// The instance could not continue: it ran out of native stack, called `os.abort()`,
    /// deadlocked, or executed an invalid operation. The image and other instances are not
    /// affected.
    #[error("{0}")]
    Trap(Trap),
    /// No slot became free within [`Limits::queue_time`](crate::Limits::queue_time).
    #[error("timed out after {} ms of waiting for a free slot", .waited.as_millis())]
    Busy {
        /// [`Limits::queue_time`](crate::Limits::queue_time).
        waited: Duration,
    },
    /// An earlier call ended the session's instance, and its state is lost;
    /// [`Session::reset`](crate::Session::reset) starts a new one.
    #[error("the session is lost: an earlier run has ended its instance; `reset` starts a new one")]
    Lost,
    /// The sandbox cannot write, read, list or remove a file.
    #[error("{path}: {error}")]
    File {
        /// The path in the sandbox.
        path: String,
        /// What is wrong.
        error: FileError,
    },
    /// The reader of the program's stdin failed.
    #[error("cannot read the program's stdin: {0}")]
    Stdin(String),
    /// The caller used the API wrongly. Nothing ran.
    #[error("{0}")]
    Misuse(Misuse),
}

/// Why the sandbox cannot write, read, list or remove a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is no file or directory at the path.
    #[error("there is no such file or directory")]
    NotFound,
    /// The path is a directory, and a file is needed.
    #[error("it is a directory")]
    IsDirectory,
    /// The path, or a part on the way, is not a directory, and one is needed.
    #[error("it is not a directory, or the path leads through a file")]
    NotDirectory,
    /// The file is read-only, for programs and for the host.
    #[error("it is read-only")]
    ReadOnly,
    /// The path, or a name in it, is too long.
    #[error("the path is too long")]
    PathTooLong,
    /// The path leads through too many symbolic links.
    #[error("the path leads through too many symbolic links")]
    TooManyLinks,
    /// No memory is left for the file: files lie in the instance's linear memory.
    #[error("no memory is left for it")]
    NoMemory,
    /// The path is not absolute, has a NUL, or leads to what is neither a file nor a directory.
    #[error("the path is not absolute, or does not lead to a file or directory")]
    InvalidPath,
    /// The file is larger than [`Limits::result_bytes`](crate::Limits::result_bytes).
    #[error("it has {size} bytes, and {allowed} are allowed; see `Limits::result_bytes`")]
    TooLarge {
        /// The size of the file in bytes.
        size: u64,
        /// The allowed size in bytes.
        allowed: u64,
    },
}

/// A wrong use of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// The future was polled outside a tokio runtime.
    #[error("programs run in a tokio runtime with timers; await this in one (`#[tokio::main]`)")]
    NoTokioRuntime,
    /// A limit on fuel was set for an image that does not measure fuel.
    #[error(
        "a limit on fuel needs an image that measures fuel; build it with `with_fuel()`, or set no \
         limit on fuel"
    )]
    FuelNotMeasured,
}

impl ErrorKind {
    /// Returns a word for this kind of error, for logs and metrics: `exception`, `exit`,
    /// `limit`, `cancelled`, `host-panic`, `trap`, `busy`, `lost`, `file`, `stdin` or `misuse`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Exception(_) => "exception",
            Self::Exit(_) => "exit",
            Self::Limit(_) => "limit",
            Self::Cancelled => "cancelled",
            Self::HostPanic { .. } => "host-panic",
            Self::Trap(_) => "trap",
            Self::Busy { .. } => "busy",
            Self::Lost => "lost",
            Self::File { .. } => "file",
            Self::Stdin(_) => "stdin",
            Self::Misuse(_) => "misuse",
        }
    }

    /// Returns the limit that the run passed, if that is the reason.
    pub fn limit(&self) -> Option<&LimitReached> {
        match self {
            Self::Limit(reached) => Some(reached),
            _ => None,
        }
    }
}

impl ExecuteError {
    /// Returns the captured stdout until the failure.
    pub fn stdout(&self) -> &CapturedOutput {
        &self.partial.stdout
    }

    /// Returns the captured stderr until the failure. The traceback of an uncaught exception is not
    /// in it; see [`Exception::traceback`].
    pub fn stderr(&self) -> &CapturedOutput {
        &self.partial.stderr
    }

    /// Returns what the run used.
    pub fn stats(&self) -> &Stats {
        &self.partial.stats
    }

    /// Returns the exception, if the program raised one.
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
            partial: Box::default(),
        }
    }
}

/// How a program ended, if nothing stopped it.
pub(crate) enum Outcome {
    /// The program reached its end or exited with status 0. With the requested value, if there is
    /// one.
    Done(Option<Value>),
    /// The program called `sys.exit` with a status other than 0.
    Exited(i32),
    /// The program raised an exception that it did not catch.
    Raised(Exception),
}

/// Builds the result or the error of a run.
pub(crate) fn result_of(
    outcome: Result<Outcome, ErrorKind>,
    [stdout, stderr]: [Vec<u8>; 2],
    stats: Stats,
) -> Result<ExecuteResult, ExecuteError> {
    let (stdout, stderr) = (CapturedOutput::new(stdout), CapturedOutput::new(stderr));
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
        Err(kind) => kind,
    };
    Err(ExecuteError {
        kind,
        partial: Box::new(Partial {
            stdout,
            stderr,
            stats,
        }),
    })
}

/// A Python value that a program returned.
///
/// ```
/// use eryx_runtime::Value;
///
/// let value = Value { json: Ok("[1, 2]".to_owned()), repr: "(1, 2)".to_owned() };
/// assert_eq!(value.to::<Vec<u32>>()?, [1, 2]);
/// # Ok::<(), eryx_runtime::ValueError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The value as JSON, or why it has no form in JSON.
    pub json: Result<String, String>,
    /// What `repr()` returns for the value, up to 65,536 characters.
    pub repr: String,
}

impl Value {
    /// Converts the value to a Rust type.
    ///
    /// # Errors
    ///
    /// If the value has no form in JSON, or its JSON does not deserialize to the type.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, ValueError> {
        let json = self.json.as_ref().map_err(|reason| ValueError {
            reason: reason.clone(),
            repr: self.repr.clone(),
        })?;
        serde_json::from_str(json).map_err(|error| ValueError {
            reason: error.to_string(),
            repr: self.repr.clone(),
        })
    }
}

/// The error of [`Value::to`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value {repr} is not what was expected: {reason}")]
pub struct ValueError {
    reason: String,
    repr: String,
}

/// An exception that a program did not catch.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
#[non_exhaustive]
pub struct Exception {
    /// The class, with its module unless that is `builtins` or `__main__`, like `ValueError` and
    /// `json.decoder.JSONDecodeError`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What `str()` returns for the exception; may be empty.
    pub message: String,
    /// The traceback as Python prints it, with the last line feed. Empty in the exceptions of a
    /// group.
    pub traceback: String,
    /// The notes of `add_note`, at most 100.
    pub notes: Vec<String>,
    /// The frames of the traceback, the outermost first. Of more than 100, those in the middle are
    /// left out.
    pub frames: Vec<Frame>,
    /// The exceptions of a group: at most 100 in all, and at most five levels deep.
    pub exceptions: Vec<Self>,
}

impl Exception {
    /// Returns the class and the message.
    fn summary(&self) -> String {
        match &*self.message {
            "" => self.type_name.clone(),
            message => format!("{}: {message}", self.type_name),
        }
    }
}

/// A frame of an exception's traceback.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
#[non_exhaustive]
pub struct Frame {
    /// The file: the program's name, or a path in the sandbox.
    pub file: String,
    /// The line number from 1; 0 if it is unknown.
    pub line: u32,
    /// The function, or `<module>`.
    pub function: String,
    /// The text of the line, without the white space around it; empty if it is unknown.
    pub source: String,
}

/// An entry of a directory in a sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectoryEntry {
    /// The name. Invalid UTF-8 is replaced by U+FFFD.
    pub name: String,
    /// The size in bytes; 0 for a directory.
    pub size: u64,
    /// Whether the entry is a directory.
    pub is_dir: bool,
}

/// The statistics of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The wall-clock time, without the wait for a slot.
    pub wall_time: Duration,
    /// The processor time, including the host's work for the run in the same thread; see
    /// [`Limits::cpu_time`](crate::Limits::cpu_time).
    pub cpu_time: Duration,
    /// The size of the instance's linear memory at the end of the run, in bytes. A linear memory
    /// never shrinks, so in a session this includes earlier runs.
    pub peak_memory: u64,
    /// The bytes printed to stdout and stderr together.
    pub output_bytes: u64,
    /// The number of host calls.
    pub host_calls: u64,
    /// The fuel used; None if the image does not measure fuel. See
    /// [`Limits::fuel`](crate::Limits::fuel).
    pub fuel: Option<u64>,
}
