//! The tree of inodes, and what changes it.
//!
//! An inode stays as long as it has a name or a handle. Contents of preloaded files lie apart from
//! the tree, so that a lookup touches none of them.

use super::inode::{Device, Directory, Inode, InodeId, Kind, ROOT};
use crate::system::error::ErrorCode;
use crate::system::memory::has_room;

/// The times of what exists from the beginning: 1980-01-02, in nanoseconds since 1970. Archives have
/// no times before 1980, in any time zone.
const BEGINNING: u64 = 315_619_200_000_000_000;

/// Where a path leads.
pub(crate) struct Place<'a> {
    /// The directory that its last name is in, or would be.
    pub(crate) directory: InodeId,
    /// The last name; empty if the path is that directory itself, as `.` is.
    pub(crate) name: &'a [u8],
    /// What has the name, if anything does.
    pub(crate) inode: Option<InodeId>,
}

/// The file system.
pub(crate) struct FileSystem {
    inodes: Vec<Option<Inode>>,
    free: Vec<InodeId>,
}

impl Default for FileSystem {
    /// `/`, `/dev` and `/tmp`, of which only the last can be changed.
    fn default() -> Self {
        let root = Inode::new(Kind::directory(ROOT), false, BEGINNING);
        let mut files = Self {
            inodes: vec![Some(root)],
            free: Vec::new(),
        };
        let dev = files.add_initial(ROOT, b"dev", Kind::directory(ROOT), false);
        files.add_initial(ROOT, b"tmp", Kind::directory(ROOT), true);
        for (name, device) in [
            (&b"null"[..], Device::Null),
            (b"random", Device::Random),
            (b"urandom", Device::Random),
            (b"zero", Device::Zero),
        ] {
            files.add_initial(dev, name, Kind::Device(device), true);
        }
        files
    }
}

impl FileSystem {
    /// Adds what exists before any program runs, in place of what may have the name.
    pub(super) fn add_initial(
        &mut self,
        parent: InodeId,
        name: &[u8],
        kind: Kind,
        writable: bool,
    ) -> InodeId {
        let id = self.add(Inode::new(kind, writable, BEGINNING));
        if let Ok(directory) = self.directory_mut(parent) {
            directory.entries.insert(name.into(), id);
        }
        id
    }

    pub(crate) fn inode(&self, id: InodeId) -> Result<&Inode, ErrorCode> {
        let inode = self.inodes.get(id as usize).and_then(Option::as_ref);
        inode.ok_or(ErrorCode::BadDescriptor)
    }

    pub(crate) fn inode_mut(&mut self, id: InodeId) -> Result<&mut Inode, ErrorCode> {
        let inode = self.inodes.get_mut(id as usize).and_then(Option::as_mut);
        inode.ok_or(ErrorCode::BadDescriptor)
    }

    /// An inode that a program may change.
    pub(crate) fn writable(&mut self, id: InodeId) -> Result<&mut Inode, ErrorCode> {
        let inode = self.inode_mut(id)?;
        if inode.writable {
            Ok(inode)
        } else {
            Err(ErrorCode::ReadOnly)
        }
    }

    pub(crate) fn directory(&self, id: InodeId) -> Result<&Directory, ErrorCode> {
        match &self.inode(id)?.kind {
            Kind::Directory(directory) => Ok(directory),
            _ => Err(ErrorCode::NotDirectory),
        }
    }

    fn directory_mut(&mut self, id: InodeId) -> Result<&mut Directory, ErrorCode> {
        match &mut self.inode_mut(id)?.kind {
            Kind::Directory(directory) => Ok(directory),
            _ => Err(ErrorCode::NotDirectory),
        }
    }

    /// Counts a new handle to an inode.
    pub(crate) fn open(&mut self, id: InodeId) {
        if let Ok(inode) = self.inode_mut(id) {
            inode.open += 1;
        }
    }

    /// Counts a handle less, and frees the inode if it was the last use.
    pub(crate) fn close(&mut self, id: InodeId) {
        if let Ok(inode) = self.inode_mut(id) {
            inode.open -= 1;
        }
        self.reap(id);
    }

    /// Creates a file, directory or link where nothing exists yet.
    pub(crate) fn create(
        &mut self,
        place: &Place<'_>,
        kind: Kind,
        now: u64,
    ) -> Result<InodeId, ErrorCode> {
        if place.inode.is_some() {
            return Err(ErrorCode::Exist);
        }
        self.check_name(place)?;
        let id = self.add(Inode::new(kind, true, now));
        self.name(place, id, now)?;
        if let Kind::Directory(directory) = &mut self.inode_mut(id)?.kind {
            directory.parent = place.directory;
        }
        Ok(id)
    }

    /// Adds a name to a file.
    pub(crate) fn link(
        &mut self,
        id: InodeId,
        place: &Place<'_>,
        now: u64,
    ) -> Result<(), ErrorCode> {
        let inode = self.inode(id)?;
        if inode.is_directory() {
            return Err(ErrorCode::NotPermitted);
        }
        if !inode.writable || matches!(inode.kind, Kind::Device(_)) {
            return Err(ErrorCode::CrossDevice);
        }
        if place.inode.is_some() {
            return Err(ErrorCode::Exist);
        }
        self.check_name(place)?;
        self.name(place, id, now)?;
        self.inode_mut(id)?.links += 1;
        Ok(())
    }

    /// Removes a name of a file.
    pub(crate) fn remove_file(&mut self, place: &Place<'_>, now: u64) -> Result<(), ErrorCode> {
        let id = place.inode.ok_or(ErrorCode::NoEntry)?;
        if self.inode(id)?.is_directory() {
            return Err(ErrorCode::IsDirectory);
        }
        self.writable(place.directory)?;
        self.unname(place, now)
    }

    /// Removes an empty directory.
    pub(crate) fn remove_directory(
        &mut self,
        place: &Place<'_>,
        now: u64,
    ) -> Result<(), ErrorCode> {
        let id = place.inode.ok_or(ErrorCode::NoEntry)?;
        let empty = self.directory(id)?.entries.is_empty();
        self.writable(place.directory)?;
        match () {
            // The path ends with a dot, or is the root.
            () if place.name.is_empty() => Err(ErrorCode::Invalid),
            () if !empty => Err(ErrorCode::NotEmpty),
            () => self.unname(place, now),
        }
    }

    /// Moves a name, in place of what may have the new one.
    pub(crate) fn rename(
        &mut self,
        from: &Place<'_>,
        to: &Place<'_>,
        now: u64,
    ) -> Result<(), ErrorCode> {
        let id = from.inode.ok_or(ErrorCode::NoEntry)?;
        if from.name.is_empty() || to.name.is_empty() {
            return Err(ErrorCode::Invalid);
        }
        self.writable(from.directory)?;
        let moves_directory = self.inode(id)?.is_directory();
        if moves_directory && self.is_within(to.directory, id) {
            return Err(ErrorCode::Invalid);
        }
        self.check_name(to)?;
        if let Some(other) = to.inode {
            if other == id {
                return Ok(());
            }
            match (&self.inode(other)?.kind, moves_directory) {
                (Kind::Directory(directory), true) if !directory.entries.is_empty() => {
                    return Err(ErrorCode::NotEmpty);
                }
                (Kind::Directory(_), true) => {}
                (Kind::Directory(_), false) => return Err(ErrorCode::IsDirectory),
                (_, true) => return Err(ErrorCode::NotDirectory),
                (_, false) => {}
            }
            self.unname(to, now)?;
        }
        self.directory_mut(from.directory)?
            .entries
            .remove(from.name);
        self.inode_mut(from.directory)?.touch(now);
        self.name(to, id, now)?;
        if let Kind::Directory(directory) = &mut self.inode_mut(id)?.kind {
            directory.parent = to.directory;
        }
        self.inode_mut(id)?.times.changed = now;
        Ok(())
    }

    /// Checks that a name can be added. After this check, [`Self::name`] cannot fail.
    fn check_name(&mut self, place: &Place<'_>) -> Result<(), ErrorCode> {
        let growth = 4 * size_of_val(&*self.inodes);
        let is_full = self.inodes.len() == self.inodes.capacity();
        let growth = if is_full { growth } else { 0 };
        let directory = self.writable(place.directory)?;
        match () {
            // The directory was removed while a handle kept it open.
            () if directory.links == 0 => Err(ErrorCode::NoEntry),
            () if !has_room(growth + place.name.len()) => Err(ErrorCode::InsufficientSpace),
            () => Ok(()),
        }
    }

    fn name(&mut self, place: &Place<'_>, id: InodeId, now: u64) -> Result<(), ErrorCode> {
        let directory = self.directory_mut(place.directory)?;
        directory.entries.insert(place.name.into(), id);
        self.inode_mut(place.directory)?.touch(now);
        Ok(())
    }

    fn unname(&mut self, place: &Place<'_>, now: u64) -> Result<(), ErrorCode> {
        let removed = self
            .directory_mut(place.directory)?
            .entries
            .remove(place.name);
        self.inode_mut(place.directory)?.touch(now);
        let id = removed.ok_or(ErrorCode::NoEntry)?;
        let inode = self.inode_mut(id)?;
        inode.links = inode.links.saturating_sub(1);
        inode.times.changed = now;
        if let Kind::Directory(directory) = &mut inode.kind {
            // The parent may be freed before this directory, and its number reused.
            directory.parent = ROOT;
        }
        self.reap(id);
        Ok(())
    }

    /// Whether a directory is `above`, or lies below it.
    fn is_within(&self, mut directory: InodeId, above: InodeId) -> bool {
        loop {
            match self.directory(directory) {
                _ if directory == above => return true,
                Ok(found) if directory != ROOT => directory = found.parent,
                _ => return false,
            }
        }
    }

    fn add(&mut self, inode: Inode) -> InodeId {
        if let Some(id) = self.free.pop()
            && let Some(slot) = self.inodes.get_mut(id as usize)
        {
            *slot = Some(inode);
            return id;
        }
        self.inodes.push(Some(inode));
        // So that `reap` needs no memory.
        self.free.reserve(self.inodes.len());
        // Linear memory ends long before the numbers do.
        InodeId::try_from(self.inodes.len() - 1).unwrap_or(InodeId::MAX)
    }

    /// Frees an inode that has neither a name nor a handle.
    fn reap(&mut self, id: InodeId) {
        if let Some(slot) = self.inodes.get_mut(id as usize)
            && slot
                .as_ref()
                .is_some_and(|inode| inode.links == 0 && inode.open == 0)
        {
            *slot = None;
            self.free.push(id);
        }
    }
}
