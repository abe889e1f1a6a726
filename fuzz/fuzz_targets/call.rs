//! JSON from a guest: the arguments of a host call, or an exception.
#![no_main]

use eryx::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzzing::call(bytes));
