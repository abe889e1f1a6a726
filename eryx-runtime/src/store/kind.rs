//! The kinds of entries, and the names of their files.

use std::path::{Path, PathBuf};

/// The kind of an entry; each has a subdirectory of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Image,
    Code,
    Functions,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Image, Self::Code, Self::Functions];

    /// Whether entries are mapped into memory. Their checksum is verified only after a change of
    /// the file.
    pub(super) fn is_mapped(self) -> bool {
        self != Self::Functions
    }

    pub(super) fn directory(self) -> &'static str {
        match self {
            Self::Image => "images",
            Self::Code => "code",
            Self::Functions => "functions",
        }
    }
}

/// The prefix of temporary files, which are renamed when they are complete.
pub(super) const MAKING: &str = ".making-";
/// The prefix of corrupt entries that were set aside.
pub(super) const ASIDE: &str = ".aside-";
/// The suffix of lock files.
pub(super) const LOCK: &str = ".lock";
/// The suffix of files that record the last use of an entry.
pub(super) const USED: &str = ".used";

/// Returns the path of the file that records an entry's last use.
pub(super) fn used(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(USED);
    name.into()
}
