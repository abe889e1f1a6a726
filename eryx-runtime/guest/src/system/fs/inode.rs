//! An inode: a file, directory, symbolic link or device, without its name.

use std::collections::BTreeMap;

use super::content::Content;

/// The number of an inode.
pub(crate) type InodeId = u32;

/// The root directory.
pub(crate) const ROOT: InodeId = 0;

pub(crate) struct Inode {
    pub(crate) kind: Kind,
    /// Whether a program may change its contents or, in a directory, its entries.
    pub(crate) writable: bool,
    /// How many names it has.
    pub(crate) links: u32,
    /// How many handles refer to it.
    pub(super) open: u32,
    pub(crate) times: Times,
}

pub(crate) enum Kind {
    Directory(Directory),
    File(Content),
    Link(Box<[u8]>),
    Device(Device),
}

pub(crate) struct Directory {
    pub(crate) parent: InodeId,
    pub(crate) entries: BTreeMap<Box<[u8]>, InodeId>,
}

/// A device of `/dev`.
#[derive(Clone, Copy)]
pub(crate) enum Device {
    Null,
    Zero,
    Random,
}

/// Times in nanoseconds since 1970. Reading does not change the time of access.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
    pub(crate) changed: u64,
}

impl Inode {
    /// Creates an inode that has one name.
    pub(super) fn new(kind: Kind, writable: bool, now: u64) -> Self {
        Self {
            kind,
            writable,
            links: 1,
            open: 0,
            times: Times {
                accessed: now,
                modified: now,
                changed: now,
            },
        }
    }

    pub(crate) fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory(_))
    }

    pub(crate) fn size(&self) -> u64 {
        match &self.kind {
            Kind::File(content) => content.size(),
            Kind::Link(target) => target.len() as u64,
            Kind::Directory(_) | Kind::Device(_) => 0,
        }
    }

    /// Records that its contents have changed.
    pub(crate) fn touch(&mut self, now: u64) {
        self.times.modified = now;
        self.times.changed = now;
    }
}

impl Kind {
    /// An empty directory in a parent directory.
    pub(crate) fn directory(parent: InodeId) -> Self {
        Self::Directory(Directory {
            parent,
            entries: BTreeMap::new(),
        })
    }

    /// An empty file.
    pub(crate) fn file() -> Self {
        Self::File(Content::Written(super::blocks::Blocks::default()))
    }
}
