//! The harness of the corpora: runs Python programs, and compares what comes of each with what must.
//!
//! [`Corpus`] is a directory of cases, [`Case`] one program. A case goes this way: `header` reads what
//! its first lines expect, `run` runs it and the programs before and after it, `outcome` turns the
//! result into words, `end` and `output` compare them. What follows is `tests/corpus/README.md`.
#![doc = include_str!("../../corpus/README.md")]

mod case;
mod corpora;
mod end;
mod header;
mod limits;
mod outcome;
mod output;
mod permits;
mod process;
mod run;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

pub use case::Case;
pub use corpora::{CORPORA, Corpus};
use permits::Permits;

/// Runs the cases that the arguments of this process select, and prints a report.
pub fn main() -> ExitCode {
    if let Some(case) = process::case_of_this_process() {
        return process::run_here(&case);
    }
    let mut trials = Vec::new();
    for corpus in CORPORA {
        let permits = Permits::leak(corpus.at_once);
        for case in corpus.cases() {
            let name = case.name();
            trials.push(Trial::test(name, move || {
                let _permit = permits.take();
                run_in_right_process(&case)
            }));
        }
        for file in corpus.stray_files() {
            let name = format!("{}::{file}", corpus.name);
            let message = format!("{file} belongs to no case; remove it");
            trials.push(Trial::test(name, move || Err(message.into())));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn run_in_right_process(case: &Case) -> Result<(), Failed> {
    if case.corpus.has_own_processes {
        process::run_in_child(case)
    } else {
        run::run(case)
    }
}
