//! The text of a `wheel.lock`.
#![no_main]

use eryx_extension_build::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzzing::lock(bytes));
