//! Cases that run in a process of their own: the harness starts itself again.

use std::process::{Command, ExitCode};

use libtest_mimic::Failed;

use super::case::Case;
use super::run::run;

/// Names the case that a child process is to run.
const CHILD: &str = "ERYX_TESTS_CASE";
/// The exit status of a child process whose case failed. A panic has another.
const FAILED: u8 = 1;

/// Returns the case that this process is to run, if it is a child process.
pub(super) fn case_of_this_process() -> Option<Case> {
    let name = std::env::var(CHILD).ok()?;
    let case = Case::find(&name);
    Some(case.unwrap_or_else(|| panic!("{CHILD}: there is no case {name}")))
}

/// Runs a case, and prints why it failed.
#[expect(clippy::print_stdout, reason = "the parent process reads it")]
pub(super) fn run_here(case: &Case) -> ExitCode {
    match run(case) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            println!("{}", failed.message().unwrap_or_default());
            ExitCode::from(FAILED)
        }
    }
}

/// Runs a case in a child process, so that a host that dies is a failed case.
pub(super) fn run_in_child(case: &Case) -> Result<(), Failed> {
    let child = Command::new(std::env::current_exe()?)
        .env(CHILD, case.name())
        .output()?;
    let stdout = String::from_utf8_lossy(&child.stdout);
    match child.status.code() {
        Some(0) => Ok(()),
        Some(code) if code == i32::from(FAILED) => Err(stdout.trim_end().into()),
        _ => {
            let stderr = String::from_utf8_lossy(&child.stderr);
            Err(format!("the host died: {}\n{stdout}{stderr}", child.status).into())
        }
    }
}
