//! Step 6, *emit*: from a package to compressed files and the Rust source that includes them.
//!
//! The same package gives the same bytes. Compressed files are named by the digest of what is in
//! them, so that a second build finds and keeps them.

use std::fmt::Write as _;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use eryx_artifact::{AtomicFile, Digest};

use crate::lock::Wheel;
use crate::package::Package;
use crate::unpack::Files;

/// The name of the generated file.
pub const FILE: &str = "extension.rs";

/// zstd's level of compression: 19 is the highest that needs no more memory to decompress than
/// lower ones do.
const LEVEL: i32 = 19;

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {reason}", path.display())]
pub struct Error {
    /// The file.
    pub path: PathBuf,
    /// The system's error.
    pub reason: io::Error,
}

/// Writes a package into the directory `out_dir`.
pub fn emit(wheel: &Wheel, package: &Package, out_dir: &Path) -> Result<(), Error> {
    let tree = archive(&package.tree).map_err(|reason| Error {
        path: out_dir.join(FILE),
        reason,
    })?;
    let contents: Vec<&[u8]> = package
        .libraries
        .iter()
        .map(|library| library.bytes.as_slice())
        .chain([tree.as_slice()])
        .collect();
    let digests: Vec<Digest> = contents.iter().map(|bytes| Digest::of(bytes)).collect();
    compress(&contents, &digests, out_dir)?;

    let mut libraries = String::new();
    for (library, digest) in package.libraries.iter().zip(&digests) {
        let path = &library.path;
        // Writing to a string cannot fail.
        let _ = write!(
            libraries,
            "
        ::eryx_extension::Library {{
            path: {path:?},
            zstd: include_bytes!({:?}),
            size: {},
            sha256: {:?},
        }},",
            frame(digest),
            grouped(library.bytes.len()),
            digest.as_bytes()
        );
    }
    if !libraries.is_empty() {
        libraries.push_str("\n    ");
    }
    let digest = Digest::of(&tree);
    let tree = format!(
        "::eryx_extension::Tree {{
        zstd: include_bytes!({:?}),
        size: {},
        files: {},
        sha256: {:?},
    }}",
        frame(&digest),
        grouped(tree.len()),
        grouped(package.tree.len()),
        digest.as_bytes()
    );
    write_source(wheel, &libraries, &tree, out_dir)
}

/// Writes an extension with neither libraries nor files, which is all that documentation needs.
pub fn emit_empty(wheel: &Wheel, out_dir: &Path) -> Result<(), Error> {
    let tree = "::eryx_extension::Tree {
        zstd: &[],
        size: 0,
        files: 0,
        sha256: [0; 32],
    }";
    write_source(wheel, "", tree, out_dir)
}

fn write_source(wheel: &Wheel, libraries: &str, tree: &str, out_dir: &Path) -> Result<(), Error> {
    write_atomically(
        &out_dir.join(FILE),
        source(wheel, libraries, tree).as_bytes(),
    )
}

/// The Rust source of an extension, around that of its libraries and of its tree.
pub(crate) fn source(wheel: &Wheel, libraries: &str, tree: &str) -> String {
    let Wheel {
        name,
        version,
        requires,
        preimport,
        ..
    } = wheel;
    let abi = eryx_extension::ABI;
    format!(
        "/// {name} {version}, from the archive that `wheel.lock` pins.
pub const EXTENSION: ::eryx_extension::Extension = ::eryx_extension::Extension {{
    name: {name:?},
    version: {version:?},
    abi: {abi:?},
    libraries: &[{libraries}],
    tree: {tree},
    requires: &{requires:?},
    preimport: &{preimport:?},
}};
"
    )
}

/// One tar archive of all files, sorted by path, with nothing in the headers that could differ.
pub(crate) fn archive(files: &Files) -> io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, path, bytes.as_slice())?;
    }
    builder.into_inner()
}

/// Compresses each of `contents` into a file of its own, on all processors, unless it is there.
fn compress(contents: &[&[u8]], digests: &[Digest], out_dir: &Path) -> Result<(), Error> {
    let work = Mutex::new(contents.iter().zip(digests));
    let next = || work.lock().ok()?.next();
    let worker = || {
        while let Some((bytes, digest)) = next() {
            let path = out_dir.join(frame(digest));
            if path.is_file() {
                continue;
            }
            let compressed = zstd::bulk::compress(bytes, LEVEL).map_err(|reason| Error {
                path: path.clone(),
                reason,
            })?;
            write_atomically(&path, &compressed)?;
        }
        Ok(())
    };
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..processors.min(contents.len()))
            .map(|_| scope.spawn(worker))
            .collect();
        let mut result = worker();
        for other in others {
            // A worker has nothing in it that panics; if it did, so should this.
            let joined = other
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result = result.and(joined);
        }
        result
    })
}

/// The name of the file with the compressed form of what has this digest.
fn frame(digest: &Digest) -> String {
    format!("{digest}.zst")
}

fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let written = AtomicFile::new().write(path, bytes);
    written.map_err(|reason| Error {
        path: path.to_path_buf(),
        reason,
    })
}

/// A number as Rust source has it: `4_000_000`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    grouped
}
