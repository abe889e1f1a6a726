//! The kinds of entries, and the names of their files.

use std::path::{Path, PathBuf};

/// What is kept; each kind has a folder of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Image,
    Code,
    Functions,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Image, Self::Code, Self::Functions];

    /// Whether it is mapped from where it is, and so only read through when it has changed.
    pub(super) fn is_mapped(self) -> bool {
        self != Self::Functions
    }

    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Image => "images",
            Self::Code => "code",
            Self::Functions => "functions",
        }
    }
}

/// What a file is called while it is being written.
pub(super) const MAKING: &str = ".making-";
/// What an entry is called that was not what was written.
pub(super) const ASIDE: &str = ".aside-";
/// The ending of a lock.
pub(super) const LOCK: &str = ".lock";
/// The ending of a note on an image's last use.
pub(super) const USED: &str = ".used";

/// Where the note on an entry's last use is.
pub(super) fn used(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(USED);
    name.into()
}
