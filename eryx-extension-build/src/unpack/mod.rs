//! Step 3, *unpack*: from the bytes of an archive to files in memory.
//!
//! Nothing is written to disk. The archive is untrusted although its digest is pinned, because the
//! author of the lock may have pinned a malicious one. So these are errors, each with the entry's
//! name in it: a path that leads out of the package, two entries of one name, links, devices, sizes
//! that disagree, bytes that belong to no entry, and an archive that unpacks to far more than its
//! own size.

mod tree;
mod wheel;

use std::collections::{BTreeMap, BTreeSet};

use eryx_artifact::package_path;

use crate::lock::Format;

/// The files of an archive: their paths, with `/` between the parts, and their bytes.
pub type Files = BTreeMap<String, Vec<u8>>;

/// How much an archive may unpack to.
///
/// ```
/// use eryx_extension_build::lock::Format;
/// use eryx_extension_build::unpack::{Error, Limits, unpack};
///
/// // An empty zip archive.
/// let archive = *b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
/// let files = unpack(&archive, Format::Wheel, &Limits::default())?;
/// assert!(files.is_empty());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most entries.
    pub entries: usize,
    /// The most bytes in one file.
    pub file: u64,
    /// The most bytes in all files together.
    pub total: u64,
    /// How many times larger than the archive all its files together may be.
    pub ratio: u64,
    /// How many bytes all files together may have whatever the ratio is.
    pub ratio_exempt: u64,
}

impl Default for Limits {
    /// About ten times what the largest scientific packages need: 65,536 entries, 256 MiB a file,
    /// 512 MiB in total, and beyond 16 MiB at most 100 times the archive's size.
    fn default() -> Self {
        Self {
            entries: 1 << 16,
            file: 256 << 20,
            total: 512 << 20,
            ratio: 100,
            ratio_exempt: 16 << 20,
        }
    }
}

/// How an archive is malformed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The container itself cannot be read.
    #[error("it is not a whole {format} archive: {reason}")]
    Broken {
        /// What it should have been.
        format: &'static str,
        /// The reader's error.
        reason: String,
    },
    /// It has something that no archive of a package has: bytes outside all entries, for example.
    #[error("it has {0}")]
    Unexpected(&'static str),
    /// A path that a file of a package cannot have.
    #[error("the entry {path:?} {reason}")]
    Path {
        /// The path as the archive has it; bytes that are not UTF-8 are replaced.
        path: String,
        /// What is wrong with it.
        reason: PathFault,
    },
    /// An entry that is neither a plain file nor a directory.
    #[error("the entry {path:?} is {kind}; only plain files and directories are unpacked")]
    Kind {
        /// The entry.
        path: String,
        /// What it is.
        kind: String,
    },
    /// Two entries have one path.
    #[error("there are two entries {path:?}")]
    Duplicate {
        /// The path.
        path: String,
    },
    /// One path is that of a file and that of a directory.
    #[error("{path:?} is both a file and a directory")]
    Conflict {
        /// The path.
        path: String,
    },
    /// An entry's bytes are not what its header says.
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

/// Why an entry's path cannot be that of a file of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathFault {
    /// It is not UTF-8.
    #[error("is not named in UTF-8")]
    NotUtf8,
    /// It has a colon, which separates a drive from the rest of a path on Windows. A wheel is good
    /// or bad wherever it is unpacked.
    #[error("has a colon in its path, as drives have")]
    Colon,
    /// No package has such a path.
    #[error(transparent)]
    Package(#[from] package_path::PathError),
}

/// Unpacks an archive.
pub fn unpack(archive: &[u8], format: Format, limits: &Limits) -> Result<Files, Error> {
    match format {
        Format::Wheel => wheel::unpack(archive, limits),
        Format::Tree => tree::unpack(archive, limits),
    }
}

/// The paths of an archive's files that are compressed each by itself, and their DEFLATE streams.
pub(crate) fn streams(archive: &[u8], format: Format) -> Vec<(String, &[u8])> {
    match format {
        Format::Wheel => wheel::streams(archive),
        Format::Tree => Vec::new(),
    }
}

/// Collects the files of an archive, within its limits.
struct Collector<'a> {
    limits: &'a Limits,
    /// The size of the archive in bytes.
    archive: u64,
    entries: usize,
    total: u64,
    files: Files,
    directories: BTreeSet<String>,
}

impl<'a> Collector<'a> {
    fn new(archive: &[u8], limits: &'a Limits) -> Self {
        Self {
            limits,
            archive: archive.len() as u64,
            entries: 0,
            total: 0,
            files: Files::new(),
            directories: BTreeSet::new(),
        }
    }

    /// Counts one more entry, of any kind.
    fn count_entry(&mut self) -> Result<(), Error> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            let entries = self.limits.entries;
            return Err(Error::Limit(format!("{entries} entries")));
        }
        Ok(())
    }

    /// Checks that a file may be read whose header says that it has `size` bytes.
    fn check_size(&self, size: u64) -> Result<(), Error> {
        let Limits { file, total, .. } = *self.limits;
        let by_ratio = limit_by_ratio(self.archive, self.limits);
        let after = self.total.saturating_add(size);
        if size > file {
            Err(Error::Limit(format!("{file} bytes in one file")))
        } else if after > total {
            Err(Error::Limit(format!("{total} bytes in total")))
        } else if after > by_ratio {
            let ratio = self.limits.ratio;
            Err(Error::Limit(format!("{ratio} times its own size")))
        } else {
            Ok(())
        }
    }

    fn add_directory(&mut self, path: &str) {
        self.directories.insert(path.to_owned());
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

    /// Returns all files, if none of them is a directory as well.
    fn finish(self) -> Result<Files, Error> {
        let parents = self
            .files
            .keys()
            .flat_map(|path| package_path::parents(path));
        let named = self.directories.iter().map(String::as_str);
        let conflict = parents
            .chain(named)
            .find(|directory| self.files.contains_key(*directory));
        match conflict.map(str::to_owned) {
            None => Ok(self.files),
            Some(path) => Err(Error::Conflict { path }),
        }
    }
}

/// The most bytes that an archive of `archive` bytes may unpack to because of its size.
fn limit_by_ratio(archive: u64, limits: &Limits) -> u64 {
    archive
        .saturating_mul(limits.ratio)
        .max(limits.ratio_exempt)
}

/// The path of an entry, if a file of a package can have it.
fn checked_path(raw: &[u8]) -> Result<&str, Error> {
    let check = || {
        let path = str::from_utf8(raw).map_err(|_| PathFault::NotUtf8)?;
        package_path::check(path)?;
        if path.contains(':') {
            return Err(PathFault::Colon);
        }
        Ok(path)
    };
    check().map_err(|reason| Error::Path {
        path: String::from_utf8_lossy(raw).into_owned(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use eryx_artifact::package_path::PathError;

    use super::{Error, PathFault, checked_path};

    #[test]
    fn paths_of_entries() {
        assert!(matches!(checked_path("ä/é.py".as_bytes()), Ok("ä/é.py")));
        let faults: [(&[u8], PathFault); 5] = [
            (b"\xff", PathFault::NotUtf8),
            (b"", PathError::Empty.into()),
            (b"../a", PathError::Parent.into()),
            (b"C:a", PathFault::Colon),
            (b"C:/a", PathFault::Colon),
        ];
        for (path, fault) in faults {
            let checked = checked_path(path);
            assert!(
                matches!(checked, Err(Error::Path { reason, .. }) if reason == fault),
                "{checked:?}"
            );
        }
    }
}
