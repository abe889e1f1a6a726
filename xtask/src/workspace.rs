//! The root of the workspace, and helpers that the commands share.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use eryx_artifact::{AtomicFile, Digest};

/// Returns the root directory of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Returns the SHA-256 of `bytes`, in lower-case hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string()
}

/// Formats the size and the digest of a file as lines of a lock.
pub(crate) fn size_and_digest(bytes: &[u8]) -> String {
    format!("size = {}\nsha256 = \"{}\"\n", bytes.len(), sha256(bytes))
}

/// Reads a file. An error names the path.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a file atomically, and creates its directory if needed. An error names the path.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        AtomicFile::new().readable_by_all().write(path, bytes)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Runs a command to its end. An error names the command.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}
