//! What is in a store, and making room in it.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{ImageStore, Kind};
use crate::error::ImageError;
use crate::manifest::Manifest;
use crate::sealed::Sealed;

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

/// An image in a store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Kept {
    /// Its [id](crate::Image::id).
    pub id: String,
    /// The packages in it, by name and version, and the modules imported beforehand. Empty if the
    /// file is not readable as an image of this version.
    pub contents: String,
    /// The size of its file, in bytes.
    pub size: u64,
    /// When it was last made or loaded.
    pub last_used: SystemTime,
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
    /// The images in the store, the one used last first.
    ///
    /// # Errors
    ///
    /// If others can write to the folder.
    pub fn list(&self) -> Result<Vec<Kept>, ImageError> {
        self.check()?;
        let mut images = self.kept(Kind::Image);
        images.sort_by_key(|kept| std::cmp::Reverse(kept.last_used));
        for image in &mut images {
            let sealed = self.entry(Kind::Image, &image.id);
            let sealed = sealed.and_then(fs::File::open).ok();
            let sealed = sealed.and_then(|file| Sealed::open(file).ok()?.ok());
            let manifest = sealed.and_then(|sealed| Manifest::parse(&sealed.text));
            image.contents = manifest.map(|it| it.contents).unwrap_or_default();
        }
        Ok(images)
    }

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
            let kept = self.kept(kind).into_iter();
            entries.extend(kept.filter_map(|kept| {
                let path = self.entry(kind, &kept.id).ok()?;
                Some((kept.last_used, kept.size, path))
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

    /// The entries of a kind, without what only their contents say.
    pub(super) fn kept(&self, kind: Kind) -> Vec<Kept> {
        let entries = self.files(kind).filter_map(|path| {
            let id = path.file_name()?.to_str()?.to_owned();
            let is_entry = !id.starts_with('.') && !id.ends_with(LOCK) && !id.ends_with(USED);
            let metadata = is_entry.then(|| fs::symlink_metadata(&path).ok())??;
            let noted = fs::symlink_metadata(used(&path)).and_then(|it| it.modified());
            Some(Kept {
                id,
                contents: String::new(),
                size: metadata.len(),
                last_used: noted.or_else(|_| metadata.modified()).ok()?,
            })
        });
        entries.collect()
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
