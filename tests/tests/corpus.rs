//! The corpora: every program in `corpus`, with what must come of it. `eryx_tests::corpus` describes
//! a case.

use std::process::ExitCode;

fn main() -> ExitCode {
    eryx_tests::corpus::main()
}
