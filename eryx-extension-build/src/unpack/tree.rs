//! `.tar.gz` trees.

use std::io::{Cursor, Read};

use flate2::bufread::GzDecoder;
use tar::{Archive, EntryType};

use super::{Error, Files, Limits, Unpacked, checked_path, swell};

/// What every file costs in the tar archive besides its bytes, at most: a header, the filling of
/// its last block, and the blocks of a long name.
const OVERHEAD: u64 = 4096;

pub(super) fn unpack(archive: &[u8], limits: &Limits) -> Result<Files, Error> {
    let tar = decompress(archive, limits)?;
    let mut unpacked = Unpacked::new(archive, limits);
    let mut reader = Archive::new(Cursor::new(tar.as_slice()));
    for entry in reader.entries().map_err(|error| broken(&error))? {
        let mut entry = entry.map_err(|error| broken(&error))?;
        unpacked.count()?;
        let kind = entry.header().entry_type();
        // A comment for the whole archive, such as git leaves.
        if kind.is_pax_global_extensions() {
            continue;
        }
        let raw = entry.path_bytes().into_owned();
        // `tar -C folder -c .` names everything from `./`.
        let raw = raw.strip_prefix(b"./").unwrap_or(&raw);
        let folder = raw.strip_suffix(b"/").unwrap_or(raw);
        if kind.is_dir() {
            if !folder.is_empty() && folder != b"." {
                unpacked.add_folder(checked_path(folder)?);
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
        unpacked.permit(size)?;
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
        unpacked.add_file(path, bytes)?;
    }
    let cursor = reader.into_inner();
    let rest = usize::try_from(cursor.position())
        .ok()
        .and_then(|position| tar.get(position..))
        .unwrap_or_default();
    if rest.iter().any(|byte| *byte != 0) {
        return Err(Error::Foreign("bytes after the end of its tar archive"));
    }
    unpacked.finish()
}

/// The tar archive, which is never larger than all that the limits permit.
fn decompress(archive: &[u8], limits: &Limits) -> Result<Vec<u8>, Error> {
    let overhead = OVERHEAD.saturating_mul(limits.entries as u64);
    let most = limits
        .total
        .saturating_add(overhead)
        .min(swell(archive.len() as u64, limits).saturating_add(OVERHEAD));
    let mut tar = Vec::new();
    let mut decoder = GzDecoder::new(archive).take(most.saturating_add(1));
    decoder
        .read_to_end(&mut tar)
        .map_err(|error| broken(&error))?;
    if tar.len() as u64 > most {
        return Err(Error::Limit(format!("{most} bytes in all")));
    }
    if !decoder.into_inner().into_inner().is_empty() {
        return Err(Error::Foreign("bytes after its end"));
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
