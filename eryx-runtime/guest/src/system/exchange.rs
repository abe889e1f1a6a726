//! Files that the host puts in and takes out.

use super::abi::has_room;
use super::content::{Blocks, Content};
use super::error::ErrorCode;
use super::nodes::{FileSystem, Kind, NodeId, ROOT, directory};
use super::paths::Name;
use super::{System, system};
use crate::exports::eryx::sandbox::files::Entry;

/// Puts something into a file, in place of what may be there.
///
/// The folders on the way are made, in the root as well, where a program cannot make any.
pub(crate) fn write_at(path: &str, contents: &[u8]) -> Result<(), String> {
    with(|system| {
        let files = &mut system.files;
        let path = relative(path)?;
        if let Some((folders, _)) = path.rsplit_once('/') {
            make_folders(files, folders)?;
        }
        let mut name = Name::default();
        let place = files.place(ROOT, path.as_bytes(), true, &mut name)?;
        if !has_room(contents.len()) {
            return Err(ErrorCode::InsufficientSpace);
        }
        let node = match place.node {
            Some(node) => node,
            None if path.ends_with('/') => return Err(ErrorCode::IsDirectory),
            None => {
                let empty = Kind::File(Content::Written(Blocks::default()));
                in_root(files, place.directory, |files| files.create(&place, empty))?
            }
        };
        let node = files.writable(node)?;
        let Kind::File(content) = &mut node.kind else {
            return Err(ErrorCode::IsDirectory);
        };
        content.resize(0)?;
        if content.write(0, contents)? < contents.len() {
            return Err(ErrorCode::InsufficientSpace);
        }
        node.touch();
        Ok(())
    })
}

/// What is in a file, if that is not more than so many bytes.
pub(crate) fn read_at(path: &str, most: u64) -> Result<Vec<u8>, String> {
    let bytes = with(|system| {
        let files = &system.files;
        let node = files.look_up(ROOT, relative(path)?.as_bytes(), true)?;
        let content = match &files.node(node)?.kind {
            Kind::File(content) => content,
            Kind::Directory(_) => return Err(ErrorCode::IsDirectory),
            Kind::Link(_) | Kind::Device(_) => return Err(ErrorCode::Invalid),
        };
        let size = content.size();
        if size > most {
            return Ok(Err(format!("it has {size} bytes, and {most} were allowed")));
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if !has_room(size) {
            return Err(ErrorCode::InsufficientMemory);
        }
        let mut bytes = vec![0; size];
        content.read(0, &mut bytes);
        Ok(Ok(bytes))
    });
    bytes.flatten()
}

/// What is in a folder.
pub(crate) fn list_at(path: &str) -> Result<Vec<Entry>, String> {
    with(|system| {
        let files = &system.files;
        let node = files.look_up(ROOT, relative(path)?.as_bytes(), true)?;
        let entries = &files.directory(node)?.entries;
        if !has_room(entries.len() * 512) {
            return Err(ErrorCode::InsufficientMemory);
        }
        let entry = |(name, id): (&Box<[u8]>, &NodeId)| {
            let node = files.node(*id)?;
            Ok(Entry {
                name: String::from_utf8_lossy(name).into_owned(),
                size: node.size(),
                is_folder: node.is_directory(),
            })
        };
        entries.iter().map(entry).collect()
    })
}

/// Removes a file, or a folder and all that is in it.
pub(crate) fn remove_at(path: &str) -> Result<(), String> {
    with(|system| {
        let files = &mut system.files;
        let mut name = Name::default();
        let place = files.place(ROOT, relative(path)?.as_bytes(), false, &mut name)?;
        let node = place.node.ok_or(ErrorCode::NoEntry)?;
        files.writable(place.directory)?;
        // What is to be removed: each in the one before it.
        let mut stack: Vec<(Box<[u8]>, NodeId)> = vec![(place.name.into(), node)];
        while let Some((name, node)) = stack.last() {
            let inside = files.directory(*node).ok();
            let inside = inside.and_then(|directory| directory.entries.first_key_value());
            if let Some((name, inside)) = inside {
                let inside = (name.clone(), *inside);
                stack.try_reserve(1).map_err(|_| ErrorCode::InsufficientMemory)?;
                stack.push(inside);
                continue;
            }
            let parent = stack.len().checked_sub(2).and_then(|index| stack.get(index));
            let place = super::paths::Place {
                directory: parent.map_or(place.directory, |(_, parent)| *parent),
                name,
                node: Some(*node),
            };
            if files.node(*node)?.is_directory() {
                files.remove_directory(&place)?;
            } else {
                files.remove_file(&place)?;
            }
            stack.pop();
        }
        Ok(())
    })
}

/// Makes the folders of a path that are not there.
fn make_folders(files: &mut FileSystem, path: &str) -> Result<(), ErrorCode> {
    let ends = path.match_indices('/').map(|(end, _)| end);
    for end in ends.chain([path.len()]) {
        let path = &path.as_bytes()[..end];
        let mut name = Name::default();
        let place = files.place(ROOT, path, true, &mut name)?;
        match place.node {
            Some(node) => files.directory(node).map(|_| ())?,
            None => {
                let new = directory(place.directory);
                in_root(files, place.directory, |files| files.create(&place, new))?;
            }
        }
    }
    Ok(())
}

/// Does something in a folder; the host can do so in the root as well.
fn in_root<T>(
    files: &mut FileSystem,
    folder: NodeId,
    act: impl FnOnce(&mut FileSystem) -> Result<T, ErrorCode>,
) -> Result<T, ErrorCode> {
    let is_root = folder == ROOT;
    if is_root {
        files.node_mut(ROOT)?.writable = true;
    }
    let result = act(files);
    if is_root {
        files.node_mut(ROOT)?.writable = false;
    }
    result
}

/// An absolute path, as it is from the root.
fn relative(path: &str) -> Result<&str, ErrorCode> {
    match path.trim_start_matches('/') {
        _ if !path.starts_with('/') || path.contains('\0') => Err(ErrorCode::Invalid),
        "" => Ok("."),
        path => Ok(path),
    }
}

fn with<T>(act: impl FnOnce(&mut System) -> Result<T, ErrorCode>) -> Result<T, String> {
    system(act).map_err(|error| {
        let text = match error {
            ErrorCode::NoEntry => "there is no such file or folder",
            ErrorCode::IsDirectory => "it is a folder",
            ErrorCode::NotDirectory => "it leads through a file, or is one",
            ErrorCode::ReadOnly => "it cannot be written to",
            ErrorCode::NameTooLong => "it is too long",
            ErrorCode::Loop => "it leads through too many links",
            ErrorCode::InsufficientMemory | ErrorCode::InsufficientSpace => "no memory is left for it",
            _ => "it has to be absolute, and lead to a file or folder",
        };
        text.to_owned()
    })
}
