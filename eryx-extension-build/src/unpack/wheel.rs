//! Wheels, that is zip archives.

use std::io::{Cursor, Read};

use zip::CompressionMethod;
use zip::read::ZipArchive;
use zip::result::ZipError;

use super::{Error, Files, Limits, Unpacked, checked_path};

/// The size of the record that ends a zip archive without a comment, in bytes.
const END_SIZE: usize = 22;

/// How that record begins.
const END_MAGIC: &[u8] = b"PK\x05\x06";

/// How the first entry begins.
const ENTRY_MAGIC: &[u8] = b"PK\x03\x04";

pub(super) fn unpack(archive: &[u8], limits: &Limits) -> Result<Files, Error> {
    let mut zip = open(archive)?;
    let mut unpacked = Unpacked::new(archive, limits);
    for index in 0..zip.len() {
        unpacked.count()?;
        if let Some((path, size)) = header(&zip, index, &mut unpacked)? {
            unpacked.permit(size)?;
            let bytes = content(&mut zip, index, size).map_err(|reason| Error::Content {
                path: path.clone(),
                reason,
            })?;
            unpacked.add_file(&path, bytes)?;
        }
    }
    unpacked.finish()
}

/// Opens the archive, whose every byte must belong to it, and whose two tables of contents, the
/// one at the end and the one spread between the files, must say the same.
fn open(archive: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, Error> {
    let broken = |error: &ZipError| Error::Broken {
        format: "zip",
        reason: plain(error),
    };
    let mut zip = ZipArchive::new(Cursor::new(archive)).map_err(|error| broken(&error))?;
    if zip.offset() != 0 || !(zip.is_empty() || archive.starts_with(ENTRY_MAGIC)) {
        return Err(Error::Foreign("bytes before its first entry"));
    }
    let end = archive.len().checked_sub(END_SIZE);
    if !end.is_some_and(|end| archive[end..].starts_with(END_MAGIC)) {
        return Err(Error::Foreign("bytes or a comment after its end"));
    }
    if zip.has_duplicate_names() {
        return Err(Error::Foreign("two entries of the same name"));
    }
    zip.validate_header_consistency()
        .map_err(|error| broken(&error))?;
    Ok(zip)
}

/// The path and the size of an entry that is a file; a folder is noted, and is none.
fn header(
    zip: &ZipArchive<Cursor<&[u8]>>,
    index: usize,
    unpacked: &mut Unpacked<'_>,
) -> Result<Option<(String, u64)>, Error> {
    let entry = zip.by_index_data(index).map_err(|error| Error::Broken {
        format: "zip",
        reason: plain(&error),
    })?;
    let raw = entry.name_raw();
    let folder = raw.strip_suffix(b"/").filter(|path| !path.is_empty());
    let path = checked_path(folder.unwrap_or(raw))?;
    let kind = |kind: String| Error::Kind {
        path: path.to_owned(),
        kind,
    };
    // The upper half holds a Unix file's mode, if the archive was made by a system that has one.
    match entry.external_attributes() >> 16 & 0o170_000 {
        0 => {}
        0o100_000 if folder.is_none() => {}
        0o040_000 if folder.is_some() => {}
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
    if folder.is_some() {
        if entry.size() != 0 {
            return Err(kind("a folder with bytes in it".to_owned()));
        }
        unpacked.add_folder(path);
        return Ok(None);
    }
    Ok(Some((path.to_owned(), entry.size())))
}

/// The bytes of a file, which must be as many as its header says and have the checksum it says.
fn content(
    zip: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    size: u64,
) -> Result<Vec<u8>, String> {
    let entry = zip.by_index(index).map_err(|error| plain(&error))?;
    let mut bytes = Vec::new();
    // One byte more than promised: to see that there is none, and so that the end is reached,
    // which is where the checksum is compared.
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

/// An error of the zip reader, without its own words around it.
fn plain(error: &ZipError) -> String {
    match error {
        ZipError::Io(error) => error.to_string(),
        ZipError::InvalidArchive(reason) => reason.to_string(),
        ZipError::UnsupportedArchive(reason) => (*reason).to_owned(),
        other => other.to_string(),
    }
}
