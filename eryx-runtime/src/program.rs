//! Programs, and what comes of them.

use crate::error::Engine;

/// A program to run.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its source code.
    pub source: String,
    /// What tracebacks call its file.
    pub name: String,
    /// `sys.argv`, the program's own name first.
    pub arguments: Vec<String>,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It reached its end, or exited with status 0.
    Done,
    /// It called `sys.exit` with a status other than 0.
    Exited(i32),
    /// It raised an exception and did not catch it.
    Raised(Exception),
}

/// An exception that a program did not catch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The class, with its module unless that is `builtins` or `__main__`: `ValueError`,
    /// `json.decoder.JSONDecodeError`.
    pub type_name: String,
    /// What `str()` gives for it.
    pub message: String,
    /// The traceback as Python prints it, with its last line end.
    pub traceback: String,
}

/// What a program printed, and how it ended.
#[derive(Debug)]
pub struct Run {
    /// All it printed to stdout, unless that was handed on.
    pub stdout: Vec<u8>,
    /// All it printed to stderr, unless that was handed on.
    pub stderr: Vec<u8>,
    /// How it ended; an error is the engine's, and says why the instance ended with it.
    pub outcome: Result<Outcome, Engine>,
}
