//! An archive: a wheel, or a `.tar.gz`.
#![no_main]

use eryx_extension_build::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzzing::wheel(bytes));
