//! What is in a store, and making room in it.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::image_store::{ImageStore, Kind};
use crate::error::ImageError;

/// What a file is called while it is being written.
pub(super) const MAKING: &str = ".making-";
/// What an entry is called that was not what was written.
pub(super) const ASIDE: &str = ".aside-";
/// The ending of a lock.
pub(super) const LOCK: &str = ".lock";
/// The ending of a note on an image's last use.
const USED: &str = ".used";

/// No file is being written for so long: whoever did so is gone.
const ABANDONED: Duration = Duration::from_hours(1);

/// An entry, as far as its file says it.
pub(crate) struct Listed {
    pub(crate) key: String,
    /// In bytes.
    pub(crate) size: u64,
    /// When it was last made or loaded.
    pub(crate) last_used: SystemTime,
}

/// What was removed from a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pruned {
    /// How many files.
    pub files: usize,
    /// How many bytes they had.
    pub bytes: u64,
}

impl ImageStore {
    /// Removes what was not used for the longest time, until the store holds no more than so many
    /// bytes: images, the compiled parts they share, and what was left over or set aside.
    ///
    /// A sandbox that is in use keeps running; its image is made again when it is next asked for.
    ///
    /// # Errors
    ///
    /// If others can write to the folder.
    pub fn prune(&self, bytes: u64) -> Result<Pruned, ImageError> {
        self.check()?;
        Ok(self.shrink(bytes, None))
    }

    /// Keeps to the limit, having just put something.
    pub(super) fn make_room(&self, newest: &Path) {
        self.shrink(self.limit, Some(newest));
    }

    fn shrink(&self, limit: u64, spare: Option<&Path>) -> Pruned {
        let mut pruned = Pruned::default();
        let mut entries = Vec::new();
        for kind in Kind::ALL {
            for path in self.files(kind).filter(|path| is_left_over(path)) {
                pruned.remove(&path);
            }
            // What was set aside goes first.
            let aside = self
                .files(kind)
                .filter(|path| name(path).starts_with(ASIDE));
            let aside = aside.filter_map(|path| {
                let size = fs::symlink_metadata(&path).ok()?.len();
                Some((SystemTime::UNIX_EPOCH, size, path))
            });
            entries.extend(aside);
            let listed = self.entries(kind).into_iter();
            entries.extend(listed.filter_map(|entry| {
                let path = self.entry(kind, &entry.key).ok()?;
                Some((entry.last_used, entry.size, path))
            }));
        }
        entries.sort();
        let mut total: u64 = entries.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in entries {
            if total <= limit {
                break;
            }
            if spare != Some(&path) && pruned.remove(&path) {
                let _ = fs::remove_file(used(&path));
                total -= size;
            }
        }
        pruned
    }

    /// The entries of a kind, the one used last first.
    pub(crate) fn entries(&self, kind: Kind) -> Vec<Listed> {
        let entries = self.files(kind).filter_map(|path| {
            let key = path.file_name()?.to_str()?.to_owned();
            let is_entry = !key.starts_with('.') && !key.ends_with(LOCK) && !key.ends_with(USED);
            let metadata = is_entry.then(|| fs::symlink_metadata(&path).ok())??;
            let noted = fs::symlink_metadata(used(&path)).and_then(|it| it.modified());
            Some(Listed {
                key,
                size: metadata.len(),
                last_used: noted.or_else(|_| metadata.modified()).ok()?,
            })
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.last_used));
        entries
    }

    fn files(&self, kind: Kind) -> impl Iterator<Item = PathBuf> {
        let folder = self
            .folder
            .as_ref()
            .map(|folder| folder.join(kind.folder()));
        let entries = folder.and_then(|folder| fs::read_dir(folder).ok());
        let entries = entries.into_iter().flatten().flatten();
        entries.map(|entry| entry.path())
    }
}

impl Pruned {
    /// Removes a file, or does not, as on systems where a file in use cannot be.
    fn remove(&mut self, path: &Path) -> bool {
        let size = fs::symlink_metadata(path).map_or(0, |metadata| metadata.len());
        let removed = fs::remove_file(path).is_ok();
        if removed {
            self.files += 1;
            self.bytes += size;
        }
        removed
    }
}

/// Where the note on an entry's last use is.
pub(super) fn used(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(USED);
    name.into()
}

/// Whether nobody will come back for a file.
fn is_left_over(path: &Path) -> bool {
    let name = name(path);
    if let Some(image) = name.strip_suffix(USED) {
        return !path.with_file_name(image).exists();
    }
    let age = || {
        fs::symlink_metadata(path)
            .ok()?
            .modified()
            .ok()?
            .elapsed()
            .ok()
    };
    name.starts_with(MAKING) && age().is_some_and(|age| age > ABANDONED)
}

fn name(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}
