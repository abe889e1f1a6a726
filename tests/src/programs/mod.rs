//! Random programs: a grammar makes them from bytes, and a sandbox must survive them.
//!
//! The fuzz target `program` includes this module; `tests/tests/programs.rs` runs it on the seeds.

mod grammar;
mod statements;
mod words;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use eryx::{ErrorKind, ExecuteError, ExecuteResult, Limits, Sandbox};
use eryx_test_support::image_cache;
use tokio::runtime::Runtime;

use crate::host_functions::{echo, fail, slow};

/// After this many random programs runs one whose output is known.
const CHECK: u64 = 20;

/// A sandbox that runs random programs.
pub struct Programs {
    sandbox: Sandbox,
    runtime: Runtime,
    runs: AtomicU64,
}

impl Programs {
    /// Builds a sandbox with Python alone and some host functions.
    pub fn build() -> Self {
        let sandbox = Sandbox::builder().with_cache_dir(image_cache()).build();
        let sandbox = sandbox.expect("the sandbox is built");
        let limits = Limits::default()
            .wall_time(Duration::from_millis(100))
            .memory(128 << 20)
            .output_bytes(64 << 10);
        let sandbox = sandbox
            .with_limits(limits)
            .with_function(echo())
            .expect("it can be given")
            .with_function(fail())
            .expect("it can be given")
            .with_function(slow())
            .expect("it can be given");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        Self {
            sandbox,
            runtime: runtime.expect("a runtime can be created"),
            runs: AtomicU64::new(0),
        }
    }

    /// Runs the program that the grammar makes from some bytes.
    ///
    /// Panics if the run ends in a way that a program cannot cause, or if the sandbox is broken
    /// afterwards.
    pub fn run(&self, bytes: &[u8]) {
        let program = grammar::program(bytes);
        if let Err(error) = self.execute(&program) {
            let is_of_program = matches!(
                error.kind,
                ErrorKind::Exception(_)
                    | ErrorKind::Exit(_)
                    | ErrorKind::Limit(_)
                    | ErrorKind::Trap(_)
            );
            assert!(is_of_program, "{error:?} ended\n{program}");
            assert!(!error.to_string().is_empty(), "{error:?} ended\n{program}");
        }
        let runs = self.runs.fetch_add(1, Ordering::Relaxed);
        if runs.is_multiple_of(CHECK) {
            self.check(&program);
        }
    }

    /// Runs a program whose output is known.
    fn check(&self, before: &str) {
        // 100 ms can be too short on a busy machine.
        let result = (0..5).find_map(|_| match self.execute("print(6*7)") {
            Err(error) if matches!(error.kind, ErrorKind::Limit(_)) => None,
            result => Some(result),
        });
        let result = result.expect("one of five runs has the time for a small program");
        let result = result.unwrap_or_else(|error| panic!("{error:?} after\n{before}"));
        assert_eq!(result.stdout, "42\n", "after\n{before}");
    }

    fn execute(&self, program: &str) -> Result<ExecuteResult, ExecuteError> {
        self.runtime.block_on(self.sandbox.execute(program))
    }
}
