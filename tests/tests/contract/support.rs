//! What the tests here share.

use std::future::Future;
use std::time::Duration;

use eryx::{
    CallError, ErrorKind, ExecuteError, ExecuteResult, Function, Limit, LimitReached, Program,
    Sandbox,
};
use serde::Deserialize;
use serde_json::Value;

pub(crate) use crate::shared::{CACHE, NUMPY, TINY, build, execute, folder, runtime, stdout};

/// Waits for something, on a runtime of its own; what takes minutes hangs.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    runtime().block_on(async {
        let ended = tokio::time::timeout(Duration::from_mins(4), future).await;
        ended.expect("it does not hang")
    })
}

/// Runs a program to its end.
pub(crate) fn run(
    sandbox: &Sandbox,
    program: impl Into<Program>,
) -> Result<ExecuteResult, ExecuteError> {
    block_on(sandbox.run(program.into()))
}

/// What a program prints that reaches its end.
pub(crate) fn printed(sandbox: &Sandbox, program: impl Into<Program>) -> String {
    let result = run(sandbox, program).expect("it reaches its end");
    result.stdout.into()
}

/// How a program fails; after that the sandbox runs others as ever.
pub(crate) fn fails(sandbox: &Sandbox, program: impl Into<Program>) -> ExecuteError {
    let error = run(sandbox, program).expect_err("it does not reach its end");
    assert_eq!(stdout(sandbox, "print('usable')"), "usable\n");
    error
}

/// The limit that ended a run.
#[track_caller]
pub(crate) fn limit_of(error: &ExecuteError) -> LimitReached {
    match &error.kind {
        ErrorKind::Limit(reached) => *reached,
        kind => panic!("no limit: {kind:?}, with {:?}", error.stdout()),
    }
}

/// Asserts which limit ended a run, and that it was passed.
#[track_caller]
pub(crate) fn passed(error: &ExecuteError, limit: Limit) -> LimitReached {
    let reached = limit_of(error);
    assert_eq!(reached.limit, limit, "{reached}");
    assert!(reached.used > reached.allowed, "{reached}");
    reached
}

/// The class of the exception that ended a run, and its message.
#[track_caller]
pub(crate) fn raised(error: &ExecuteError) -> (&str, &str) {
    let exception = error.exception();
    let exception = exception.unwrap_or_else(|| panic!("no exception: {error:?}"));
    (&exception.type_name, &exception.message)
}

#[derive(Deserialize)]
pub(crate) struct One {
    pub(crate) value: Value,
}

/// `echo(value)`, which gives it back.
pub(crate) fn echo() -> Function {
    Function::new(
        "echo",
        |One { value }| async move { Ok::<_, CallError>(value) },
    )
}

/// `wait(value)`, which never comes to its end.
pub(crate) fn wait() -> Function {
    Function::new("wait", |One { .. }| {
        std::future::pending::<Result<(), CallError>>()
    })
}
