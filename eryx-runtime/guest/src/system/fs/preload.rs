//! Adding trees of files to the file system before any program runs.

use super::content::Content;
use super::inode::{InodeId, Kind, ROOT};
use super::path::NAME_LIMIT;
use super::tree::FileSystem;
use crate::bindings::exports::eryx::sandbox::files::File;
use crate::system::memory::has_room;

impl FileSystem {
    /// Adds a tree of files in a directory that is made for it.
    ///
    /// The contents stay in the block in which they arrived: a run touches only those of the files
    /// that it opens.
    pub(crate) fn preload(
        &mut self,
        directory: &str,
        tree: &[File],
        mut contents: &'static [u8],
    ) -> Result<(), String> {
        let directory = self.initial_directory(ROOT, directory.trim_start_matches('/'))?;
        for file in tree {
            let size = usize::try_from(file.size).unwrap_or(usize::MAX);
            let Some((bytes, rest)) = contents.split_at_checked(size) else {
                return Err(format!("{}: its contents are missing", file.path));
            };
            contents = rest;
            let (parent, name) = match file.path.rsplit_once('/') {
                Some((parent, name)) => (self.initial_directory(directory, parent)?, name),
                None => (directory, &*file.path),
            };
            self.check_initial(parent, name, &file.path)?;
            let kind = Kind::File(Content::Preloaded(bytes));
            self.add_initial(parent, name.as_bytes(), kind, false);
        }
        if contents.is_empty() {
            Ok(())
        } else {
            Err("some contents belong to no file".to_owned())
        }
    }

    /// Returns the directory of a path, and creates what is missing of it.
    fn initial_directory(&mut self, start: InodeId, path: &str) -> Result<InodeId, String> {
        path.split('/').try_fold(start, |parent, name| {
            let found = self.directory(parent).ok();
            let found = found.and_then(|directory| directory.entries.get(name.as_bytes()).copied());
            match found {
                Some(id) if self.directory(id).is_ok() => Ok(id),
                Some(_) => Err(format!("{path}: {name} is a file already")),
                None => {
                    self.check_initial(parent, name, path)?;
                    let kind = Kind::directory(parent);
                    Ok(self.add_initial(parent, name.as_bytes(), kind, false))
                }
            }
        })
    }

    /// Checks that a name can be added.
    fn check_initial(&self, parent: InodeId, name: &str, path: &str) -> Result<(), String> {
        let taken = self
            .directory(parent)
            .is_ok_and(|directory| directory.entries.contains_key(name.as_bytes()));
        match () {
            () if taken => Err(format!("{path} exists already")),
            () if matches!(name, "" | "." | "..") || name.len() > NAME_LIMIT => {
                Err(format!("{path} is no valid path: it has the part {name:?}"))
            }
            () if !has_room(0) => Err(format!("{path}: no memory is left for its name")),
            () => Ok(()),
        }
    }
}
