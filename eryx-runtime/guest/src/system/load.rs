//! Putting trees of files into the file system, before any program runs.

use super::abi::has_room;
use super::content::Content;
use super::nodes::{FileSystem, Kind, NodeId, ROOT, directory};
use super::system;
use crate::exports::eryx::sandbox::files::File;

/// Puts a tree at a folder that is made for it.
///
/// The contents stay in the one block that they came in: what no program opens is never touched.
pub(crate) fn load(folder: &str, tree: &[File], contents: Vec<u8>) -> Result<(), String> {
    let mut contents: &'static [u8] = contents.leak();
    system(|system| {
        let files = &mut system.files;
        let folder = make_folder(files, ROOT, folder.trim_start_matches('/'))?;
        for file in tree {
            let bytes = usize::try_from(file.size).unwrap_or(usize::MAX);
            let Some((bytes, rest)) = contents.split_at_checked(bytes) else {
                return Err(format!("{}: its contents are missing", file.path));
            };
            contents = rest;
            let (parent, name) = match file.path.rsplit_once('/') {
                Some((parent, name)) => (make_folder(files, folder, parent)?, name),
                None => (folder, &*file.path),
            };
            check(files, parent, name, &file.path)?;
            files.found(
                parent,
                name.as_bytes(),
                Kind::File(Content::Loaded(bytes)),
                false,
            );
        }
        if contents.is_empty() {
            Ok(())
        } else {
            Err("there are contents that belong to no file".to_owned())
        }
    })
}

/// The folder of a path, which is made if it is not there.
fn make_folder(files: &mut FileSystem, start: NodeId, path: &str) -> Result<NodeId, String> {
    path.split('/').try_fold(start, |parent, name| {
        let found = files.directory(parent).ok();
        let found = found.and_then(|directory| directory.entries.get(name.as_bytes()).copied());
        match found {
            Some(id) if files.directory(id).is_ok() => Ok(id),
            Some(_) => Err(format!("{path}: {name} is a file already")),
            None => {
                check(files, parent, name, path)?;
                Ok(files.found(parent, name.as_bytes(), directory(parent), false))
            }
        }
    })
}

/// Checks that a name can be given to something new.
fn check(files: &FileSystem, parent: NodeId, name: &str, path: &str) -> Result<(), String> {
    let taken = files
        .directory(parent)
        .is_ok_and(|directory| directory.entries.contains_key(name.as_bytes()));
    match () {
        () if taken => Err(format!("{path} is there already")),
        () if matches!(name, "" | "." | "..") || name.len() > 255 => {
            Err(format!("{path} cannot be a path: it has the part {name:?}"))
        }
        () if !has_room(0) => Err(format!("{path}: no memory left for its name")),
        () => Ok(()),
    }
}
