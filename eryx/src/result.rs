//! What comes of a program.

use eryx_runtime::{Outcome, Run};

/// What a program did that reached its end, or called `sys.exit` with status 0.
///
/// Bytes that are not UTF-8 stand as U+FFFD in the texts here;
/// [`Program::on_output`](crate::Program::on_output) hands on the bytes themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecuteResult {
    /// All that it printed to stdout.
    pub stdout: String,
    /// All that it printed to stderr.
    pub stderr: String,
}

/// A program that did not reach its end. Each kind has what was printed until then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExecuteError {
    /// It raised an exception that it did not catch.
    #[error("{type_name}: {message}")]
    Exception {
        /// The class, with its module unless that is `builtins` or `__main__`: `ValueError`,
        /// `json.decoder.JSONDecodeError`.
        type_name: String,
        /// What `str()` gives for the exception; may be empty.
        message: String,
        /// The whole traceback, as Python prints it.
        traceback: String,
        /// All that it had printed to stdout.
        stdout: String,
        /// All that it had printed to stderr.
        stderr: String,
    },
    /// It called `sys.exit` or raised `SystemExit` with a status other than 0.
    #[error("the program exited with status {status}")]
    Exit {
        /// The status. A status that is no number was printed to stderr, and is 1 here.
        status: i32,
        /// All that it had printed to stdout.
        stdout: String,
        /// All that it had printed to stderr.
        stderr: String,
    },
    /// The instance could not go on: it ran out of native stack or memory, or broke. The sandbox
    /// itself is as good as before.
    #[error("the sandbox's instance ended: {reason}")]
    Trap {
        /// Why, in the engine's words.
        reason: String,
        /// All that was printed to stdout.
        stdout: String,
        /// All that was printed to stderr.
        stderr: String,
    },
}

impl ExecuteError {
    /// What the program printed to stdout before it failed.
    pub fn stdout(&self) -> &str {
        match self {
            Self::Exception { stdout, .. }
            | Self::Exit { stdout, .. }
            | Self::Trap { stdout, .. } => stdout,
        }
    }

    /// What the program printed to stderr before it failed. A traceback is not in it.
    pub fn stderr(&self) -> &str {
        match self {
            Self::Exception { stderr, .. }
            | Self::Exit { stderr, .. }
            | Self::Trap { stderr, .. } => stderr,
        }
    }
}

pub(crate) fn from_run(run: Run) -> Result<ExecuteResult, ExecuteError> {
    let stdout = text(run.stdout);
    let stderr = text(run.stderr);
    match run.outcome {
        Ok(Outcome::Done) => Ok(ExecuteResult { stdout, stderr }),
        Ok(Outcome::Exited(status)) => Err(ExecuteError::Exit {
            status,
            stdout,
            stderr,
        }),
        Ok(Outcome::Raised(exception)) => Err(ExecuteError::Exception {
            type_name: exception.type_name,
            message: exception.message,
            traceback: exception.traceback,
            stdout,
            stderr,
        }),
        Err(error) => Err(ExecuteError::Trap {
            reason: error.to_string(),
            stdout,
            stderr,
        }),
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
