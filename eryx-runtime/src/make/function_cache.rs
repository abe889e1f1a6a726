//! A cache of compiled functions.
//!
//! The compiler identifies a function by a hash of everything that its machine code depends on, and looks
//! it up here before it compiles it. The functions that are not found are stored as a new *pack*: a
//! sealed file of entries, each of which has the hash, a length and the compiler's data.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use eryx_artifact::Digest;
use wasmtime::CacheStore;

use crate::store::{ImageStore, Kind};

/// The compiler's hash of a function.
type Key = [u8; 32];

/// How many bytes of packs are read: about ten images with numpy.
const READ_LIMIT: usize = 512 << 20;

/// The functions of all packs, and the new ones.
pub(crate) struct FunctionCache {
    packs: Vec<Pack>,
    known: HashMap<Key, (usize, Range<usize>)>,
    new: Mutex<NewPack>,
    lookups: AtomicUsize,
    found: AtomicUsize,
    /// Called after each look-up, with the number of look-ups and of functions found so far.
    on_lookup: Box<dyn Fn(usize, usize) + Send + Sync>,
}

/// A pack of the store.
struct Pack {
    name: String,
    bytes: Vec<u8>,
    /// Whether a function in it was used.
    is_used: AtomicBool,
}

/// A pack of newly compiled functions.
#[derive(Default)]
struct NewPack {
    pack: Vec<u8>,
    known: HashMap<Key, Range<usize>>,
}

impl FunctionCache {
    /// Returns a cache without any packs.
    pub(crate) fn empty(on_lookup: impl Fn(usize, usize) + Send + Sync + 'static) -> Self {
        Self {
            packs: Vec::new(),
            known: HashMap::new(),
            new: Mutex::default(),
            lookups: AtomicUsize::new(0),
            found: AtomicUsize::new(0),
            on_lookup: Box::new(on_lookup),
        }
    }

    /// Reads the packs in a store that belong to an engine.
    pub(crate) fn read(
        store: &ImageStore,
        engine: &str,
        on_lookup: impl Fn(usize, usize) + Send + Sync + 'static,
    ) -> Self {
        let mut functions = Self::empty(on_lookup);
        let mut read = 0;
        for pack in store
            .entries(Kind::Functions)
            .into_iter()
            .map(|entry| entry.key)
        {
            let Some(entry) = store.get(Kind::Functions, &pack) else {
                continue;
            };
            if entry.sealed.text != engine {
                continue;
            }
            match entry.sealed.payload() {
                Ok(Ok(bytes)) => {
                    read += bytes.len();
                    functions.add(pack, bytes);
                }
                _ => store.set_aside(Kind::Functions, &pack),
            }
            if read > READ_LIMIT {
                break;
            }
        }
        functions
    }

    /// Stores the new functions as a pack, and marks the packs that were used.
    pub(crate) fn write(&self, store: &ImageStore, engine: &str) {
        for pack in &self.packs {
            if pack.is_used.load(Ordering::Relaxed) {
                store.touch(Kind::Functions, &pack.name);
            }
        }
        let new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        if !new.pack.is_empty() {
            let name = Digest::of(&new.pack).to_string();
            // Without the pack, these functions are compiled again next time.
            let _ = store.put(Kind::Functions, &name, &new.pack, engine);
        }
    }

    /// Returns how many functions were found.
    pub(crate) fn found(&self) -> usize {
        self.found.load(Ordering::Relaxed)
    }

    /// Returns a newly compiled function: many functions of an image are equal.
    fn find_new(&self, key: &[u8]) -> Option<Vec<u8>> {
        let new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        let range = new.known.get(key)?.clone();
        new.pack.get(range).map(<[u8]>::to_vec)
    }

    /// Adds the entries of a pack, up to the first malformed one.
    fn add(&mut self, name: String, bytes: Vec<u8>) {
        let index = self.packs.len();
        let mut offset = 0;
        while let Some((key, value)) = entry(&bytes, offset) {
            offset = value.end;
            self.known.insert(key, (index, value));
        }
        self.packs.push(Pack {
            name,
            bytes,
            is_used: AtomicBool::new(false),
        });
    }

    /// Returns a function from a pack, and marks the pack as used.
    fn find_in_packs(&self, key: &[u8]) -> Option<&[u8]> {
        let (index, range) = self.known.get(key)?;
        let pack = self.packs.get(*index)?;
        pack.is_used.store(true, Ordering::Relaxed);
        pack.bytes.get(range.clone())
    }
}

/// Reads the entry at an offset: its key, and where its data is.
fn entry(pack: &[u8], offset: usize) -> Option<(Key, Range<usize>)> {
    let (key, rest) = pack.get(offset..)?.split_first_chunk::<32>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    rest.get(..length)?;
    let start = offset + size_of::<Key>() + 4;
    Some((*key, start..start + length))
}

impl CacheStore for FunctionCache {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let value = self.find_in_packs(key).map(Cow::Borrowed);
        let value = value.or_else(|| self.find_new(key).map(Cow::Owned));
        let found = usize::from(value.is_some());
        let found = self.found.fetch_add(found, Ordering::Relaxed) + found;
        let lookups = self.lookups.fetch_add(1, Ordering::Relaxed) + 1;
        (self.on_lookup)(lookups, found);
        value
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        let (Ok(key), Ok(length)) = (Key::try_from(key), u32::try_from(value.len())) else {
            return false;
        };
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        new.pack.extend_from_slice(&key);
        new.pack.extend_from_slice(&length.to_le_bytes());
        let start = new.pack.len();
        new.pack.extend_from_slice(&value);
        let end = new.pack.len();
        new.known.insert(key, start..end);
        true
    }
}

impl fmt::Debug for FunctionCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionCache")
            .field("known", &self.known.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::time::{Duration, SystemTime};

    use super::*;

    fn functions(store: &ImageStore, engine: &str) -> FunctionCache {
        FunctionCache::read(store, engine, |_, _| {})
    }

    #[test]
    fn written_functions_are_found_again() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let store = ImageStore::at(directory.path());
        let first = functions(&store, "engine");
        assert_eq!(first.get(&[1; 32]), None);
        assert!(first.insert(&[1; 32], b"code".to_vec()));
        assert!(first.insert(&[2; 32], Vec::new()));
        assert!(!first.insert(b"no hash", Vec::new()));
        assert_eq!(first.get(&[1; 32]).as_deref(), Some(&b"code"[..]));
        first.write(&store, "engine");

        let second = functions(&store, "engine");
        assert_eq!(second.get(&[1; 32]).as_deref(), Some(&b"code"[..]));
        assert_eq!(second.get(&[2; 32]).as_deref(), Some(&b""[..]));
        assert_eq!(second.get(&[3; 32]), None);
        assert_eq!(second.lookups.into_inner(), 3);
        assert_eq!(second.found.into_inner(), 2);
        // The packs of another engine are skipped.
        assert_eq!(functions(&store, "other").get(&[1; 32]), None);
    }

    #[test]
    fn unused_packs_keep_their_age() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let store = ImageStore::at(directory.path());
        let long_ago = SystemTime::now() - Duration::from_hours(1);
        let mut names = Vec::new();
        for hash in [1, 2] {
            let made = functions(&store, "engine");
            made.insert(&[hash; 32], vec![hash]);
            made.write(&store, "engine");
            let entries = store.entries(Kind::Functions).into_iter();
            let mut new: Vec<_> = entries.map(|entry| entry.key).collect();
            new.retain(|name| !names.contains(name));
            let path = directory.path().join("functions").join(&new[0]);
            let pack = OpenOptions::new().append(true).open(path);
            let aged = pack.and_then(|pack| pack.set_modified(long_ago));
            aged.expect("the pack is writable");
            names.append(&mut new);
        }
        let made = functions(&store, "engine");
        assert!(made.get(&[1; 32]).is_some());
        made.write(&store, "engine");
        let is_old = |name: &str| {
            let path = directory.path().join("functions").join(name);
            let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
            let age = modified.expect("the pack exists").elapsed();
            age.is_ok_and(|age| age > Duration::from_mins(30))
        };
        assert!(!is_old(&names[0]));
        assert!(is_old(&names[1]));
    }

    #[test]
    fn damaged_packs_are_set_aside() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let store = ImageStore::at(directory.path());
        let first = functions(&store, "engine");
        first.insert(&[1; 32], b"code".to_vec());
        first.write(&store, "engine");
        let pack = store.entries(Kind::Functions).remove(0).key;
        let path = directory.path().join("functions").join(pack);
        let mut bytes = fs::read(&path).expect("the pack exists");
        bytes[36] ^= 1;
        fs::write(&path, bytes).expect("the pack is writable");

        assert_eq!(functions(&store, "engine").get(&[1; 32]), None);
        assert!(!path.exists());
    }

    #[test]
    fn truncated_entries_are_skipped() {
        let mut pack = vec![7; 32];
        pack.extend(5_u32.to_le_bytes());
        pack.extend(b"12345");
        assert_eq!(entry(&pack, 0), Some(([7; 32], 36..41)));
        assert_eq!(entry(&pack, 41), None);
        for length in 0..pack.len() {
            assert_eq!(entry(&pack[..length], 0), None);
        }
    }
}
