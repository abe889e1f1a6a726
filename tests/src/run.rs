//! Running a program from a test.

use std::future::Future;
use std::time::Duration;

use eryx::{ExecuteError, ExecuteResult, Program, Sandbox};

/// Creates a runtime with two workers.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be created")
}

/// Waits for a future on a runtime of its own; panics if that takes four minutes.
pub fn block_on<F: Future>(future: F) -> F::Output {
    runtime().block_on(async {
        let output = tokio::time::timeout(Duration::from_mins(4), future).await;
        output.expect("the future is ready in time")
    })
}

/// Runs some code with [`Sandbox::execute`].
pub fn execute(sandbox: &Sandbox, code: &str) -> Result<ExecuteResult, ExecuteError> {
    block_on(sandbox.execute(code))
}

/// Runs a program with [`Sandbox::run`].
pub fn run(sandbox: &Sandbox, program: impl Into<Program>) -> Result<ExecuteResult, ExecuteError> {
    block_on(sandbox.run(program.into()))
}

/// Returns what a program prints, which must reach its end.
pub fn stdout(sandbox: &Sandbox, program: impl Into<Program>) -> String {
    let result = run(sandbox, program).expect("the program reaches its end");
    result.stdout.into()
}

/// Returns the error of a program, which must not reach its end, and checks that the sandbox still
/// runs others.
pub fn fails(sandbox: &Sandbox, program: impl Into<Program>) -> ExecuteError {
    let error = run(sandbox, program).expect_err("the program does not reach its end");
    assert_eq!(stdout(sandbox, "print('usable')"), "usable\n");
    error
}
