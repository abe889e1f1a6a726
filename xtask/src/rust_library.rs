//! Builds a Rust package as a shared library for the sandbox.
//!
//! Rust's stock toolchain is enough: cargo builds a static library of position-independent code for
//! `wasm32-wasip1`, and the toolchain's `wasm-ld` links it into a shared library. The standard library
//! that rustup installs is not position-independent; fat LTO recompiles the parts that the package uses.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::{read, root, run, write};

const TARGET: &str = "wasm32-wasip1";

/// All functions that a library exports.
#[derive(Default)]
pub(crate) struct Exports {
    /// Functions that the library must define.
    pub(crate) required: Vec<String>,
    /// Functions that are exported only if the library defines them.
    pub(crate) optional: Vec<String>,
}

/// Builds the package in a directory and returns its shared library.
pub(crate) fn build(package: &Path, name: &str, exports: &Exports) -> Result<Vec<u8>> {
    let target = root().join("target/guest");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--release", "--locked", "--target", TARGET])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(package)
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", flags()?.join("\u{1f}"));
    run(&mut cargo)
        .with_context(|| format!("if the target is missing, run `rustup target add {TARGET}`"))?;

    let directory = tempfile::tempdir()?;
    let output = directory.path().join(format!("lib{name}.so"));
    let required = exports.required.iter();
    let optional = exports.optional.iter();
    let mut linker = Command::new(linker()?);
    linker
        .args([
            "-shared",
            "--experimental-pic",
            "--strip-debug",
            "--gc-sections",
        ])
        .args(required.map(|export| format!("--export={export}")))
        .args(optional.map(|export| format!("--export-if-defined={export}")))
        .arg(
            target
                .join(TARGET)
                .join("release")
                .join(format!("lib{name}.a")),
        );
    for needed in ["libpython3.14.so", "libc.so"] {
        let path = directory.path().join(needed);
        let compressed = root()
            .join("eryx-runtime/libs")
            .join(format!("{needed}.zst"));
        let library = zstd::decode_all(&*read(&compressed)?)
            .with_context(|| format!("cannot decompress {}", compressed.display()))?;
        write(&path, &library)?;
        linker.arg(path);
    }
    run(linker.arg("-o").arg(&output))?;
    read(&output)
}

/// Returns what `rustc --version` prints.
pub(crate) fn rustc_version() -> Result<String> {
    Ok(rustc(&["--version"])?.trim().to_owned())
}

/// Returns the compiler's flags. They replace the paths of this machine, so that every machine builds
/// the same bytes.
fn flags() -> Result<Vec<String>> {
    let cargo_home = std::env::var_os("CARGO_HOME").map_or_else(
        || std::env::home_dir().unwrap_or_default().join(".cargo"),
        PathBuf::from,
    );
    // With the component `rust-src`, the compiler embeds the paths of its files. They become the paths
    // that it embeds without the component.
    let version = rustc(&["--version", "--verbose"])?;
    let commit = version
        .lines()
        .find_map(|line| line.strip_prefix("commit-hash: "))
        .context("rustc --version --verbose: it prints no commit-hash")?;
    let sysroot = rustc(&["--print", "sysroot"])?;
    let sources = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
    let remap = |path: &Path, name: &str| format!("--remap-path-prefix={}={name}", path.display());
    Ok(vec![
        "-Crelocation-model=pic".to_owned(),
        remap(&cargo_home, "cargo"),
        remap(&root(), "eryx"),
        remap(&sources, &format!("/rustc/{commit}")),
    ])
}

/// Returns the path of the Rust toolchain's `wasm-ld`.
fn linker() -> Result<PathBuf> {
    let printed = rustc(&["--print", "sysroot", "--print", "host-tuple"])?;
    let [sysroot, host] = printed.lines().collect::<Vec<_>>()[..] else {
        bail!("rustc --print sysroot: it prints no path of the toolchain");
    };
    let linker = Path::new(sysroot)
        .join("lib/rustlib")
        .join(host)
        .join("bin/gcc-ld/wasm-ld");
    if !linker.is_file() {
        bail!("{}: this Rust toolchain has no wasm-ld", linker.display());
    }
    Ok(linker)
}

/// Runs the compiler and returns its output.
fn rustc(arguments: &[&str]) -> Result<String> {
    let output = Command::new("rustc")
        .args(arguments)
        .output()
        .context("cannot start rustc")?;
    if !output.status.success() {
        bail!("rustc {} failed: {}", arguments.join(" "), output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}
