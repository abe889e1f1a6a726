//! Concatenated native libraries.
#![no_main]

#[path = "link/mutate.rs"]
mod mutate;

use eryx_runtime::fuzzing;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(
    // libFuzzer would report every panic as a finding. eryx catches the linker's panics, so print them
    // instead. A panic that is not caught still ends the process.
    init: std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))),
    |bytes: &[u8]| fuzzing::link(bytes)
);

fuzz_mutator!(|bytes: &mut [u8], size: usize, limit: usize, seed: u32| {
    mutate::libraries(bytes, size, limit, seed)
});
