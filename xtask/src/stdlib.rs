//! The archive of the standard library: the crate's files, and their bytecode.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::libs::{File, Lock};
use crate::workspace::read;

/// The contents of files, by path.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Returns the files of the standard library that the crate contains.
pub(crate) fn original(lock: &Lock, crate_directory: &Path) -> Result<Files> {
    let archive = lock.stdlib.original(crate_directory);
    archive
        .and_then(|archive| unpack(&archive))
        .with_context(|| {
            let name = lock.stdlib.file_name();
            format!(
                "{name} of the crate {} is not what libs.lock pins",
                lock.source
            )
        })
}

/// Checks that the committed archive matches the lock, and that it holds exactly the crate's files and
/// bytecode. Returns its size.
pub(crate) fn check(stdlib: &File, original: &Files) -> Result<usize> {
    let path = stdlib.path();
    let bytes = read(&path)?;
    let compare = || {
        stdlib.verify(&bytes)?;
        let mut files = unpack(&zstd::decode_all(&*bytes)?)?;
        files.retain(|path, _| !is_bytecode(path));
        let mut paths = files.keys().chain(original.keys());
        if let Some(path) = paths.find(|path| files.get(*path) != original.get(*path)) {
            bail!("{path} differs from the crate's file");
        }
        Ok(bytes.len())
    };
    compare().with_context(|| format!("{} is not what libs.lock pins", path.display()))
}

/// Whether a path is that of a module's bytecode.
fn is_bytecode(path: &str) -> bool {
    let path = Path::new(path);
    let directory = path.parent().and_then(Path::file_name);
    directory.is_some_and(|directory| directory == "__pycache__")
        && path.extension().is_some_and(|ending| ending == "pyc")
}

/// Reads the files of a tar archive.
pub(crate) fn unpack(archive: &[u8]) -> Result<Files> {
    let mut files = Files::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = String::from_utf8(entry.path_bytes().into_owned())?;
        let kind = entry.header().entry_type();
        if kind.is_dir() {
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if !kind.is_file() || files.insert(path.clone(), bytes).is_some() {
            bail!("{path} is not a regular file, or occurs twice");
        }
    }
    Ok(files)
}

/// Packs files and their bytecode into a tar archive, reproducibly.
pub(crate) fn pack(original: &Files, bytecode: &Files) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    // Sources and bytecode apart: similar files side by side compress better.
    for (path, bytes) in original.iter().chain(bytecode) {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, path, &**bytes)?;
    }
    Ok(archive.into_inner()?)
}
