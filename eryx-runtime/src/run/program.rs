//! Programs, how they are run, and what comes of them.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::limits::{LimitReached, Limits};
use super::stdio::{Input, Output};
use crate::error::EngineError;

/// A program to run.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its source code.
    pub source: String,
    /// What tracebacks call its file.
    pub name: String,
    /// `sys.argv`, the program's own name first.
    pub arguments: Vec<String>,
    /// What is wanted of it.
    pub want: Want,
}

impl Program {
    /// A program as `python -c` has it.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            name: "<string>".to_owned(),
            arguments: vec!["-c".to_owned()],
            want: Want::Nothing,
        }
    }
}

/// What is wanted of a program that reaches its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Want {
    /// Nothing but what it prints.
    #[default]
    Nothing,
    /// The value of its last line, if that is an expression.
    LastExpression,
    /// The value of a global name.
    Variable(String),
}

/// How one run goes on, beside what its program is.
#[derive(Default)]
pub struct Terms {
    /// What it may use.
    pub limits: Limits,
    /// What it reads.
    pub stdin: Input,
    /// Where what it prints goes.
    pub stdout: Output,
    /// The same for stderr.
    pub stderr: Output,
    /// Ends the run when it is done.
    pub cancelled: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It reached its end, or exited with status 0. With what was wanted of it, if there is such a
    /// value.
    Done(Option<Value>),
    /// It called `sys.exit` with a status other than 0.
    Exited(i32),
    /// It raised an exception and did not catch it.
    Raised(Exception),
}

/// A value of Python's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// As JSON, or why it cannot be.
    pub json: Result<String, String>,
    /// What `repr()` gives for it, up to 65,536 characters.
    pub repr: String,
}

impl Value {
    /// The value, as a type of the host's.
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

/// A value of Python's is not what the host wants.
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

/// What is in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Its name in the folder. What is not UTF-8 stands as U+FFFD.
    pub name: String,
    /// In bytes; of a folder, 0.
    pub size: u64,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// What a program printed, and how it ended.
#[derive(Debug)]
pub struct Run {
    /// What was kept of stdout.
    pub stdout: Vec<u8>,
    /// What was kept of stderr.
    pub stderr: Vec<u8>,
    /// How it ended; with an error, the instance has ended as well.
    pub outcome: Result<Outcome, End>,
    /// What it used.
    pub stats: Stats,
}

/// What a run used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// How long it took.
    pub wall_time: Duration,
    /// How much of a processor it used, with what the host did for it in the same thread; see
    /// [`Limits::cpu_time`].
    pub cpu_time: Duration,
    /// The most memory that its instance had until then, in bytes. It never has less again.
    pub peak_memory: u64,
    /// How many bytes it printed, to stdout and stderr together.
    pub output_bytes: u64,
    /// How many calls of the host's functions it made.
    pub host_calls: u64,
    /// How much fuel it used, if the image measures that; see [`Limits::fuel`].
    pub fuel: Option<u64>,
}

/// Why a run ended, if not by what its program did.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum End {
    /// It passed a limit.
    #[error(transparent)]
    Limit(LimitReached),
    /// It was cancelled.
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
    /// Something that was asked for cannot be: a file that cannot be written or read.
    #[error("{path}: {reason}")]
    File {
        /// The path in the sandbox.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// As many ran already as may, for as long as it could wait.
    #[error("no place to run became free within {} ms", .waited.as_millis())]
    Busy {
        /// [`Limits::queue_time`].
        waited: Duration,
    },
    /// An earlier program has ended the instance, and all that was in it is gone.
    #[error("what was in this session is lost: an earlier run has ended it")]
    Lost,
    /// The instance could not go on.
    #[error(transparent)]
    Engine(EngineError),
}
