//! Native libraries, one after the other.
#![no_main]

#[path = "link/mutate.rs"]
mod mutate;

use eryx_runtime::fuzzing;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(
    // By itself, any panic would be a finding. The linker may panic where that is caught; it is
    // printed, for `check` could know better. One that is not caught ends the run all the same.
    init: std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))),
    |bytes: &[u8]| fuzzing::link(bytes)
);

fuzz_mutator!(|bytes: &mut [u8], size: usize, limit: usize, seed: u32| {
    mutate::libraries(bytes, size, limit, seed)
});
