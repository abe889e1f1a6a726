//! Files that the host writes, reads, lists and removes.

use super::inode::{InodeId, Kind, ROOT};
use super::path::Name;
use super::tree::{FileSystem, Place};
use crate::bindings::exports::eryx::sandbox::files::{Entry, FileError};
use crate::system::error::ErrorCode;
use crate::system::memory::has_room;

/// Writes a file, in place of the one that may be there.
///
/// Creates the directories on the way, in the root as well, where a program cannot create any.
pub(crate) fn write(
    files: &mut FileSystem,
    path: &str,
    contents: &[u8],
    now: u64,
) -> Result<(), FileError> {
    let mut write = || {
        let path = relative(path)?;
        if let Some((directories, _)) = path.rsplit_once('/') {
            create_directories(files, directories, now)?;
        }
        let mut name = Name::default();
        let place = files.place(ROOT, path.as_bytes(), true, &mut name)?;
        if !has_room(contents.len()) {
            return Err(ErrorCode::InsufficientSpace);
        }
        let inode = match place.inode {
            Some(inode) => inode,
            None if path.ends_with('/') => return Err(ErrorCode::IsDirectory),
            None => create(files, &place, Kind::file(), now)?,
        };
        let inode = files.writable(inode)?;
        let Kind::File(content) = &mut inode.kind else {
            return Err(ErrorCode::IsDirectory);
        };
        content.resize(0)?;
        if content.write(0, contents)? < contents.len() {
            return Err(ErrorCode::InsufficientSpace);
        }
        inode.touch(now);
        Ok(())
    };
    write().map_err(for_host)
}

/// Returns the contents of a file of at most `limit` bytes.
pub(crate) fn read(files: &FileSystem, path: &str, limit: u64) -> Result<Vec<u8>, FileError> {
    let find = || {
        let inode = files.look_up(ROOT, relative(path)?.as_bytes(), true)?;
        match &files.inode(inode)?.kind {
            Kind::File(content) => Ok(content),
            Kind::Directory(_) => Err(ErrorCode::IsDirectory),
            Kind::Link(_) | Kind::Device(_) => Err(ErrorCode::Invalid),
        }
    };
    let content = find().map_err(for_host)?;
    let size = content.size();
    if size > limit {
        return Err(FileError::TooLarge(size));
    }
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if !has_room(size) {
        return Err(for_host(ErrorCode::InsufficientMemory));
    }
    let mut bytes = vec![0; size];
    content.read(0, &mut bytes);
    Ok(bytes)
}

/// Lists a directory.
pub(crate) fn list(files: &FileSystem, path: &str) -> Result<Vec<Entry>, FileError> {
    let list = || {
        let inode = files.look_up(ROOT, relative(path)?.as_bytes(), true)?;
        let entries = &files.directory(inode)?.entries;
        if !has_room(entries.len() * 512) {
            return Err(ErrorCode::InsufficientMemory);
        }
        let entries = entries.iter().map(|(name, id)| {
            let inode = files.inode(*id)?;
            Ok(Entry {
                name: String::from_utf8_lossy(name).into_owned(),
                size: inode.size(),
                is_directory: inode.is_directory(),
            })
        });
        entries.collect()
    };
    list().map_err(for_host)
}

/// Removes a file, or a directory and everything in it.
pub(crate) fn remove(files: &mut FileSystem, path: &str, now: u64) -> Result<(), FileError> {
    let mut remove = || {
        let mut name = Name::default();
        let place = files.place(ROOT, relative(path)?.as_bytes(), false, &mut name)?;
        let inode = place.inode.ok_or(ErrorCode::NoEntry)?;
        files.writable(place.directory)?;
        // What is still to be removed, each in the one before it.
        let mut stack: Vec<(Box<[u8]>, InodeId)> = vec![(place.name.into(), inode)];
        while let Some((name, inode)) = stack.last() {
            let child = files.directory(*inode).ok();
            let child = child.and_then(|directory| directory.entries.first_key_value());
            if let Some((name, child)) = child {
                let child = (name.clone(), *child);
                stack
                    .try_reserve(1)
                    .map_err(|_| ErrorCode::InsufficientMemory)?;
                stack.push(child);
                continue;
            }
            let parent = stack.len().checked_sub(2);
            let parent = parent.and_then(|index| stack.get(index));
            let place = Place {
                directory: parent.map_or(place.directory, |(_, parent)| *parent),
                name,
                inode: Some(*inode),
            };
            if files.inode(*inode)?.is_directory() {
                files.remove_directory(&place, now)?;
            } else {
                files.remove_file(&place, now)?;
            }
            stack.pop();
        }
        Ok(())
    };
    remove().map_err(for_host)
}

/// Creates the missing directories of a path.
fn create_directories(files: &mut FileSystem, path: &str, now: u64) -> Result<(), ErrorCode> {
    let ends = path.match_indices('/').map(|(end, _)| end);
    for end in ends.chain([path.len()]) {
        let path = &path.as_bytes()[..end];
        let mut name = Name::default();
        let place = files.place(ROOT, path, true, &mut name)?;
        if let Some(inode) = place.inode {
            files.directory(inode)?;
        } else {
            let kind = Kind::directory(place.directory);
            create(files, &place, kind, now)?;
        }
    }
    Ok(())
}

/// Creates a file or directory; the host can do so in the root as well.
fn create(
    files: &mut FileSystem,
    place: &Place<'_>,
    kind: Kind,
    now: u64,
) -> Result<InodeId, ErrorCode> {
    let is_root = place.directory == ROOT;
    if is_root {
        files.inode_mut(ROOT)?.writable = true;
    }
    let result = files.create(place, kind, now);
    if is_root {
        files.inode_mut(ROOT)?.writable = false;
    }
    result
}

/// An absolute path, relative to the root.
fn relative(path: &str) -> Result<&str, ErrorCode> {
    match path.trim_start_matches('/') {
        _ if !path.starts_with('/') || path.contains('\0') => Err(ErrorCode::Invalid),
        "" => Ok("."),
        path => Ok(path),
    }
}

/// The error, as the host gets it.
fn for_host(error: ErrorCode) -> FileError {
    match error {
        ErrorCode::NoEntry => FileError::NotFound,
        ErrorCode::IsDirectory => FileError::IsDirectory,
        ErrorCode::NotDirectory => FileError::NotDirectory,
        ErrorCode::ReadOnly => FileError::ReadOnly,
        ErrorCode::NameTooLong => FileError::PathTooLong,
        ErrorCode::Loop => FileError::TooManyLinks,
        ErrorCode::InsufficientMemory | ErrorCode::InsufficientSpace => FileError::NoMemory,
        _ => FileError::InvalidPath,
    }
}
