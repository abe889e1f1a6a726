//! Step 3, *unpack*: from the bytes of an archive to files in memory, or to the lie that it tells.
//!
//! Nothing is written to disk, and nothing here trusts the archive, although its digest is pinned:
//! the one who wrote the lock may have been deceived. So a path that leads elsewhere, two entries
//! of one name, links, devices, sizes that disagree, bytes that no entry owns, and archives that
//! swell beyond all reason are errors, each with the entry's name in it.

mod tree;
mod wheel;

use std::collections::{BTreeMap, BTreeSet};

use crate::lock::Format;

/// The files of an archive: their paths, with `/` between the parts, and their bytes.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The longest path, in bytes.
const MAX_PATH: usize = 1024;

/// The longest part of a path, in bytes: a sandbox's file system takes no longer names, nor do most.
const MAX_NAME: usize = 255;

/// The most parts of a path.
const MAX_DEPTH: usize = 64;

/// What an archive may unpack to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most entries.
    pub entries: usize,
    /// The most bytes in one file.
    pub file: u64,
    /// The most bytes in all files together.
    pub total: u64,
    /// How many times larger than the archive all its files may be together, once they are larger
    /// than [`Limits::ratio_from`].
    pub ratio: u64,
    /// The number of bytes below which the ratio does not matter.
    pub ratio_from: u64,
}

impl Default for Limits {
    /// Some ten times what the largest scientific packages need: 65,536 entries, 256 MiB a file,
    /// 512 MiB in all, and not more than 100 times the archive's size beyond 16 MiB.
    fn default() -> Self {
        Self {
            entries: 1 << 16,
            file: 256 << 20,
            total: 512 << 20,
            ratio: 100,
            ratio_from: 16 << 20,
        }
    }
}

/// How an archive is broken, or lies.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The container itself cannot be read.
    #[error("it is not a whole {format} archive: {reason}")]
    Broken {
        /// What it should have been.
        format: &'static str,
        /// What the reader said.
        reason: String,
    },
    /// There are bytes that belong to no entry.
    #[error("it has {0}")]
    Foreign(&'static str),
    /// A path that a file of a package cannot have.
    #[error("the entry {path:?} {reason}")]
    Path {
        /// The path as the archive has it; bytes that are not UTF-8 are replaced.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Something that is neither a plain file nor a folder.
    #[error("the entry {path:?} is {kind}; only plain files and folders are unpacked")]
    Kind {
        /// The entry.
        path: String,
        /// What it is.
        kind: String,
    },
    /// Two entries claim one path.
    #[error("there are two entries {path:?}")]
    Duplicate {
        /// The path.
        path: String,
    },
    /// A path is that of a file and that of a folder.
    #[error("{path:?} is both a file and a folder")]
    Conflict {
        /// The path.
        path: String,
    },
    /// An entry's bytes are not what its header promised.
    #[error("the entry {path:?} cannot be read: {reason}")]
    Content {
        /// The entry.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// It unpacks to more than the [`Limits`].
    #[error("it unpacks to more than {0}; that is no Python package")]
    Limit(String),
}

/// Unpacks an archive of the kind `format`.
pub fn unpack(archive: &[u8], format: Format, limits: &Limits) -> Result<Files, Error> {
    match format {
        Format::Wheel => wheel::unpack(archive, limits),
        Format::Tree => tree::unpack(archive, limits),
    }
}

/// The files found so far, and what may still come.
struct Unpacked<'a> {
    limits: &'a Limits,
    /// The size of the archive in bytes.
    archive: u64,
    entries: usize,
    total: u64,
    files: Files,
    folders: BTreeSet<String>,
}

impl<'a> Unpacked<'a> {
    fn new(archive: &[u8], limits: &'a Limits) -> Self {
        Self {
            limits,
            archive: archive.len() as u64,
            entries: 0,
            total: 0,
            files: Files::new(),
            folders: BTreeSet::new(),
        }
    }

    /// Counts one entry more, of whatever kind.
    fn count(&mut self) -> Result<(), Error> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            let entries = self.limits.entries;
            return Err(Error::Limit(format!("{entries} entries")));
        }
        Ok(())
    }

    /// Whether a file that says it is `size` bytes may be read.
    fn permit(&self, size: u64) -> Result<(), Error> {
        let Limits { file, total, .. } = *self.limits;
        let swell = swell(self.archive, self.limits);
        let after = self.total.saturating_add(size);
        if size > file {
            Err(Error::Limit(format!("{file} bytes in one file")))
        } else if after > total {
            Err(Error::Limit(format!("{total} bytes in all")))
        } else if after > swell {
            let ratio = self.limits.ratio;
            Err(Error::Limit(format!("{ratio} times its own size")))
        } else {
            Ok(())
        }
    }

    fn add_folder(&mut self, path: &str) {
        self.folders.insert(path.to_owned());
    }

    fn add_file(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), Error> {
        self.total += bytes.len() as u64;
        match self.files.insert(path.to_owned(), bytes) {
            None => Ok(()),
            Some(_) => Err(Error::Duplicate {
                path: path.to_owned(),
            }),
        }
    }

    /// All files, if none of them is a folder as well.
    fn finish(self) -> Result<Files, Error> {
        let parents = |path: &'_ String| -> Vec<String> {
            let ends = path.match_indices('/');
            ends.map(|(end, _)| path[..end].to_owned()).collect()
        };
        let conflict = self
            .files
            .keys()
            .flat_map(parents)
            .chain(self.folders)
            .find(|folder| self.files.contains_key(folder));
        match conflict {
            None => Ok(self.files),
            Some(path) => Err(Error::Conflict { path }),
        }
    }
}

/// The number of bytes to which an archive of `archive` bytes may swell.
fn swell(archive: u64, limits: &Limits) -> u64 {
    archive.saturating_mul(limits.ratio).max(limits.ratio_from)
}

/// The path of an entry, if it can only mean a place inside the package's own folder.
///
/// The rules are those of all systems at once, so that a wheel is good or bad wherever it is built.
fn checked_path(raw: &[u8]) -> Result<&str, Error> {
    let wrong = |reason| Error::Path {
        path: String::from_utf8_lossy(raw).into_owned(),
        reason,
    };
    let path = str::from_utf8(raw).map_err(|_| wrong("is not named in UTF-8"))?;
    let reason = if path.is_empty() {
        "has no name"
    } else if path.len() > MAX_PATH {
        "has a path of more than 1024 bytes"
    } else if path.split('/').any(|part| part.len() > MAX_NAME) {
        "has a name of more than 255 bytes"
    } else if path.split('/').count() > MAX_DEPTH {
        "lies in more than 63 folders"
    } else if path.starts_with('/') {
        "has an absolute path"
    } else if path.contains('\\') {
        "has a backslash in its path"
    } else if path.contains(':') {
        "has a colon in its path, as drives have"
    } else if path.chars().any(char::is_control) {
        "has a control character in its path"
    } else if path.split('/').any(|part| part == "..") {
        "leads out of its folder"
    } else if path.split('/').any(|part| part.is_empty() || part == ".") {
        "has an empty part in its path"
    } else {
        return Ok(path);
    };
    Err(wrong(reason))
}

#[cfg(test)]
mod tests {
    use super::checked_path;

    #[test]
    fn paths_that_stay_inside() {
        for path in ["a", "a/b.py", "a/..b", "a/b..", "ä/é.py", "a b"] {
            assert!(checked_path(path.as_bytes()).is_ok(), "{path}");
        }
    }

    #[test]
    fn paths_that_do_not() {
        let long = "a/".repeat(60) + &"a".repeat(256);
        let longer = "a".repeat(255) + "/" + &"a".repeat(255) + "/" + &"a".repeat(255);
        let longer = longer.clone() + "/" + &longer;
        let deep = "a/".repeat(64) + "b";
        let paths: [&[u8]; 14] = [
            b"", b"/", b"/a", b"..", b"../a", b"a/../b", b"a/..", b"./a", b"a//b", b"a/", b"C:/a",
            b"a\\b", b"a\0b", b"\xff",
        ];
        for path in paths
            .into_iter()
            .chain([long.as_bytes(), longer.as_bytes(), deep.as_bytes()])
        {
            assert!(checked_path(path).is_err(), "{path:?}");
        }
    }
}
