//! Programs, run in a sandbox.
#![no_main]

// The tests have it as well. The crate of them brings numpy, whose build takes long.
#[path = "../../tests/src/programs.rs"]
mod programs;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use programs::Programs;

static PROGRAMS: LazyLock<Programs> = LazyLock::new(|| {
    let this = std::env::current_exe().expect("there is a file of this program");
    Programs::new(&this.with_file_name("images"))
});

fuzz_target!(
    // The image is made before any time is taken.
    init: LazyLock::force(&PROGRAMS),
    |bytes: &[u8]| PROGRAMS.run(bytes)
);
