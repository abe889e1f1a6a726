//! What was made once, kept in one folder: images, and the compiled parts that others can use.
//!
//! ```text
//! CACHEDIR.TAG        backups leave this folder out
//! images/ID           an image: the memory that its instances begin with, and what code it runs
//! code/HASH           a compiled module, which many images can share
//! functions/HASH      functions of extensions that were compiled for one module and not before
//! …/NAME.used         which file of that name was found to be whole; its time is the last use
//! …/NAME.lock         while it is being made
//! ```
//!
//! What is here is run as machine code. So the folder belongs to the user alone, an entry appears
//! whole or not at all, and one that is not what was written is set aside and made again. A folder
//! that cannot be written to is read as far as it goes, and nothing more is kept.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use eryx_artifact::AtomicFile;
use etcetera::BaseStrategy;

use super::eviction::{self, Listed, Pruned};
use super::kind::{self, Kind};
use super::permissions;
use super::sealed_file::{self, Sealed};
use crate::error::ImageError;

/// What a store may hold, in bytes, unless it is told otherwise.
const LIMIT: u64 = 4 << 30;

/// As the convention for cache folders has it.
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
                   # What eryx has compiled. It can be removed at any time.\n";

/// A folder of kept images.
///
/// What was not used for the longest time is removed when the folder grows beyond its limit.
#[derive(Clone, Debug)]
pub struct ImageStore {
    /// None where there is no place for one.
    folder: Option<PathBuf>,
    limit: u64,
}

/// An entry that is there, and so far looks like one.
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    pub(crate) sealed: Sealed,
}

impl ImageStore {
    /// The store in `eryx/` of the user's cache folder, or in the folder that the environment
    /// variable `ERYX_CACHE_DIR` names. For a user without such a folder nothing is kept.
    pub fn of_user() -> Self {
        let named = std::env::var_os("ERYX_CACHE_DIR").filter(|name| !name.is_empty());
        let folder = named.map(PathBuf::from).or_else(|| {
            let user = etcetera::choose_base_strategy().ok()?;
            Some(user.cache_dir().join("eryx"))
        });
        Self {
            folder,
            limit: LIMIT,
        }
    }

    /// The store in a folder, which is made when it is needed.
    pub fn at(directory: impl AsRef<Path>) -> Self {
        Self {
            folder: Some(directory.as_ref().to_owned()),
            limit: LIMIT,
        }
    }

    /// Sets what the store may hold, in bytes; 4 GiB if it is not set. The image made last is kept
    /// in any case.
    #[must_use]
    pub fn with_limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// The folder, whether it is there or not.
    pub fn path(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Refuses a folder in which others could put machine code.
    pub(crate) fn check(&self) -> Result<(), ImageError> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        permissions::check_above(folder)?;
        permissions::check(folder)?;
        for kind in Kind::ALL {
            permissions::check(&folder.join(kind.folder()))?;
        }
        Ok(())
    }

    /// An entry, if it is there. What is under its name and cannot be one is set aside.
    pub(crate) fn get(&self, kind: Kind, key: &str) -> Option<Entry> {
        let path = self.entry(kind, key).ok()?;
        let is_private =
            fs::symlink_metadata(&path).map(|it| it.is_file() && permissions::is_ours(&it));
        match is_private {
            Ok(true) => {
                let opened = File::open(&path).ok()?;
                if let Ok(Ok(sealed)) = Sealed::open(opened) {
                    return Some(Entry { path, sealed });
                }
            }
            Ok(false) => {}
            Err(_) => return None,
        }
        self.set_aside(kind, key);
        None
    }

    /// Notes that an entry is used now.
    pub(crate) fn touch(&self, kind: Kind, key: &str) {
        let touch = || -> io::Result<()> {
            let path = self.entry(kind, key)?;
            let used = kind::used(&path);
            let file = if used.exists() { used } else { path };
            let file = OpenOptions::new().append(true).open(file)?;
            file.set_modified(SystemTime::now())
        };
        // What cannot be noted is removed earlier, when there is need of room.
        let _ = touch();
    }

    /// Takes an entry out of the way that is not what was written; it stays until there is need of
    /// the room, for whoever wants to know what happened to it.
    pub(crate) fn set_aside(&self, kind: Kind, key: &str) {
        if let Ok(path) = self.entry(kind, key) {
            let aside = path.with_file_name(format!("{}{key}", kind::ASIDE));
            // If it cannot be moved, it will be found to be wrong again.
            let _ = fs::rename(&path, aside);
        }
    }

    /// Keeps an entry, in place of what may be under its name.
    pub(crate) fn put(
        &self,
        kind: Kind,
        key: &str,
        payload: &[u8],
        text: &str,
    ) -> io::Result<PathBuf> {
        let path = self.entry(kind, key)?;
        self.make_folder(kind)?;
        AtomicFile::new()
            .prefix(kind::MAKING)
            .durable()
            .write_with(&path, |file| sealed_file::write(file, payload, text))?;
        if kind.is_mapped() {
            mark_intact(&path);
        }
        eviction::shrink(self.root()?, self.limit, Some(&path));
        Ok(path)
    }

    /// Returns what `get` finds, or else makes it. While another process makes the same entry, this
    /// waits, and then looks again.
    pub(crate) fn get_or_make<T, E>(
        &self,
        kind: Kind,
        key: &str,
        get: impl Fn() -> Option<T>,
        make: impl FnOnce(Reserved<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(found) = get() {
            return Ok(found);
        }
        let lock = self.lock(kind, key);
        if lock.is_ok()
            && let Some(found) = get()
        {
            return Ok(found);
        }
        make(Reserved {
            store: self,
            kind,
            key,
            lock,
        })
    }

    /// Waits until nobody else makes this entry. Fails if nothing can be kept here.
    fn lock(&self, kind: Kind, key: &str) -> io::Result<Lock> {
        let path = self.entry(kind, &format!("{key}{}", kind::LOCK))?;
        self.make_folder(kind)?;
        let mut options = OpenOptions::new();
        let file = options
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)?;
        file.lock()?;
        Ok(Lock { path, _file: file })
    }

    /// The entries of a kind, the one used last first.
    pub(crate) fn entries(&self, kind: Kind) -> Vec<Listed> {
        let root = self.path();
        root.map_or_else(Vec::new, |root| eviction::entries(root, kind))
    }

    /// Removes what was not used for the longest time, until the store holds no more than so many
    /// bytes: images, the compiled code they share, and what was left over or set aside.
    ///
    /// A sandbox that is in use keeps running; its image is made again when it is next asked for.
    ///
    /// # Errors
    ///
    /// If others can write to the directory.
    pub fn prune(&self, bytes: u64) -> Result<Pruned, ImageError> {
        self.check()?;
        let root = self.path();
        Ok(root.map_or_else(Pruned::default, |root| eviction::shrink(root, bytes, None)))
    }

    pub(crate) fn entry(&self, kind: Kind, key: &str) -> io::Result<PathBuf> {
        Ok(self.root()?.join(kind.folder()).join(key))
    }

    fn root(&self) -> io::Result<&Path> {
        let missing = || io::Error::other("this user has no cache folder");
        self.path().ok_or_else(missing)
    }

    /// The folder of a kind, made if it is not there.
    fn make_folder(&self, kind: Kind) -> io::Result<PathBuf> {
        let root = self.root()?;
        let folder = root.join(kind.folder());
        make_private(&folder)?;
        let tag = root.join("CACHEDIR.TAG");
        if !tag.exists() {
            // Only backups miss it.
            let _ = fs::write(tag, TAG);
        }
        Ok(folder)
    }
}

/// An entry that is being made: others who want it wait as long as this lives.
pub(crate) struct Reserved<'s> {
    store: &'s ImageStore,
    kind: Kind,
    key: &'s str,
    lock: io::Result<Lock>,
}

impl Reserved<'_> {
    /// Puts the entry into the store, and returns the path of its file.
    pub(crate) fn put(self, payload: &[u8], text: &str) -> io::Result<PathBuf> {
        let _lock = self.lock?;
        self.store.put(self.kind, self.key, payload, text)
    }
}

/// The right to make an entry; it ends with this.
struct Lock {
    path: PathBuf,
    _file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Whoever waits has it open. Whoever comes now finds what was made, or makes it as well.
        let _ = fs::remove_file(&self.path);
    }
}

impl Entry {
    /// Whether the contents are what was written. What is mapped is looked at once for each time
    /// that its file has changed: to read it all takes far longer than to map it.
    pub(crate) fn is_intact(&mut self) -> bool {
        let known = fs::read_to_string(kind::used(&self.path)).ok();
        if known.is_some() && known == stamp(&self.path) {
            return true;
        }
        let is_intact = matches!(self.sealed.verify(), Ok(Ok(())));
        if is_intact {
            mark_intact(&self.path);
        }
        is_intact
    }
}

/// Notes that a file is whole as it is now.
fn mark_intact(path: &Path) {
    let note = || -> io::Result<()> {
        let stamp = stamp(path).ok_or(io::ErrorKind::NotFound)?;
        let note = AtomicFile::new().prefix(kind::MAKING);
        note.write(&kind::used(path), stamp.as_bytes())
    };
    // Without the note it is read through again the next time.
    let _ = note();
}

/// What changes whenever a file changes or another takes its name.
fn stamp(path: &Path) -> Option<String> {
    let metadata = fs::symlink_metadata(path).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        // The time of change, unlike that of modification, cannot be set by anybody.
        Some(format!(
            "{} {} {} {}.{}\n",
            metadata.dev(),
            metadata.ino(),
            metadata.size(),
            metadata.ctime(),
            metadata.ctime_nsec()
        ))
    }
    #[cfg(not(unix))]
    Some(format!(
        "{} {:?}\n",
        metadata.len(),
        metadata.modified().ok()?
    ))
}

/// Makes a folder, and all above it, for this user alone.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn store() -> (tempfile::TempDir, ImageStore) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = ImageStore::at(folder.path().join("cache"));
        (folder, store)
    }

    fn put(store: &ImageStore, key: &str, payload: &[u8]) -> PathBuf {
        store
            .put(Kind::Image, key, payload, "on it")
            .expect("it is kept")
    }

    fn names(store: &ImageStore) -> Vec<String> {
        let names = store.entries(Kind::Image).into_iter();
        let mut names: Vec<_> = names.map(|entry| entry.key).collect();
        names.sort();
        names
    }

    #[test]
    fn whole_until_it_changes() {
        let (_folder, store) = store();
        let path = put(&store, "a", b"payload");
        let whole = || {
            store
                .get(Kind::Image, "a")
                .map(|mut entry| entry.is_intact())
        };
        assert_eq!(whole(), Some(true));
        // Read through again, for it is another file than the one that was noted.
        let bytes = fs::read(&path).expect("it is ours");
        fs::remove_file(&path).expect("it is ours");
        fs::write(&path, &bytes).expect("it is ours");
        privately(&path);
        assert_eq!(whole(), Some(true));

        let mut changed = bytes;
        changed[0] ^= 1;
        fs::write(&path, changed).expect("it is ours");
        assert_eq!(whole(), Some(false));
        store.set_aside(Kind::Image, "a");
        assert_eq!(whole(), None);
    }

    fn privately(path: &Path) {
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(path, mode).expect("it is ours");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_others_could_have_written_is_set_aside() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let (folder, store) = store();
        let path = put(&store, "a", b"payload");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o620)).expect("it is ours");
        assert!(store.get(Kind::Image, "a").is_none());
        assert!(!path.exists());

        let elsewhere = folder.path().join("elsewhere");
        fs::copy(put(&store, "b", b"payload"), &elsewhere).expect("it is ours");
        symlink(&elsewhere, &path).expect("it is ours");
        assert!(store.get(Kind::Image, "a").is_none());
        assert!(fs::symlink_metadata(&path).is_err());
        assert!(elsewhere.exists());
        assert!(store.get(Kind::Image, "b").is_some());
    }

    /// Makes an entry as old as that.
    fn age(store: &ImageStore, key: &str, seconds: u64) {
        let path = store.entry(Kind::Image, key).expect("it has a folder");
        let file = OpenOptions::new()
            .append(true)
            .open(kind::used(&path))
            .expect("it was noted");
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds))
            .expect("it is ours");
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let (_folder, store) = store();
        let store = store.with_limit(3500);
        for key in ["a", "b", "c"] {
            put(&store, key, &[0; 1000]);
        }
        age(&store, "a", 30);
        age(&store, "b", 20);
        age(&store, "c", 10);
        // Used again, so no longer the oldest.
        store.get(Kind::Image, "a").expect("it is there");
        store.touch(Kind::Image, "a");
        put(&store, "d", &[0; 1000]);
        assert_eq!(names(&store), ["a", "c", "d"]);
        // What is larger than all room is kept all the same: it was wanted last.
        put(&store, "e", &[0; 5000]);
        assert_eq!(names(&store), ["e"]);
    }

    #[test]
    fn pruning_leaves_nothing_behind() {
        let (_folder, store) = store();
        put(&store, "a", b"payload");
        let path = put(&store, "b", b"payload");
        fs::write(&path, b"damaged").expect("it is ours");
        privately(&path);
        assert!(store.get(Kind::Image, "b").is_none());
        let listed = store.entries(Kind::Image);
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].key, "a");
        assert_eq!(store.prune(1 << 20).expect("it is private").files, 1);
        let pruned = store.prune(0).expect("it is private");
        assert_eq!(pruned.files, 2);
        let left = fs::read_dir(store.path().expect("it has one").join("images"));
        assert_eq!(left.expect("it is there").count(), 0);
    }

    #[test]
    fn nothing_is_kept_where_there_is_no_folder() {
        let store = ImageStore {
            folder: None,
            limit: 0,
        };
        store.check().expect("there is nothing to refuse");
        assert!(store.get(Kind::Image, "a").is_none());
        assert!(store.put(Kind::Image, "a", b"", "").is_err());
        assert!(store.lock(Kind::Image, "a").is_err());
        assert!(store.list().expect("it is empty").is_empty());
    }
}
