//! Generates this crate's constant data from the wheel that `wheel.lock` pins.

use std::process::ExitCode;

fn main() -> ExitCode {
    eryx_extension_build::generate()
}
