//! Functions that were compiled before.
//!
//! The compiler knows a function by a hash over all that its machine code depends on, and asks for
//! it here before it compiles one. What it compiled nevertheless is kept as one more pack: a sealed
//! file of entries, each the hash, a length and what the compiler wants to be given back.

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

/// How much is read of packs, in bytes: some ten images with numpy.
const READ_LIMIT: usize = 512 << 20;

/// The functions of all packs, and those that are new.
pub(crate) struct FunctionCache {
    packs: Vec<Pack>,
    known: HashMap<Key, (usize, Range<usize>)>,
    fresh: Mutex<Fresh>,
    asked: AtomicUsize,
    found: AtomicUsize,
    /// Told how many were asked for, and how many of them were found.
    on_ask: Box<dyn Fn(usize, usize) + Send + Sync>,
}

/// A pack of the store.
struct Pack {
    name: String,
    bytes: Vec<u8>,
    /// Whether something in it was asked for.
    is_used: AtomicBool,
}

/// A pack that is being made.
#[derive(Default)]
struct Fresh {
    pack: Vec<u8>,
    known: HashMap<Key, Range<usize>>,
}

impl FunctionCache {
    /// Knows no functions but those that it is given.
    pub(crate) fn empty(on_ask: impl Fn(usize, usize) + Send + Sync + 'static) -> Self {
        Self {
            packs: Vec::new(),
            known: HashMap::new(),
            fresh: Mutex::default(),
            asked: AtomicUsize::new(0),
            found: AtomicUsize::new(0),
            on_ask: Box::new(on_ask),
        }
    }

    /// Reads the packs of a store that belong to an engine.
    pub(crate) fn read(
        store: &ImageStore,
        engine: &str,
        on_ask: impl Fn(usize, usize) + Send + Sync + 'static,
    ) -> Self {
        let mut functions = Self::empty(on_ask);
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

    /// Keeps what was new, and notes what was of use.
    pub(crate) fn write(&self, store: &ImageStore, engine: &str) {
        for pack in &self.packs {
            if pack.is_used.load(Ordering::Relaxed) {
                store.touch(Kind::Functions, &pack.name);
            }
        }
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        if !fresh.pack.is_empty() {
            let name = Digest::of(&fresh.pack).to_string();
            // What cannot be kept is compiled again.
            let _ = store.put(Kind::Functions, &name, &fresh.pack, engine);
        }
    }

    /// How many functions were asked for and found.
    pub(crate) fn found(&self) -> usize {
        self.found.load(Ordering::Relaxed)
    }

    /// A function that was compiled just now: many in one image are the same.
    fn fresh(&self, key: &[u8]) -> Option<Vec<u8>> {
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        let range = fresh.known.get(key)?.clone();
        fresh.pack.get(range).map(<[u8]>::to_vec)
    }

    /// Adds the entries of a pack, as far as they can be understood.
    fn add(&mut self, name: String, bytes: Vec<u8>) {
        let index = self.packs.len();
        let mut at = 0;
        while let Some((key, value)) = entry(&bytes, at) {
            at = value.end;
            self.known.insert(key, (index, value));
        }
        self.packs.push(Pack {
            name,
            bytes,
            is_used: AtomicBool::new(false),
        });
    }

    /// A function of a pack.
    fn kept(&self, key: &[u8]) -> Option<&[u8]> {
        let (index, range) = self.known.get(key)?;
        let pack = self.packs.get(*index)?;
        pack.is_used.store(true, Ordering::Relaxed);
        pack.bytes.get(range.clone())
    }
}

/// The entry that begins at a place.
fn entry(pack: &[u8], at: usize) -> Option<(Key, Range<usize>)> {
    let (key, rest) = pack.get(at..)?.split_first_chunk::<32>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    rest.get(..length)?;
    let start = at + size_of::<Key>() + 4;
    Some((*key, start..start + length))
}

impl CacheStore for FunctionCache {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let value = self.kept(key).map(Cow::Borrowed);
        let value = value.or_else(|| self.fresh(key).map(Cow::Owned));
        let found = usize::from(value.is_some());
        let found = self.found.fetch_add(found, Ordering::Relaxed) + found;
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        (self.on_ask)(asked, found);
        value
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        let (Ok(key), Ok(length)) = (Key::try_from(key), u32::try_from(value.len())) else {
            return false;
        };
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        fresh.pack.extend_from_slice(&key);
        fresh.pack.extend_from_slice(&length.to_le_bytes());
        let start = fresh.pack.len();
        fresh.pack.extend_from_slice(&value);
        let end = fresh.pack.len();
        fresh.known.insert(key, start..end);
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
    fn kept_for_the_next() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = ImageStore::at(folder.path());
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
        assert_eq!(second.asked.into_inner(), 3);
        assert_eq!(second.found.into_inner(), 2);
        // Another engine's are of no use.
        assert_eq!(functions(&store, "other").get(&[1; 32]), None);
    }

    #[test]
    fn packs_that_nobody_needs_grow_old() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = ImageStore::at(folder.path());
        let long_ago = SystemTime::now() - Duration::from_hours(1);
        let mut names = Vec::new();
        for hash in [1, 2] {
            let made = functions(&store, "engine");
            made.insert(&[hash; 32], vec![hash]);
            made.write(&store, "engine");
            let there = store.entries(Kind::Functions).into_iter();
            let mut there: Vec<_> = there.map(|entry| entry.key).collect();
            there.retain(|name| !names.contains(name));
            let path = folder.path().join("functions").join(&there[0]);
            let pack = OpenOptions::new().append(true).open(path);
            let aged = pack.and_then(|pack| pack.set_modified(long_ago));
            aged.expect("it is ours");
            names.append(&mut there);
        }
        let made = functions(&store, "engine");
        assert!(made.get(&[1; 32]).is_some());
        made.write(&store, "engine");
        let is_old = |name: &str| {
            let path = folder.path().join("functions").join(name);
            let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
            let age = modified.expect("it is there").elapsed();
            age.is_ok_and(|age| age > Duration::from_mins(30))
        };
        assert!(!is_old(&names[0]));
        assert!(is_old(&names[1]));
    }

    #[test]
    fn damaged_packs_are_set_aside() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = ImageStore::at(folder.path());
        let first = functions(&store, "engine");
        first.insert(&[1; 32], b"code".to_vec());
        first.write(&store, "engine");
        let pack = store.entries(Kind::Functions).remove(0).key;
        let path = folder.path().join("functions").join(pack);
        let mut bytes = fs::read(&path).expect("it was written");
        bytes[36] ^= 1;
        fs::write(&path, bytes).expect("it is ours");

        assert_eq!(functions(&store, "engine").get(&[1; 32]), None);
        assert!(!path.exists());
    }

    #[test]
    fn entries_that_are_cut_off() {
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
