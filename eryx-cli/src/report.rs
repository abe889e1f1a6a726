//! What came of a program, for people and for programs.

use std::error::Error;
use std::process::ExitCode;

use eryx::{ExecuteError, ExecuteResult};
use serde_json::{Value, json};

/// Prints an error with its causes.
pub(crate) fn print_error(error: &dyn Error) {
    eprintln!("eryx: {error}");
    let mut printed = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some errors say their cause themselves.
        if !printed.contains(&text) {
            eprintln!("  because: {text}");
            printed = text;
        }
        cause = error.source();
    }
}

/// The exit status, as Python's would be. With `print`, a traceback goes to stderr.
pub(crate) fn status(result: &Result<ExecuteResult, ExecuteError>, print: bool) -> ExitCode {
    match result {
        Ok(_) => ExitCode::SUCCESS,
        // The system keeps the lowest eight bits of a status.
        Err(ExecuteError::Exit { status, .. }) => ExitCode::from(status.to_le_bytes()[0]),
        Err(ExecuteError::Exception { traceback, .. }) => {
            if print {
                eprint!("{traceback}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            if print {
                eprintln!("eryx: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

/// One object: `status` is `ok`, `exception`, `exit` or `trap`; the other fields go with it.
pub(crate) fn json(result: &Result<ExecuteResult, ExecuteError>) -> Value {
    let mut object = match result {
        Ok(_) => json!({ "status": "ok" }),
        Err(ExecuteError::Exit { status, .. }) => {
            json!({ "status": "exit", "exit_status": status })
        }
        Err(ExecuteError::Exception {
            type_name,
            message,
            traceback,
            ..
        }) => json!({
            "status": "exception",
            "exception": { "type": type_name, "message": message, "traceback": traceback },
        }),
        Err(error) => json!({ "status": "trap", "reason": error.to_string() }),
    };
    let (stdout, stderr) = match result {
        Ok(result) => (&*result.stdout, &*result.stderr),
        Err(error) => (error.stdout(), error.stderr()),
    };
    object["stdout"] = stdout.into();
    object["stderr"] = stderr.into();
    object
}
