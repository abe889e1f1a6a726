//! The tools that the build needs, and the command that installs missing ones.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The directory of Debian's LLVM packages.
pub(super) const LLVM: &str = "/usr/lib/llvm-22";

/// A file that shows whether a Debian package is installed, and the package.
const NEEDED: [(&str, &str); 10] = [
    ("/usr/lib/llvm-22/bin/clang++", "clang-22"),
    ("/usr/lib/llvm-22/bin/wasm-ld", "lld-22"),
    ("/usr/lib/llvm-22/bin/llvm-strip", "llvm-22"),
    (
        "/usr/lib/llvm-22/lib/clang/22/lib/wasi/libclang_rt.builtins-wasm32.a",
        "libclang-rt-22-dev-wasm32",
    ),
    (
        "/usr/lib/llvm-22/lib/wasm32-wasi/libc++.a",
        "libc++-22-dev-wasm32",
    ),
    (
        "/usr/lib/llvm-22/lib/wasm32-wasi/libc++abi.a",
        "libc++abi-22-dev-wasm32",
    ),
    ("/usr/bin/pkg-config", "pkg-config"),
    ("/usr/bin/patch", "patch"),
    ("/usr/bin/tar", "tar"),
    ("/usr/bin/apt-get", "apt"),
];

/// Checks that all tools are installed. The error lists the missing packages.
pub(super) fn check() -> Result<()> {
    let missing: Vec<&str> = NEEDED
        .iter()
        .filter(|(file, _)| !Path::new(file).exists())
        .map(|(_, package)| *package)
        .collect();
    if !missing.is_empty() {
        bail!(
            "tools are missing; on Debian they come with\n  \
             apt-get install --no-install-recommends {}",
            missing.join(" ")
        );
    }
    Ok(())
}

/// Returns the path of an LLVM program.
pub(super) fn llvm(program: &str) -> String {
    format!("{LLVM}/bin/{program}")
}

/// Returns the version of Debian's clang package.
pub(super) fn clang_version() -> Result<String> {
    let text = output(Command::new(llvm("clang")).arg("--version"))?;
    let line = text.lines().next().unwrap_or_default();
    Ok(line
        .split_once("version ")
        .map_or(line, |(_, version)| version)
        .to_owned())
}

/// Runs a command and returns its output. An error names the command and includes its stderr.
pub(super) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if !output.status.success() {
        bail!(
            "{command:?} failed: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{command:?}: its output is not UTF-8"))
}
