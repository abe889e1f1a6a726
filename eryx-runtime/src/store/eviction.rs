//! What is in a store, and making room in it.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::kind::{ASIDE, Kind, LOCK, MAKING, USED, used};

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

/// Removes what was not used for the longest time, until a store holds no more than `limit` bytes.
/// `spare` stays in any case.
pub(super) fn shrink(root: &Path, limit: u64, spare: Option<&Path>) -> Pruned {
    let mut pruned = Pruned::default();
    let mut removable = Vec::new();
    for kind in Kind::ALL {
        for path in files(root, kind).filter(|path| is_left_over(path)) {
            pruned.remove(&path);
        }
        // What was set aside goes first.
        let aside = files(root, kind).filter(|path| name(path).starts_with(ASIDE));
        let aside = aside.filter_map(|path| {
            let size = fs::symlink_metadata(&path).ok()?.len();
            Some((SystemTime::UNIX_EPOCH, size, path))
        });
        removable.extend(aside);
        let entries = entries(root, kind).into_iter();
        removable.extend(entries.map(|entry| {
            let path = root.join(kind.folder()).join(&entry.key);
            (entry.last_used, entry.size, path)
        }));
    }
    removable.sort();
    let mut total: u64 = removable.iter().map(|(_, size, _)| size).sum();
    for (_, size, path) in removable {
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
pub(super) fn entries(root: &Path, kind: Kind) -> Vec<Listed> {
    let entries = files(root, kind).filter_map(|path| {
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

fn files(root: &Path, kind: Kind) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(root.join(kind.folder())).ok();
    let entries = entries.into_iter().flatten().flatten();
    entries.map(|entry| entry.path())
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
