//! A Rust package as a shared library for the sandbox.
//!
//! Rust's stock toolchain is enough: a static library for `wasm32-wasip1` made of
//! position-independent code, which the `wasm-ld` that comes with the toolchain then turns into a
//! shared one. The standard library that rustup installs is not position-independent; fat LTO
//! compiles its part of the program again.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::{read, root, run, write};

const TARGET: &str = "wasm32-wasip1";

/// Builds the shared library of the package in a folder; it exports just the functions named.
pub(crate) fn build(package: &Path, name: &str, exports: &[&str]) -> Result<Vec<u8>> {
    let target = root().join("target/guest");
    let cargo_home = std::env::var_os("CARGO_HOME").map_or_else(
        || std::env::home_dir().unwrap_or_default().join(".cargo"),
        PathBuf::from,
    );
    // Paths of the machine would make every machine's library another one.
    let flags = [
        "-Crelocation-model=pic".to_owned(),
        format!("--remap-path-prefix={}=cargo", cargo_home.display()),
        format!("--remap-path-prefix={}=eryx", root().display()),
    ];
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--release", "--locked", "--target", TARGET])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(package)
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    run(&mut cargo)
        .with_context(|| format!("if the target is missing: `rustup target add {TARGET}`"))?;

    let folder = tempfile::tempdir()?;
    let output = folder.path().join(format!("lib{name}.so"));
    let mut linker = Command::new(linker()?);
    linker
        .args([
            "-shared",
            "--experimental-pic",
            "--strip-debug",
            "--gc-sections",
        ])
        .args(exports.iter().map(|export| format!("--export={export}")))
        .arg(
            target
                .join(TARGET)
                .join("release")
                .join(format!("lib{name}.a")),
        );
    for needed in ["libpython3.14.so", "libc.so"] {
        let path = folder.path().join(needed);
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

/// The `wasm-ld` that comes with the Rust toolchain.
fn linker() -> Result<PathBuf> {
    let rustc = Command::new("rustc")
        .args(["--print", "sysroot", "--print", "host-tuple"])
        .output()
        .context("cannot start rustc")?;
    let printed = String::from_utf8(rustc.stdout)?;
    let [sysroot, host] = printed.lines().collect::<Vec<_>>()[..] else {
        bail!("rustc does not say where its toolchain is");
    };
    let linker = Path::new(sysroot)
        .join("lib/rustlib")
        .join(host)
        .join("bin/gcc-ld/wasm-ld");
    if !linker.is_file() {
        bail!("this Rust toolchain has no wasm-ld: {}", linker.display());
    }
    Ok(linker)
}
