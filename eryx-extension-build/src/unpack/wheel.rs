//! Wheels, that is zip archives.

use std::io::{Cursor, Read};

use zip::CompressionMethod;
use zip::read::ZipArchive;
use zip::result::ZipError;

use super::{Collector, Error, Files, Limits, checked_path};

/// The size of the record that ends a zip archive without a comment, in bytes.
const END_SIZE: usize = 22;

/// The first bytes of that record.
const END_MAGIC: &[u8] = b"PK\x05\x06";

/// The first bytes of an entry.
const ENTRY_MAGIC: &[u8] = b"PK\x03\x04";

pub(super) fn unpack(archive: &[u8], limits: &Limits) -> Result<Files, Error> {
    let mut zip = open(archive)?;
    let mut collector = Collector::new(archive, limits);
    for index in 0..zip.len() {
        collector.count_entry()?;
        if let Some((path, size)) = header(&zip, index, &mut collector)? {
            collector.check_size(size)?;
            let bytes = content(&mut zip, index, size).map_err(|reason| Error::Content {
                path: path.clone(),
                reason,
            })?;
            collector.add_file(&path, bytes)?;
        }
    }
    collector.finish()
}

/// The paths of the files that are compressed, and their DEFLATE streams.
pub(super) fn streams(archive: &[u8]) -> Vec<(String, &[u8])> {
    let Ok(mut zip) = open(archive) else {
        return Vec::new();
    };
    let entries = 0..zip.len();
    let stream = |index| {
        let entry = zip.by_index_raw(index).ok()?;
        if entry.compression() != CompressionMethod::Deflated {
            return None;
        }
        let start = usize::try_from(entry.data_start()?).ok()?;
        let size = usize::try_from(entry.compressed_size()).ok()?;
        let stream = archive.get(start..start.checked_add(size)?)?;
        let path = str::from_utf8(entry.name_raw()).ok()?;
        Some((path.to_owned(), stream))
    };
    entries.filter_map(stream).collect()
}

/// Opens the archive. No byte may lie outside it, and the central directory must agree with the
/// local headers.
fn open(archive: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, Error> {
    let broken = |error: &ZipError| Error::Broken {
        format: "zip",
        reason: without_prefix(error),
    };
    let mut zip = ZipArchive::new(Cursor::new(archive)).map_err(|error| broken(&error))?;
    if zip.offset() != 0 || !(zip.is_empty() || archive.starts_with(ENTRY_MAGIC)) {
        return Err(Error::Unexpected("bytes before its first entry"));
    }
    let end = archive.len().checked_sub(END_SIZE);
    if !end.is_some_and(|end| archive[end..].starts_with(END_MAGIC)) {
        return Err(Error::Unexpected("bytes or a comment after its end"));
    }
    if zip.has_duplicate_names() {
        return Err(Error::Unexpected("two entries of the same name"));
    }
    zip.validate_header_consistency()
        .map_err(|error| broken(&error))?;
    Ok(zip)
}

/// The path and the size of an entry that is a file. A directory is recorded, and gives none.
fn header(
    zip: &ZipArchive<Cursor<&[u8]>>,
    index: usize,
    collector: &mut Collector<'_>,
) -> Result<Option<(String, u64)>, Error> {
    let entry = zip.by_index_data(index).map_err(|error| Error::Broken {
        format: "zip",
        reason: without_prefix(&error),
    })?;
    let raw = entry.name_raw();
    let directory = raw.strip_suffix(b"/").filter(|path| !path.is_empty());
    let path = checked_path(directory.unwrap_or(raw))?;
    let kind = |kind: String| Error::Kind {
        path: path.to_owned(),
        kind,
    };
    // The upper half holds a Unix file mode, if the archive was made on a system that has them.
    match entry.external_attributes() >> 16 & 0o170_000 {
        0 => {}
        0o100_000 if directory.is_none() => {}
        0o040_000 if directory.is_some() => {}
        0o120_000 => return Err(kind("a symbolic link".to_owned())),
        mode => return Err(kind(format!("of the kind {mode:o}"))),
    }
    if entry.encrypted() {
        return Err(kind("encrypted".to_owned()));
    }
    match entry.compression() {
        CompressionMethod::Stored | CompressionMethod::Deflated => {}
        method => {
            return Err(kind(format!(
                "compressed by another method than deflate ({method})"
            )));
        }
    }
    if directory.is_some() {
        if entry.size() != 0 {
            return Err(kind("a directory with bytes in it".to_owned()));
        }
        collector.add_directory(path);
        return Ok(None);
    }
    Ok(Some((path.to_owned(), entry.size())))
}

/// Reads a file, which must have the size and the checksum that its header says.
fn content(
    zip: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    size: u64,
) -> Result<Vec<u8>, String> {
    let entry = zip
        .by_index(index)
        .map_err(|error| without_prefix(&error))?;
    let mut bytes = Vec::new();
    // One byte more than the header says: to see that there is none, and to reach the end, where the
    // reader compares the checksum.
    entry
        .take(size.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 == size {
        Ok(bytes)
    } else {
        Err(format!("its size is not the {size} bytes of its header"))
    }
}

/// The zip reader's error, without the prefix that names its kind.
fn without_prefix(error: &ZipError) -> String {
    match error {
        ZipError::Io(error) => error.to_string(),
        ZipError::InvalidArchive(reason) => reason.to_string(),
        ZipError::UnsupportedArchive(reason) => (*reason).to_owned(),
        other => other.to_string(),
    }
}
