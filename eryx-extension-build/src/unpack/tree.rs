//! Trees, that is `.tar.gz` archives.

use std::io::{BufRead as _, Cursor, Read};

use flate2::bufread::GzDecoder;
use tar::{Archive, EntryType};

use super::{Collector, Error, Files, Limits, checked_path, limit_by_ratio};

/// The most bytes that a file takes in the tar archive besides its contents: a header, the padding
/// of its last block, and the blocks of a long name.
const OVERHEAD: u64 = 4096;

pub(super) fn unpack(archive: &[u8], limits: &Limits) -> Result<Files, Error> {
    let tar = decompress(archive, limits)?;
    let mut collector = Collector::new(archive, limits);
    let mut reader = Archive::new(Cursor::new(tar.as_slice()));
    for entry in reader.entries().map_err(|error| broken(&error))? {
        let mut entry = entry.map_err(|error| broken(&error))?;
        collector.count_entry()?;
        let kind = entry.header().entry_type();
        // A comment on the whole archive, as git writes one.
        if kind.is_pax_global_extensions() {
            continue;
        }
        let raw = entry.path_bytes().into_owned();
        // With `tar -C directory -c .` every name begins with `./`.
        let raw = raw.strip_prefix(b"./").unwrap_or(&raw);
        if kind.is_dir() {
            let directory = raw.strip_suffix(b"/").unwrap_or(raw);
            if !directory.is_empty() && directory != b"." {
                collector.add_directory(checked_path(directory)?);
            }
            continue;
        }
        let path = checked_path(raw)?;
        if !kind.is_file() {
            return Err(Error::Kind {
                path: path.to_owned(),
                kind: describe(kind),
            });
        }
        let size = entry.size();
        collector.check_size(size)?;
        let mut bytes = Vec::new();
        let content = |reason| Error::Content {
            path: path.to_owned(),
            reason,
        };
        entry
            .read_to_end(&mut bytes)
            .map_err(|error| content(error.to_string()))?;
        if bytes.len() as u64 != size {
            return Err(content(format!(
                "its size is not the {size} bytes of its header"
            )));
        }
        collector.add_file(path, bytes)?;
    }
    // The tar archive ends with blocks of zeros; what follows belongs to no entry.
    let mut cursor = reader.into_inner();
    let rest = cursor.fill_buf().map_err(|error| broken(&error))?;
    if rest.iter().any(|byte| *byte != 0) {
        return Err(Error::Unexpected("bytes after the end of its tar archive"));
    }
    collector.finish()
}

/// Decompresses the tar archive, up to the size of the largest that the limits allow.
fn decompress(archive: &[u8], limits: &Limits) -> Result<Vec<u8>, Error> {
    let overhead = OVERHEAD.saturating_mul(limits.entries as u64);
    let most = limits
        .total
        .saturating_add(overhead)
        .min(limit_by_ratio(archive.len() as u64, limits).saturating_add(OVERHEAD));
    let mut tar = Vec::new();
    let mut decoder = GzDecoder::new(archive).take(most.saturating_add(1));
    decoder
        .read_to_end(&mut tar)
        .map_err(|error| broken(&error))?;
    if tar.len() as u64 > most {
        return Err(Error::Limit(format!("{most} bytes in total")));
    }
    if !decoder.into_inner().into_inner().is_empty() {
        return Err(Error::Unexpected("bytes after its end"));
    }
    Ok(tar)
}

fn broken(error: &std::io::Error) -> Error {
    Error::Broken {
        format: ".tar.gz",
        reason: error.to_string(),
    }
}

fn describe(kind: EntryType) -> String {
    match kind {
        EntryType::Symlink => "a symbolic link".to_owned(),
        EntryType::Link => "a hard link".to_owned(),
        EntryType::Char | EntryType::Block => "a device".to_owned(),
        EntryType::Fifo => "a pipe".to_owned(),
        EntryType::GNUSparse => "a sparse file".to_owned(),
        other => format!("of the kind {:?}", char::from(other.as_byte())),
    }
}
