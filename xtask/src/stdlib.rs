//! The archive of the standard library: the crate's files, and bytecode for them.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::libs::{File, Lock};
use crate::workspace::read;

/// Files by path.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The files that the crate carries.
pub(crate) fn original(lock: &Lock, crate_folder: &Path) -> Result<Files> {
    let archive = lock.stdlib.original(crate_folder);
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

/// Compares the committed archive with the lock, and with the files that it is made of: it holds
/// them all, and nothing else but bytecode. Gives its size.
pub(crate) fn check(stdlib: &File, original: &Files) -> Result<usize> {
    let path = stdlib.path();
    let bytes = read(&path)?;
    let compare = || {
        stdlib.verify(&bytes)?;
        let mut files = unpack(&zstd::decode_all(&*bytes)?)?;
        files.retain(|path, _| !is_bytecode(path));
        let mut paths = files.keys().chain(original.keys());
        if let Some(path) = paths.find(|path| files.get(*path) != original.get(*path)) {
            bail!("{path} is not as in the crate");
        }
        Ok(bytes.len())
    };
    compare().with_context(|| format!("{} is not what libs.lock pins", path.display()))
}

/// Whether a path is where Python keeps the bytecode of a module.
fn is_bytecode(path: &str) -> bool {
    let path = Path::new(path);
    let folder = path.parent().and_then(Path::file_name);
    folder.is_some_and(|folder| folder == "__pycache__")
        && path.extension().is_some_and(|ending| ending == "pyc")
}

/// The files of a tar archive.
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
            bail!("{path} is not a file, or is one twice");
        }
    }
    Ok(files)
}

/// A tar archive of some files and their bytecode: the same bytes for the same files.
pub(crate) fn pack(original: &Files, bytecode: &Files) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    // Alike beside alike: it compresses better.
    for (path, bytes) in original.iter().chain(bytecode) {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, path, &**bytes)?;
    }
    Ok(archive.into_inner()?)
}
