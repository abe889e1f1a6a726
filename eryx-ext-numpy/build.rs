//! From the wheel that `wheel.lock` pins to the constant data of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    eryx_extension_build::generate()
}
