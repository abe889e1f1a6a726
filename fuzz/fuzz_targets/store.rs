//! A file of the image store.
#![no_main]

use eryx_runtime::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzzing::store(bytes));
