//! From a path to an inode.

use super::inode::{InodeId, Kind, ROOT};
use super::tree::{FileSystem, Place};
use crate::system::error::ErrorCode;

/// The longest path, in bytes.
pub(crate) const PATH_LIMIT: usize = 4096;
/// The longest name of a file, in bytes.
pub(super) const NAME_LIMIT: usize = 255;
/// The most links that a path may lead through.
const LINK_LIMIT: usize = 40;

impl FileSystem {
    /// Returns the inode that a relative path leads to.
    pub(crate) fn look_up(
        &self,
        start: InodeId,
        path: &[u8],
        follow: bool,
    ) -> Result<InodeId, ErrorCode> {
        self.walk(start, path, follow)?
            .inode
            .ok_or(ErrorCode::NoEntry)
    }

    /// Returns the place that a relative path leads to, to create, rename or remove something there.
    ///
    /// Copies the name into `buffer`, so that it outlives changes to the file system.
    pub(crate) fn place<'b>(
        &self,
        start: InodeId,
        path: &[u8],
        follow: bool,
        buffer: &'b mut Name,
    ) -> Result<Place<'b>, ErrorCode> {
        let place = self.walk(start, path, follow)?;
        Ok(Place {
            directory: place.directory,
            name: buffer.set(place.name)?,
            inode: place.inode,
        })
    }

    /// Follows a path name by name; with `follow`, also a link at its end.
    fn walk<'a>(
        &'a self,
        start: InodeId,
        path: &'a [u8],
        follow: bool,
    ) -> Result<Place<'a>, ErrorCode> {
        match path {
            [] => return Err(ErrorCode::NoEntry),
            // libc passes paths relative to an open directory, also for the root.
            [b'/', ..] => return Err(ErrorCode::NotPermitted),
            path if path.len() > PATH_LIMIT => return Err(ErrorCode::NameTooLong),
            _ => {}
        }
        let mut directory = start;
        self.directory(directory)?;
        let mut wants_directory = path.ends_with(b"/");
        // The names that are still to follow, the next one last.
        let mut names = Vec::new();
        push(&mut names, path)?;
        let mut links = 0;
        while let Some(name) = names.pop() {
            if name == b".." {
                directory = self.directory(directory)?.parent;
                continue;
            }
            if name.len() > NAME_LIMIT {
                return Err(ErrorCode::NameTooLong);
            }
            let is_last = names.is_empty();
            let found = self.directory(directory)?.entries.get(name).copied();
            let Some(id) = found else {
                return if is_last {
                    Ok(Place {
                        directory,
                        name,
                        inode: None,
                    })
                } else {
                    Err(ErrorCode::NoEntry)
                };
            };
            match &self.inode(id)?.kind {
                Kind::Link(target) if !is_last || follow || wants_directory => {
                    links += 1;
                    if links > LINK_LIMIT {
                        return Err(ErrorCode::Loop);
                    }
                    if target.starts_with(b"/") {
                        directory = ROOT;
                    }
                    wants_directory |= is_last && target.ends_with(b"/");
                    push(&mut names, target)?;
                }
                Kind::Directory(_) if !is_last => directory = id,
                kind => {
                    let is_directory = matches!(kind, Kind::Directory(_));
                    if !is_last || (wants_directory && !is_directory) {
                        return Err(ErrorCode::NotDirectory);
                    }
                    return Ok(Place {
                        directory,
                        name,
                        inode: Some(id),
                    });
                }
            }
        }
        Ok(Place {
            directory,
            name: b"",
            inode: Some(directory),
        })
    }
}

/// A copy of the last name of a path.
#[derive(Default)]
pub(crate) struct Name(Vec<u8>);

impl Name {
    fn set(&mut self, name: &[u8]) -> Result<&[u8], ErrorCode> {
        self.0.clear();
        let reserved = self.0.try_reserve_exact(name.len());
        reserved.map_err(|_| ErrorCode::InsufficientMemory)?;
        self.0.extend_from_slice(name);
        Ok(&self.0)
    }
}

/// Puts the names of a path in front of those that are still to follow. A dot names nothing.
fn push<'a>(names: &mut Vec<&'a [u8]>, path: &'a [u8]) -> Result<(), ErrorCode> {
    let parts = || path.split(|byte| *byte == b'/').rev();
    let parts = || parts().filter(|part| !part.is_empty() && *part != b".");
    names
        .try_reserve(parts().count())
        .map_err(|_| ErrorCode::InsufficientMemory)?;
    names.extend(parts());
    Ok(())
}
