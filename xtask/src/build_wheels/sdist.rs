//! The source distribution: downloads it with pip, and verifies, unpacks and patches it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::lock::Lock;
use super::python::Python;
use super::{create, remove};
use crate::workspace::{read, run, sha256, write};

/// The build backend that answers pip while it downloads.
const BACKEND: &str = include_str!("mesonpy.py");

/// Downloads the sdist into `directory`, unless it is there, and compares it with the lock.
///
/// With `update`, writes the downloaded sdist's hash into the lock instead.
pub(super) fn obtain(
    directory: &Path,
    python: &Python,
    lock: &mut Lock,
    update: bool,
) -> Result<PathBuf> {
    let path = directory.join(&lock.sdist.file);
    if !path.exists() {
        create(directory)?;
        let backend = directory.join("backend");
        write(&backend.join("mesonpy.py"), BACKEND.as_bytes())?;
        run(python
            .command()
            .env("PYTHONPATH", &backend)
            .args([
                "-m",
                "pip",
                "download",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args([
                "--no-deps",
                "--no-binary",
                ":all:",
                "--no-build-isolation",
                "--dest",
            ])
            .arg(directory)
            .arg(format!("{}=={}", lock.wheel.name, lock.wheel.version)))?;
        remove(&backend)?;
    }
    let bytes = read(&path).context("pip downloaded a file of another name than in wheel.lock")?;
    let found = sha256(&bytes);
    if update {
        lock.sdist.size = bytes.len() as u64;
        lock.sdist.sha256 = found;
    } else if bytes.len() as u64 != lock.sdist.size || found != lock.sdist.sha256 {
        bail!(
            "{} is not what wheel.lock pins; remove it and run again\n  \
             found:  {} bytes, sha256 {found}\n  pinned: {} bytes, sha256 {}",
            path.display(),
            bytes.len(),
            lock.sdist.size,
            lock.sdist.sha256
        );
    }
    Ok(path)
}

/// Unpacks an sdist, and moves the single directory inside it to `directory`.
pub(super) fn unpack(archive: &Path, directory: &Path) -> Result<()> {
    create(directory)?;
    run(Command::new("tar")
        .args([
            "--extract",
            "--gzip",
            "--strip-components=1",
            "--no-same-owner",
            "--file",
        ])
        .arg(archive)
        .arg("--directory")
        .arg(directory))
}

/// Applies a patch, without fuzz.
pub(super) fn patch(source: &Path, patch: &Path) -> Result<()> {
    run(Command::new("patch")
        .args([
            "--strip=1",
            "--quiet",
            "--forward",
            "--fuzz=0",
            "--no-backup-if-mismatch",
        ])
        .arg("--directory")
        .arg(source)
        .arg("--input")
        .arg(patch))
    .with_context(|| format!("{}: it does not apply to this source", patch.display()))
}
