//! The result of a run: an exit status and a traceback, or JSON.

use std::error::Error;
use std::process::ExitCode;

use eryx::{ErrorKind, Exception, ExecuteError, ExecuteResult};
use serde_json::{Value, json};

/// Prints an error and its causes to stderr.
pub(crate) fn print_error(error: &dyn Error) {
    eprintln!("eryx: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
}

/// Returns the exit status that Python would have. With `print`, writes the error to stderr.
pub(crate) fn status(result: &Result<ExecuteResult, ExecuteError>, print: bool) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    match &error.kind {
        // An operating system keeps the lowest eight bits of a status.
        ErrorKind::Exit(status) => ExitCode::from(status.to_le_bytes()[0]),
        ErrorKind::Exception(exception) => {
            if print {
                eprint!("{}", exception.traceback);
            }
            ExitCode::FAILURE
        }
        kind => {
            if print {
                eprintln!("eryx: {kind}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Converts a result to a JSON object, whose `status` is `ok` or [`ErrorKind::word`].
pub(crate) fn json(result: &Result<ExecuteResult, ExecuteError>) -> Value {
    let mut object = match result {
        Ok(_) => json!({ "status": "ok" }),
        Err(error) => match &error.kind {
            ErrorKind::Exit(status) => json!({ "status": "exit", "exit_status": status }),
            ErrorKind::Exception(exception) => {
                json!({ "status": "exception", "exception": of_exception(exception) })
            }
            ErrorKind::Limit(reached) => json!({
                "status": "limit",
                "limit": format!("{:?}", reached.limit),
                "allowed": reached.allowed,
                "used": reached.used,
                "reason": reached.to_string(),
            }),
            ErrorKind::Trap(trap) => json!({
                "status": "trap",
                "reason": trap.reason,
                "backtrace": trap.backtrace,
            }),
            kind => json!({ "status": kind.word(), "reason": kind.to_string() }),
        },
    };
    let (stdout, stderr, stats) = match result {
        Ok(result) => (&result.stdout, &result.stderr, &result.stats),
        Err(error) => (error.stdout(), error.stderr(), error.stats()),
    };
    if let Ok(result) = result
        && let Some(value) = &result.value
    {
        let json = value.to::<Value>();
        object["value"] = json!({ "json": json.ok(), "repr": value.repr });
    }
    object["stdout"] = stdout.as_str().into();
    object["stderr"] = stderr.as_str().into();
    object["stats"] = json!({
        "wall_seconds": stats.wall_time.as_secs_f64(),
        "cpu_seconds": stats.cpu_time.as_secs_f64(),
        "peak_memory": stats.peak_memory,
        "output_bytes": stats.output_bytes,
    });
    object
}

fn of_exception(exception: &Exception) -> Value {
    let frames = exception.frames.iter().map(|frame| {
        json!({
            "file": frame.file,
            "line": frame.line,
            "function": frame.function,
            "source": frame.source,
        })
    });
    json!({
        "type": exception.type_name,
        "message": exception.message,
        "traceback": exception.traceback,
        "notes": exception.notes,
        "frames": frames.collect::<Vec<_>>(),
        "exceptions": exception.exceptions.iter().map(of_exception).collect::<Vec<_>>(),
    })
}
