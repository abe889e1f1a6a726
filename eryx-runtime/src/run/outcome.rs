//! What comes of a program: a result, or an error with all that is known of it.

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
    /// All that it printed to stdout, unless that went elsewhere.
    pub stdout: CapturedOutput,
    /// All that it printed to stderr, unless that went elsewhere.
    pub stderr: CapturedOutput,
    /// The value that was asked for ([`Program::return_value`](crate::Program::return_value),
    /// [`return_variable`](crate::Program::return_variable)). None if there is no such value: the last
    /// line is no expression, or there is no such name. Python's `None` is a value.
    pub value: Option<Value>,
    /// The files that were asked for ([`Program::return_file`](crate::Program::return_file)), by their
    /// paths; or why there is none.
    pub files: BTreeMap<String, Result<Vec<u8>, ErrorKind>>,
    /// What it used.
    pub stats: Stats,
}

/// The error of a program that did not reach its end, with what it printed until then.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExecuteError {
    /// What happened.
    pub kind: ErrorKind,
    partial: Box<Partial>,
}

/// What a program did before it failed.
#[derive(Clone, Debug, Default)]
struct Partial {
    stdout: CapturedOutput,
    stderr: CapturedOutput,
    stats: Stats,
}

/// Why a program did not reach its end, or why something else that a session was asked for failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It raised an exception that it did not catch.
    #[error("{}", .0.summary())]
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
    /// A host function panicked.
    #[error("the host function {function} panicked: {message}")]
    HostPanic {
        /// The function's name.
        function: String,
        /// What the panic said.
        message: String,
    },
    /// The instance could not go on: it ran out of native stack, called `os.abort()`, waited for what
    /// can never happen, or broke. The sandbox itself is as good as before.
    #[error("{0}")]
    Trap(Trap),
    /// All slots were taken for as long as this run could wait for one.
    #[error("timed out after {} ms of waiting for a free slot", .waited.as_millis())]
    Busy {
        /// [`Limits::queue_time`](crate::Limits::queue_time).
        waited: Duration,
    },
    /// An earlier run has ended this session's instance, and what was in it is gone;
    /// [`Session::reset`](crate::Session::reset) starts anew.
    #[error("the session is lost: an earlier run has ended its instance; `reset` starts a new one")]
    Lost,
    /// A file in the sandbox cannot be written, read, listed or removed.
    #[error("{path}: {error}")]
    File {
        /// Its path in the sandbox.
        path: String,
        /// What is wrong with it.
        error: FileError,
    },
    /// The reader that a program's stdin comes from failed.
    #[error("cannot read the program's stdin: {0}")]
    Stdin(String),
    /// The call cannot be made so. Nothing ran.
    #[error("{0}")]
    Misuse(Misuse),
}

/// Why a file in a sandbox cannot be written, read, listed or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is nothing at the path.
    #[error("there is no such file or directory")]
    NotFound,
    /// A file is needed.
    #[error("it is a directory")]
    IsDirectory,
    /// A directory is needed, at the path or on the way there.
    #[error("it is not a directory, or the path leads through a file")]
    NotDirectory,
    /// Programs can only read it, and so can the host.
    #[error("it is read-only")]
    ReadOnly,
    /// The path, or a name in it, has more bytes than a file system takes.
    #[error("the path is too long")]
    PathTooLong,
    /// The path leads through more symbolic links than a system follows.
    #[error("the path leads through too many symbolic links")]
    TooManyLinks,
    /// No memory is left for it: files lie in the instance's memory.
    #[error("no memory is left for it")]
    NoMemory,
    /// The path is not absolute, has a NUL in it, or leads to something that is no file.
    #[error("the path is not absolute, or does not lead to a file or directory")]
    InvalidPath,
    /// The file has more bytes than may be returned.
    #[error("it has {size} bytes, and {allowed} are allowed; see `Limits::result_bytes`")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// [`Limits::result_bytes`](crate::Limits::result_bytes).
        allowed: u64,
    },
}

/// A call that cannot be made so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// The future was not polled in a tokio runtime.
    #[error("programs run in a tokio runtime with timers; await this in one (`#[tokio::main]`)")]
    NoTokioRuntime,
    /// A limit on fuel, for an image that does not measure it.
    #[error(
        "a limit on fuel needs an image that measures fuel; build it with `with_fuel()`, or set no \
         limit on fuel"
    )]
    FuelNotMeasured,
}

impl ErrorKind {
    /// The word for this kind of error, in lower case with `-` between its parts: `exception`, `exit`,
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

    /// The limit that was passed, if it was one.
    pub fn limit(&self) -> Option<&LimitReached> {
        match self {
            Self::Limit(reached) => Some(reached),
            _ => None,
        }
    }
}

impl ExecuteError {
    /// What the program printed to stdout before it failed.
    pub fn stdout(&self) -> &CapturedOutput {
        &self.partial.stdout
    }

    /// What the program printed to stderr before it failed. A traceback is not in it.
    pub fn stderr(&self) -> &CapturedOutput {
        &self.partial.stderr
    }

    /// What it used.
    pub fn stats(&self) -> &Stats {
        &self.partial.stats
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
            partial: Box::default(),
        }
    }
}

/// How a program ended that was not stopped.
pub(crate) enum Outcome {
    /// It reached its end, or exited with status 0. With the value that was asked for, if there is one.
    Done(Option<Value>),
    /// It called `sys.exit` with a status other than 0.
    Exited(i32),
    /// It raised an exception and did not catch it.
    Raised(Exception),
}

/// Puts together what is known of a run.
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

/// A Python value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// As JSON, or why it cannot be.
    pub json: Result<String, String>,
    /// What `repr()` gives for it, up to 65,536 characters.
    pub repr: String,
}

impl Value {
    /// Converts the value to a Rust type.
    ///
    /// # Errors
    ///
    /// If it has no form in JSON, or is not of that type.
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

/// A Python value that is not of the type that the host wants.
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
    /// The class, with its module unless that is `builtins` or `__main__`: `ValueError`,
    /// `json.decoder.JSONDecodeError`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What `str()` gives for it; may be empty.
    pub message: String,
    /// The traceback as Python prints it, with its last line end. Empty in those of a group.
    pub traceback: String,
    /// What `add_note` has added, at most 100.
    pub notes: Vec<String>,
    /// Where it came from, the outermost first. Of more than 100 the middle is left out.
    pub frames: Vec<Frame>,
    /// The exceptions of a group: at most 100 in all, and groups within them five deep.
    pub exceptions: Vec<Self>,
}

impl Exception {
    /// Its class and message in a line.
    fn summary(&self) -> String {
        match &*self.message {
            "" => self.type_name.clone(),
            message => format!("{}: {message}", self.type_name),
        }
    }
}

/// A place in a program that an exception went through.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
#[non_exhaustive]
pub struct Frame {
    /// The file: the program's name, or a path in the sandbox.
    pub file: String,
    /// The line, counted from 1; 0 if it is not known.
    pub line: u32,
    /// The function, or `<module>`.
    pub function: String,
    /// The line itself, without the spaces around it; empty if it is not known.
    pub source: String,
}

/// An entry of a directory in a sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectoryEntry {
    /// Its name in the directory. What is not UTF-8 is replaced by U+FFFD.
    pub name: String,
    /// Its size in bytes; 0 for a directory.
    pub size: u64,
    /// Whether it is a directory.
    pub is_dir: bool,
}

/// What a run used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// How long it took.
    pub wall_time: Duration,
    /// How much processor time it used, with what the host did for it in the same thread; see
    /// [`Limits::cpu_time`](crate::Limits::cpu_time).
    pub cpu_time: Duration,
    /// The most memory that its instance had until then, in bytes. It never has less again.
    pub peak_memory: u64,
    /// How many bytes it printed, to stdout and stderr together.
    pub output_bytes: u64,
    /// How many host calls it made.
    pub host_calls: u64,
    /// How much fuel it used, if the image measures that; see
    /// [`Limits::fuel`](crate::Limits::fuel).
    pub fuel: Option<u64>,
}
