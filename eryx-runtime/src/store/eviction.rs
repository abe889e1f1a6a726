//! Listing and evicting the entries of a store.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::kind::{ASIDE, Kind, LOCK, MAKING, USED, used};

/// The age after which a temporary file is taken for one that a crashed process left behind.
const ABANDONED: Duration = Duration::from_hours(1);

/// An entry of the store, described by its file's metadata.
pub(crate) struct Listed {
    pub(crate) key: String,
    /// The size of the file in bytes.
    pub(crate) size: u64,
    /// The time of the last write or load.
    pub(crate) last_used: SystemTime,
}

/// The result of [`ImageStore::prune`](crate::ImageStore::prune).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pruned {
    /// The number of removed files.
    pub files: usize,
    /// The total size of the removed files in bytes.
    pub bytes: u64,
}

/// Evicts the least recently used entries until the store has at most `limit` bytes. Entries that
/// were set aside go first; `protected` is never removed.
pub(super) fn shrink(root: &Path, limit: u64, protected: Option<&Path>) -> Pruned {
    let mut pruned = Pruned::default();
    let mut removable = Vec::new();
    for kind in Kind::ALL {
        for path in files(root, kind).filter(|path| is_left_over(path)) {
            pruned.remove(&path);
        }
        let aside = files(root, kind).filter(|path| name(path).starts_with(ASIDE));
        let aside = aside.filter_map(|path| {
            let size = fs::symlink_metadata(&path).ok()?.len();
            Some((SystemTime::UNIX_EPOCH, size, path))
        });
        removable.extend(aside);
        let entries = entries(root, kind).into_iter();
        removable.extend(entries.map(|entry| {
            let path = root.join(kind.directory()).join(&entry.key);
            (entry.last_used, entry.size, path)
        }));
    }
    removable.sort();
    let mut total: u64 = removable.iter().map(|(_, size, _)| size).sum();
    for (_, size, path) in removable {
        if total <= limit {
            break;
        }
        if protected != Some(&path) && pruned.remove(&path) {
            let _ = fs::remove_file(used(&path));
            total -= size;
        }
    }
    pruned
}

/// Lists the entries of a kind, the most recently used first.
pub(super) fn entries(root: &Path, kind: Kind) -> Vec<Listed> {
    let entries = files(root, kind).filter_map(|path| {
        let key = path.file_name()?.to_str()?.to_owned();
        let is_entry = !key.starts_with('.') && !key.ends_with(LOCK) && !key.ends_with(USED);
        let metadata = is_entry.then(|| fs::symlink_metadata(&path).ok())??;
        let last_use = fs::symlink_metadata(used(&path)).and_then(|it| it.modified());
        Some(Listed {
            key,
            size: metadata.len(),
            last_used: last_use.or_else(|_| metadata.modified()).ok()?,
        })
    });
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.last_used));
    entries
}

fn files(root: &Path, kind: Kind) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(root.join(kind.directory())).ok();
    let entries = entries.into_iter().flatten().flatten();
    entries.map(|entry| entry.path())
}

impl Pruned {
    /// Removes a file and counts it. Returns false if the system refuses, as Windows does for a
    /// file that is in use.
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

/// Whether a file is an old temporary file, or the note of an entry that is gone.
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
