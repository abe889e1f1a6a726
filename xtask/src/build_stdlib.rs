//! `build-stdlib`: builds the archive of the standard library: the modules of the base crate, with
//! bytecode for each.
//!
//! Without bytecode, Python would compile a module in every instance that imports it. A sandbox compiles
//! the bytecode from its own standard library, so that Python's version and the modules' paths are
//! right. The same sources produce the same bytes on every machine, so `--check` compiles them again and
//! compares.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::libs::{File, Lock, with_entry};
use crate::stdlib::{Files, check, original, pack, unpack};
use crate::workspace::{read, root, write};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Build, write nothing, and fail if the committed archive differs.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let lock = Lock::read()?;
    let original = original(&lock, &lock.source.locate()?)?;
    if let Err(error) = check(&lock.stdlib, &original) {
        if arguments.check {
            return Err(error);
        }
        // The sandbox compiles the sources that the committed archive holds: write them first.
        put(&lock.stdlib, &pack(&original, &Files::new())?)?;
    }

    let archive = pack(&original, &compile()?)?;
    let path = lock.stdlib.path();
    let committed = zstd::decode_all(&*read(&path)?)?;
    if committed == archive {
        println!("{}: as committed", path.display());
    } else if arguments.check {
        bail!(
            "{}: its sources build to other bytes\nrun `cargo xtask build-stdlib` and commit what it \
             writes",
            path.display()
        );
    } else {
        let size = put(&lock.stdlib, &archive)?;
        println!("{}: written, {size} bytes", path.display());
    }
    Ok(())
}

/// Returns the bytecode of the standard library, compiled in a sandbox of this workspace.
fn compile() -> Result<Files> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut sandbox = Command::new(cargo);
    sandbox
        // The profile of this command, so that cargo reuses the compiled dependencies.
        .args(["run", "--quiet", "--package", "eryx-cli"])
        .arg("--manifest-path")
        .arg(root().join("Cargo.toml"))
        .args(["--", "run"])
        .arg(root().join("xtask/src/build_stdlib.py"))
        .stderr(Stdio::inherit());
    let output = sandbox.output().context("cannot start cargo")?;
    if !output.status.success() {
        bail!("{sandbox:?} failed: {}", output.status);
    }
    unpack(&output.stdout).context("the sandbox did not print a tar archive")
}

/// Writes the archive and its entry in `libs.lock`. Returns the compressed size.
fn put(stdlib: &File, archive: &[u8]) -> Result<usize> {
    // The highest level: the archive is compressed once and read often.
    let compressed = zstd::bulk::compress(archive, 22)?;
    let lock = String::from_utf8(read(&Lock::path())?)?;
    let lock = with_entry(&lock, "stdlib", &stdlib.description(), &compressed, archive)?;
    write(&stdlib.path(), &compressed)?;
    write(&Lock::path(), lock.as_bytes())?;
    Ok(compressed.len())
}
