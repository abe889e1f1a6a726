//! The store: a directory of images and of compiled code that images share.
//!
//! ```text
//! CACHEDIR.TAG        tells backup programs to skip this directory
//! images/ID           an image: its memory snapshot, and the keys of its code
//! code/HASH           the machine code of a module, shared by images
//! functions/HASH      the machine code of an extension's functions, for incremental compilation
//! …/NAME.used         the stamp of the verified entry; its mtime is the last use
//! …/NAME.lock         exists while the entry is being made
//! ```
//!
//! The entries run as machine code. So the directory must belong to the user alone, an entry is
//! written atomically, and an entry whose checksum is wrong is set aside and made again. A
//! read-only directory works: its entries are loaded, and new ones are not stored.

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

/// The default size limit of a store, in bytes.
const LIMIT: u64 = 4 << 30;

/// The contents of `CACHEDIR.TAG`; the first line is the signature of the Cache Directory Tagging
/// Specification.
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
                   # What eryx has compiled. It can be removed at any time.\n";

/// A directory that caches images and their machine code.
///
/// When its size passes a limit (4 GiB by default), the least recently used entries are evicted.
/// Others must not be able to write to it: its entries run as machine code.
///
/// ```no_run
/// use eryx_runtime::ImageStore;
///
/// let store = ImageStore::at("/var/cache/my-service").with_limit(1 << 30);
/// for image in store.list()? {
///     println!("{} {} bytes: {}", image.id, image.size, image.contents);
/// }
/// # Ok::<(), eryx_runtime::ImageError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ImageStore {
    /// None for a user without a cache directory; then nothing is stored.
    directory: Option<PathBuf>,
    limit: u64,
}

/// An entry whose trailer was read and whose checksum is not yet verified.
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    pub(crate) sealed: Sealed,
}

impl ImageStore {
    /// Returns the user's store: the directory that the environment variable `ERYX_CACHE_DIR`
    /// names, or else `eryx` in the user's cache directory. For a user without either, nothing is
    /// stored.
    pub fn of_user() -> Self {
        let variable = std::env::var_os("ERYX_CACHE_DIR").filter(|path| !path.is_empty());
        let directory = variable.map(PathBuf::from).or_else(|| {
            let user = etcetera::choose_base_strategy().ok()?;
            Some(user.cache_dir().join("eryx"))
        });
        Self {
            directory,
            limit: LIMIT,
        }
    }

    /// Returns the store in a directory, which is created on the first write.
    pub fn at(directory: impl AsRef<Path>) -> Self {
        Self {
            directory: Some(directory.as_ref().to_owned()),
            limit: LIMIT,
        }
    }

    /// Sets the size limit in bytes; the default is 4 GiB. The entry written last is never evicted,
    /// even if it alone is larger.
    #[must_use]
    pub fn with_limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// Returns the directory, which may not exist yet.
    pub fn path(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// Checks that nobody else can write to the directory.
    pub(crate) fn check(&self) -> Result<(), ImageError> {
        let Some(directory) = &self.directory else {
            return Ok(());
        };
        permissions::check_above(directory)?;
        permissions::check(directory)?;
        for kind in Kind::ALL {
            permissions::check(&directory.join(kind.directory()))?;
        }
        Ok(())
    }

    /// Opens an entry, if it exists. A file that is not private or has no valid trailer is set
    /// aside.
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

    /// Records that an entry is used now.
    pub(crate) fn touch(&self, kind: Kind, key: &str) {
        let touch = || -> io::Result<()> {
            let path = self.entry(kind, key)?;
            let used = kind::used(&path);
            let file = if used.exists() { used } else { path };
            let file = OpenOptions::new().append(true).open(file)?;
            file.set_modified(SystemTime::now())
        };
        // On failure the entry is merely evicted earlier.
        let _ = touch();
    }

    /// Renames a corrupt entry, so that it is made again. The file stays for inspection and is the
    /// first to be evicted.
    pub(crate) fn set_aside(&self, kind: Kind, key: &str) {
        if let Ok(path) = self.entry(kind, key) {
            let aside = path.with_file_name(format!("{}{key}", kind::ASIDE));
            // On failure the next reader finds the corrupt entry again.
            let _ = fs::rename(&path, aside);
        }
    }

    /// Writes an entry, replacing any of the same key, and returns the path of its file.
    pub(crate) fn put(
        &self,
        kind: Kind,
        key: &str,
        payload: &[u8],
        text: &str,
    ) -> io::Result<PathBuf> {
        let path = self.entry(kind, key)?;
        self.make_directory(kind)?;
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

    /// Returns the entry that `get` finds, or makes it. While another process makes the same entry,
    /// this waits and then calls `get` again.
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

    /// Locks the making of an entry; waits while another process holds the lock. Fails if the
    /// directory cannot be written to.
    fn lock(&self, kind: Kind, key: &str) -> io::Result<Lock> {
        let path = self.entry(kind, &format!("{key}{}", kind::LOCK))?;
        self.make_directory(kind)?;
        let mut options = OpenOptions::new();
        let file = options
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)?;
        file.lock()?;
        Ok(Lock { path, _file: file })
    }

    /// Lists the entries of a kind, the most recently used first.
    pub(crate) fn entries(&self, kind: Kind) -> Vec<Listed> {
        let root = self.path();
        root.map_or_else(Vec::new, |root| eviction::entries(root, kind))
    }

    /// Evicts the least recently used entries until the store has at most `bytes` bytes: images,
    /// shared machine code, abandoned temporary files and entries that were set aside.
    ///
    /// Live sandboxes keep running; their image is built again the next time.
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
        Ok(self.root()?.join(kind.directory()).join(key))
    }

    fn root(&self) -> io::Result<&Path> {
        let missing =
            || io::Error::other("this user has no cache directory; set HOME or ERYX_CACHE_DIR");
        self.path().ok_or_else(missing)
    }

    /// Creates the directory of a kind, if it does not exist, and returns it.
    fn make_directory(&self, kind: Kind) -> io::Result<PathBuf> {
        let root = self.root()?;
        let directory = root.join(kind.directory());
        make_private(&directory)?;
        let tag = root.join("CACHEDIR.TAG");
        if !tag.exists() {
            // On failure only backup programs miss it.
            let _ = fs::write(tag, TAG);
        }
        Ok(directory)
    }
}

/// An entry that is being made. Other processes that want it wait while this lives.
pub(crate) struct Reserved<'s> {
    store: &'s ImageStore,
    kind: Kind,
    key: &'s str,
    lock: io::Result<Lock>,
}

impl Reserved<'_> {
    /// Writes the entry to the store and returns the path of its file.
    pub(crate) fn put(self, payload: &[u8], text: &str) -> io::Result<PathBuf> {
        let _lock = self.lock?;
        self.store.put(self.kind, self.key, payload, text)
    }
}

/// A held lock file; dropping it releases the lock.
struct Lock {
    path: PathBuf,
    _file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Waiting processes have the file open. A later one finds the entry, or makes it under a
        // new lock.
        let _ = fs::remove_file(&self.path);
    }
}

impl Entry {
    /// Verifies the checksum. For an entry that is mapped, a matching stamp skips this: reading the
    /// whole file takes far longer than mapping it.
    pub(crate) fn is_intact(&mut self) -> bool {
        let verified = fs::read_to_string(kind::used(&self.path)).ok();
        if verified.is_some() && verified == stamp(&self.path) {
            return true;
        }
        let is_intact = matches!(self.sealed.verify(), Ok(Ok(())));
        if is_intact {
            mark_intact(&self.path);
        }
        is_intact
    }
}

/// Records the stamp of a file whose checksum is right.
fn mark_intact(path: &Path) {
    let note = || -> io::Result<()> {
        let stamp = stamp(path).ok_or(io::ErrorKind::NotFound)?;
        let note = AtomicFile::new().prefix(kind::MAKING);
        note.write(&kind::used(path), stamp.as_bytes())
    };
    // On failure the checksum is verified again the next time.
    let _ = note();
}

/// Computes a stamp that changes when the file changes or is replaced.
fn stamp(path: &Path) -> Option<String> {
    let metadata = fs::symlink_metadata(path).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        // Unlike the mtime, no program can set the ctime.
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

/// Creates a directory and its parents with mode 0700.
fn make_private(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn store() -> (tempfile::TempDir, ImageStore) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let store = ImageStore::at(directory.path().join("cache"));
        (directory, store)
    }

    /// Writes an entry to the store.
    fn put(store: &ImageStore, key: &str, payload: &[u8]) -> PathBuf {
        store
            .put(Kind::Image, key, payload, "on it")
            .expect("it is stored")
    }

    fn names(store: &ImageStore) -> Vec<String> {
        let names = store.entries(Kind::Image).into_iter();
        let mut names: Vec<_> = names.map(|entry| entry.key).collect();
        names.sort();
        names
    }

    #[test]
    fn an_entry_is_intact_until_it_changes() {
        let (_folder, store) = store();
        let path = put(&store, "a", b"payload");
        let is_intact = || {
            store
                .get(Kind::Image, "a")
                .map(|mut entry| entry.is_intact())
        };
        assert_eq!(is_intact(), Some(true));
        // Its checksum is verified again: the stamp is that of another file.
        let bytes = fs::read(&path).expect("it is ours");
        fs::remove_file(&path).expect("it is ours");
        fs::write(&path, &bytes).expect("it is ours");
        make_private_file(&path);
        assert_eq!(is_intact(), Some(true));

        let mut changed = bytes;
        changed[0] ^= 1;
        fs::write(&path, changed).expect("it is ours");
        assert_eq!(is_intact(), Some(false));
        store.set_aside(Kind::Image, "a");
        assert_eq!(is_intact(), None);
    }

    fn make_private_file(path: &Path) {
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(path, mode).expect("it is ours");
        }
    }

    #[cfg(unix)]
    #[test]
    fn entries_that_are_not_private_are_set_aside() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let (directory, store) = store();
        let path = put(&store, "a", b"payload");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o620)).expect("it is ours");
        assert!(store.get(Kind::Image, "a").is_none());
        assert!(!path.exists());

        let elsewhere = directory.path().join("elsewhere");
        fs::copy(put(&store, "b", b"payload"), &elsewhere).expect("it is ours");
        symlink(&elsewhere, &path).expect("it is ours");
        assert!(store.get(Kind::Image, "a").is_none());
        assert!(fs::symlink_metadata(&path).is_err());
        assert!(elsewhere.exists());
        assert!(store.get(Kind::Image, "b").is_some());
    }

    /// Sets the last use of an entry to this many seconds ago.
    fn age(store: &ImageStore, key: &str, seconds: u64) {
        let path = store.entry(Kind::Image, key).expect("it has a directory");
        let file = OpenOptions::new()
            .append(true)
            .open(kind::used(&path))
            .expect("its use was recorded");
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
        // Used again, so it is no longer the oldest.
        store.get(Kind::Image, "a").expect("it is there");
        store.touch(Kind::Image, "a");
        put(&store, "d", &[0; 1000]);
        assert_eq!(names(&store), ["a", "c", "d"]);
        // An entry larger than the limit stays as long as it is the newest.
        put(&store, "e", &[0; 5000]);
        assert_eq!(names(&store), ["e"]);
    }

    #[test]
    fn pruning_leaves_nothing_behind() {
        let (_folder, store) = store();
        put(&store, "a", b"payload");
        let path = put(&store, "b", b"payload");
        fs::write(&path, b"damaged").expect("it is ours");
        make_private_file(&path);
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
    fn nothing_is_stored_without_a_directory() {
        let store = ImageStore {
            directory: None,
            limit: 0,
        };
        store.check().expect("there is nothing to refuse");
        assert!(store.get(Kind::Image, "a").is_none());
        assert!(store.put(Kind::Image, "a", b"", "").is_err());
        assert!(store.lock(Kind::Image, "a").is_err());
        assert!(store.list().expect("it is empty").is_empty());
    }
}
