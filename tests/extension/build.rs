//! Verifies the archive that `wheel.lock` pins and turns it into constant data.

fn main() -> std::process::ExitCode {
    eryx_extension_build::generate()
}
