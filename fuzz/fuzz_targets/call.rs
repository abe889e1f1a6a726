//! What a guest says: the arguments of a call to the host, or an exception.
#![no_main]

use eryx::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzzing::call(bytes));
