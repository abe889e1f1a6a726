//! Random programs, run in a sandbox.
#![no_main]

// Modules of `eryx-tests`. Depending on the crate would build numpy as well, which takes long.
#[path = "../../tests/src/host_functions.rs"]
#[expect(dead_code, reason = "programs are given some of the functions")]
mod host_functions;
#[path = "../../tests/src/programs/mod.rs"]
mod programs;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use programs::Programs;

static PROGRAMS: LazyLock<Programs> = LazyLock::new(Programs::build);

fuzz_target!(
    // Build the image before libFuzzer measures the time of a run.
    init: LazyLock::force(&PROGRAMS),
    |bytes: &[u8]| PROGRAMS.run(bytes)
);
