//! Step 6, *emit*: from a package to one file with all its bytes, and the Rust source that includes
//! that file.
//!
//! A wheel compresses each of its files as one DEFLATE stream. These streams are embedded as they
//! are, and are decompressed when an image is made; so a build script compresses only what has no
//! such stream: entries that are stored, and the files of a `.tar.gz`. The same archive gives the
//! same bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use eryx_artifact::{AtomicFile, Digest};
use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::lock::Wheel;
use crate::package::Package;

/// The name of the generated source.
pub const FILE: &str = "extension.rs";

/// The name of the file that the source includes: the DEFLATE streams, one after the other.
pub const STREAMS_FILE: &str = "extension.deflate";

/// The DEFLATE streams of an archive, by the path in `site-packages` of the file that each holds.
pub type Streams<'a> = BTreeMap<String, &'a [u8]>;

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
///
/// A file that is in `streams` is embedded as that stream.
pub fn emit(
    wheel: &Wheel,
    package: &Package,
    streams: &Streams<'_>,
    out_dir: &Path,
) -> Result<(), Error> {
    let mut table = Table::new(streams);
    let libraries = package.libraries.iter();
    let libraries = table.list(libraries.map(|library| (&library.path, &library.bytes)));
    let files = libraries.and_then(|libraries| Ok((libraries, table.list(&package.tree)?)));
    let (libraries, files) = files.map_err(|reason| Error {
        path: out_dir.join(STREAMS_FILE),
        reason,
    })?;
    write_atomically(&out_dir.join(STREAMS_FILE), &table.bytes)?;
    let source = source(wheel, &included(table.bytes.len()), &libraries, &files);
    write_atomically(&out_dir.join(FILE), source.as_bytes())
}

/// Writes an extension with neither libraries nor files, which is all that documentation needs.
pub fn emit_empty(wheel: &Wheel, out_dir: &Path) -> Result<(), Error> {
    let source = source(wheel, "", "", "");
    write_atomically(&out_dir.join(FILE), source.as_bytes())
}

/// The Rust source of an extension, around `items` that its libraries and files refer to.
pub(crate) fn source(wheel: &Wheel, items: &str, libraries: &str, files: &str) -> String {
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
pub const EXTENSION: ::eryx_extension::Extension = {{
{items}    ::eryx_extension::Extension {{
        name: {name:?},
        version: {version:?},
        abi: {abi:?},
        libraries: &[{libraries}],
        files: &[{files}],
        requires: &{requires:?},
        preimport: &{preimport:?},
    }}
}};
"
    )
}

/// The items that give the generated source its bytes. A static, for there is only one of it; a
/// constant may be copied to each crate that uses it.
fn included(size: usize) -> String {
    let size = grouped(size);
    format!(
        "    static STREAMS: [u8; {size}] = *include_bytes!({STREAMS_FILE:?});
    const fn stream(start: usize, size: usize) -> &'static [u8] {{
        STREAMS.split_at(start).1.split_at(size).0
    }}
"
    )
}

/// The streams that are embedded, and the source that describes them.
struct Table<'a> {
    streams: &'a Streams<'a>,
    bytes: Vec<u8>,
}

impl<'a> Table<'a> {
    fn new(streams: &'a Streams<'a>) -> Self {
        let bytes = Vec::new();
        Self { streams, bytes }
    }

    /// Adds files, and returns the elements of a list of them as source.
    fn list<'f>(
        &mut self,
        files: impl IntoIterator<Item = (&'f String, &'f Vec<u8>)>,
    ) -> io::Result<String> {
        let mut elements = String::new();
        for (path, bytes) in files {
            let start = self.bytes.len();
            self.add(path, bytes)?;
            // Writing to a string cannot fail.
            let _ = write!(
                elements,
                "
            ::eryx_extension::File {{
                path: {path:?},
                deflate: stream({}, {}),
                size: {},
                sha256: {:?},
            }},",
                grouped(start),
                grouped(self.bytes.len() - start),
                grouped(bytes.len()),
                Digest::of(bytes).as_bytes()
            );
        }
        if !elements.is_empty() {
            elements.push_str("\n        ");
        }
        Ok(elements)
    }

    /// Appends the stream of a file.
    fn add(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        if let Some(stream) = self.streams.get(path) {
            self.bytes.extend_from_slice(stream);
            return Ok(());
        }
        let mut encoder = DeflateEncoder::new(&mut self.bytes, Compression::best());
        encoder.write_all(bytes)?;
        encoder.finish()?;
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream is embedded byte for byte, although this crate would compress the file otherwise;
    /// a file without one is compressed.
    #[test]
    fn streams_are_taken_as_they_are() {
        const STORED: &[u8] = b"\x01\x01\x00\xfe\xffx";
        let files = [("a.py", b"x"), ("b.py", b"x")];
        let files = files.map(|(path, bytes)| (path.to_owned(), bytes.to_vec()));
        let streams = Streams::from([("a.py".to_owned(), STORED)]);
        let mut table = Table::new(&streams);
        let files = BTreeMap::from(files);
        let elements = table.list(&files).expect("to memory");
        let (first, second) = table.bytes.split_at(STORED.len());
        assert_eq!(first, STORED);
        assert_ne!(second, STORED);
        assert!(elements.contains("deflate: stream(0, 6),"), "{elements}");
    }
}
