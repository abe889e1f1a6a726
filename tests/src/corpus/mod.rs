//! The harness of the corpora: Python programs, and what must come of each.
//!
//! A case is a file `tests/corpus/CORPUS/NAME.py`. The comment lines at its beginning say what it
//! shows, and may have these keys, each at most once:
//!
//! | key | value | without it |
//! |---|---|---|
//! | `# ends:` | how the run ends: one [end](#ends), or several with ` \| ` between them | `done` |
//! | `# compare:` | which outputs are compared: `nothing`, or some of `stdout stderr exception` | see below |
//! | `# limits:` | the limits of the run, like `memory=64MiB wall=100ms` | those of the corpus |
//! | `# image:` | `bare` or `numpy` | that of the corpus |
//! | `# file:` | a file in the directory of the corpus, which the program finds in `/tmp` | no file |
//!
//! What a case prints is in files beside it: `NAME.stdout`, `NAME.stderr`, and `NAME.exception` for
//! the message and the traceback of the exception that ends it. A file that is not there stands for
//! an empty one. `BLESS=1` writes these files from what came of the run. A case with one end has the
//! outputs compared that its corpus says; a case with several ends has none compared, unless its
//! header says so.
//!
//! Before and after each case the harness runs programs of its own in the same sandbox: whatever the
//! case does, the next program runs as if there had been none.
//!
//! # Ends
//!
//! | end | meaning |
//! |---|---|
//! | `done` | the program reached its end |
//! | `exit 3` | it exited with this status |
//! | `exception TYPE` | it raised an exception of this class |
//! | `limit NAME` | it passed this limit, a variant of [`eryx::Limit`] |
//! | `trap` | its instance trapped, for any cause |
//! | `trap stack` | the native stack, or the stack in linear memory, overflowed |
//! | `trap unreachable` | the guest aborted |
//! | `host panic` | a host function panicked |
//! | `any` | any of these: for programs that destroy their own interpreter |
//!
//! Several ends are in order of preference, the best first.

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
                run_in_right_process(case)
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

fn run_in_right_process(case: Case) -> Result<(), Failed> {
    if case.corpus.has_own_processes {
        process::run_in_child(&case)
    } else {
        run::run(&case)
    }
}
