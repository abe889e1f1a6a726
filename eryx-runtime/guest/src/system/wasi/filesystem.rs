//! `wasi:filesystem`: files and directories.

use std::ops::Bound;

use super::clocks::{date_time, time};
use crate::system::abi::{Bytes, List, wasi_functions};
use crate::system::error::ErrorCode;
use crate::system::fs::{Inode, InodeId, Kind, Name, PATH_LIMIT, ROOT};
use crate::system::host::wall_now;
use crate::system::resource::{Descriptor, Input, Listing, Output, Resource};
use crate::system::state::{System, close, system};

// `descriptor-flags`
const READ: u8 = 1;
const WRITE: u8 = 2;
const MUTATE_DIRECTORY: u8 = 32;
// `path-flags`
const FOLLOW: u32 = 1;
// `open-flags`
const CREATE: u32 = 1;
const DIRECTORY: u32 = 2;
const EXCLUSIVE: u32 = 4;
const TRUNCATE: u32 = 8;

/// `descriptor-stat`: type, links, size, and the times of access, modification and change.
type Status = (
    u8,
    u64,
    u64,
    Option<(u64, u32)>,
    Option<(u64, u32)>,
    Option<(u64, u32)>,
);

/// `descriptor-type`.
fn descriptor_type(inode: &Inode) -> u8 {
    match inode.kind {
        Kind::Device(_) => 2,
        Kind::Directory(_) => 3,
        Kind::Link(_) => 5,
        Kind::File(_) => 6,
    }
}

/// `metadata-hash-value`: equal for two names of one file. libc uses it as the inode number.
fn metadata_hash(inode: InodeId) -> (u64, u64) {
    (u64::from(inode) + 1, 0)
}

/// `new-timestamp`: none, the present time, or the given one.
type NewTime = (u32, u64, u32);

impl System {
    /// Returns the inode of a path relative to an open directory.
    fn inode_at(&self, start: u32, flags: u32, path: &[u8]) -> Result<InodeId, ErrorCode> {
        let start = self.descriptor(start)?.inode;
        self.files.look_up(start, path, flags & FOLLOW != 0)
    }

    fn status(&self, inode: InodeId) -> Result<Status, ErrorCode> {
        let inode = self.files.inode(inode)?;
        Ok((
            descriptor_type(inode),
            inode.links.into(),
            inode.size(),
            Some(date_time(inode.times.accessed)),
            Some(date_time(inode.times.modified)),
            Some(date_time(inode.times.changed)),
        ))
    }

    /// Returns the inode of a handle that is open for reading.
    fn readable(&self, handle: u32) -> Result<InodeId, ErrorCode> {
        let Descriptor { inode, flags } = self.descriptor(handle)?;
        if flags & READ == 0 {
            return Err(ErrorCode::BadDescriptor);
        }
        Ok(inode)
    }

    /// Returns the inode of a handle that is open for writing.
    fn writable(&self, handle: u32) -> Result<InodeId, ErrorCode> {
        let Descriptor { inode, flags } = self.descriptor(handle)?;
        if flags & WRITE == 0 {
            return Err(ErrorCode::BadDescriptor);
        }
        Ok(inode)
    }

    fn open_at(
        &mut self,
        start: u32,
        path_flags: u32,
        path: &[u8],
        open_flags: u32,
        flags: u32,
    ) -> Result<u32, ErrorCode> {
        let has = |flag| open_flags & flag != 0;
        let flags = u8::try_from(flags & 0x3f).unwrap_or_default();
        let writes = flags & WRITE != 0 || has(TRUNCATE);
        let must_be_new = has(CREATE) && has(EXCLUSIVE);
        let follow = path_flags & FOLLOW != 0 && !must_be_new;
        let start = self.descriptor(start)?.inode;
        let mut name = Name::default();
        let place = self.files.place(start, path, follow, &mut name)?;
        let inode = match place.inode {
            Some(_) if must_be_new => return Err(ErrorCode::Exist),
            Some(inode) => inode,
            None if has(CREATE) && !has(DIRECTORY) && !path.ends_with(b"/") => {
                self.files.create(&place, Kind::file(), wall_now())?
            }
            None => return Err(ErrorCode::NoEntry),
        };
        match &self.files.inode(inode)?.kind {
            Kind::Directory(_) if writes => return Err(ErrorCode::IsDirectory),
            Kind::Directory(_) => {}
            _ if has(DIRECTORY) => return Err(ErrorCode::NotDirectory),
            Kind::Link(_) => return Err(ErrorCode::Loop),
            Kind::File(_) | Kind::Device(_) => {}
        }
        if writes {
            let inode = self.files.writable(inode)?;
            if has(TRUNCATE)
                && let Kind::File(content) = &mut inode.kind
            {
                content.resize(0)?;
                inode.touch(wall_now());
            }
        }
        self.open(Resource::Descriptor(Descriptor { inode, flags }))
    }

    /// Creates a directory or link.
    fn create_at(&mut self, start: u32, path: &[u8], kind: Kind) -> Result<(), ErrorCode> {
        let start = self.descriptor(start)?.inode;
        let mut name = Name::default();
        let place = self.files.place(start, path, false, &mut name)?;
        self.files.create(&place, kind, wall_now()).map(|_| ())
    }

    fn rename_at(
        &mut self,
        start: u32,
        path: &[u8],
        new_start: u32,
        new_path: &[u8],
    ) -> Result<(), ErrorCode> {
        let start = self.descriptor(start)?.inode;
        let new_start = self.descriptor(new_start)?.inode;
        let (mut name, mut new_name) = (Name::default(), Name::default());
        let from = self.files.place(start, path, false, &mut name)?;
        let to = self
            .files
            .place(new_start, new_path, false, &mut new_name)?;
        self.files.rename(&from, &to, wall_now())
    }

    fn set_times(
        &mut self,
        inode: InodeId,
        accessed: NewTime,
        modified: NewTime,
    ) -> Result<(), ErrorCode> {
        let now = wall_now();
        let times = &mut self.files.writable(inode)?.times;
        for (old, (kind, seconds, nanoseconds)) in [
            (&mut times.accessed, accessed),
            (&mut times.modified, modified),
        ] {
            match kind {
                0 => {}
                1 => *old = now,
                _ => *old = time((seconds, nanoseconds)),
            }
        }
        times.changed = now;
        Ok(())
    }

    /// Returns the type and name of the next entry of a directory, or `None` after the last.
    fn next_entry(&mut self, listing: u32) -> Result<Option<(u8, Bytes)>, ErrorCode> {
        let Some(Resource::Listing(listing)) = self.handles.get_mut(listing) else {
            return Err(ErrorCode::BadDescriptor);
        };
        let from = match &listing.last {
            Some(last) => Bound::Excluded(&**last),
            None => Bound::Unbounded,
        };
        let entries = &self.files.directory(listing.directory)?.entries;
        let next = entries.range::<[u8], _>((from, Bound::Unbounded)).next();
        let Some((name, inode)) = next else {
            return Ok(None);
        };
        let inode = self.files.inode(*inode)?;
        let copy = Bytes::copy(name).ok_or(ErrorCode::InsufficientMemory)?;
        listing.last = Some(name.clone());
        Ok(Some((descriptor_type(inode), copy)))
    }
}

wasi_functions! {
    fn wasi_filesystem_preopens_get_directories() => List<(u32, Bytes)> {
        let inode = ROOT;
        let flags = READ | MUTATE_DIRECTORY;
        let root = system(|system| system.add(Resource::Descriptor(Descriptor { inode, flags })));
        let path = Bytes::copy(b"/");
        List(root.zip(path).into_iter().collect())
    }

    fn wasi_filesystem_types_descriptor_read_via_stream(
        file: u32,
        offset: u64,
    ) => Result<u32, ErrorCode> {
        system(|system| {
            let inode = system.readable(file)?;
            if system.files.inode(inode)?.is_directory() {
                return Err(ErrorCode::IsDirectory);
            }
            system.open(Resource::Input(Input::File { inode, offset }))
        })
    }

    fn wasi_filesystem_types_descriptor_write_via_stream(
        file: u32,
        offset: u64,
    ) => Result<u32, ErrorCode> {
        system(|system| {
            let inode = system.writable(file)?;
            let offset = Some(offset);
            system.open(Resource::Output(Output::File { inode, offset }))
        })
    }

    fn wasi_filesystem_types_descriptor_append_via_stream(file: u32) => Result<u32, ErrorCode> {
        system(|system| {
            let inode = system.writable(file)?;
            system.open(Resource::Output(Output::File { inode, offset: None }))
        })
    }

    fn wasi_filesystem_types_descriptor_advise(
        file: u32,
        _offset: u64,
        _length: u64,
        _advice: u32,
    ) => Result<(), ErrorCode> {
        system(|system| system.descriptor(file).map(|_| ()))
    }

    fn wasi_filesystem_types_descriptor_sync_data(file: u32) => Result<(), ErrorCode> {
        system(|system| system.descriptor(file).map(|_| ()))
    }

    fn wasi_filesystem_types_descriptor_sync(file: u32) => Result<(), ErrorCode> {
        system(|system| system.descriptor(file).map(|_| ()))
    }

    fn wasi_filesystem_types_descriptor_get_flags(file: u32) => Result<u8, ErrorCode> {
        system(|system| Ok(system.descriptor(file)?.flags))
    }

    fn wasi_filesystem_types_descriptor_set_size(file: u32, size: u64) => Result<(), ErrorCode> {
        system(|system| {
            let inode = system.writable(file)?;
            let inode = system.files.writable(inode)?;
            let Kind::File(content) = &mut inode.kind else {
                return Err(ErrorCode::Invalid);
            };
            content.resize(size)?;
            inode.touch(wall_now());
            Ok(())
        })
    }

    fn wasi_filesystem_types_descriptor_set_times(
        file: u32,
        accessed: u32,
        accessed_seconds: u64,
        accessed_nanoseconds: u32,
        modified: u32,
        modified_seconds: u64,
        modified_nanoseconds: u32,
    ) => Result<(), ErrorCode> {
        system(|system| {
            let inode = system.descriptor(file)?.inode;
            system.set_times(
                inode,
                (accessed, accessed_seconds, accessed_nanoseconds),
                (modified, modified_seconds, modified_nanoseconds),
            )
        })
    }

    fn wasi_filesystem_types_descriptor_set_times_at(
        start: u32,
        flags: u32,
        path: &[u8],
        accessed: u32,
        accessed_seconds: u64,
        accessed_nanoseconds: u32,
        modified: u32,
        modified_seconds: u64,
        modified_nanoseconds: u32,
    ) => Result<(), ErrorCode> {
        system(|system| {
            let inode = system.inode_at(start, flags, path)?;
            system.set_times(
                inode,
                (accessed, accessed_seconds, accessed_nanoseconds),
                (modified, modified_seconds, modified_nanoseconds),
            )
        })
    }

    fn wasi_filesystem_types_descriptor_read(
        file: u32,
        limit: u64,
        offset: u64,
    ) => Result<(Bytes, bool), ErrorCode> {
        system(|system| {
            let inode = system.readable(file)?;
            let bytes = system.files.read(inode, offset, limit)?;
            let is_end = (bytes.len() as u64) < limit;
            Ok((bytes, is_end))
        })
    }

    fn wasi_filesystem_types_descriptor_write(
        file: u32,
        bytes: &[u8],
        offset: u64,
    ) => Result<u64, ErrorCode> {
        system(|system| {
            let inode = system.writable(file)?;
            let (written, _) = system.files.write(inode, Some(offset), bytes, wall_now())?;
            Ok(written as u64)
        })
    }

    fn wasi_filesystem_types_descriptor_read_directory(file: u32) => Result<u32, ErrorCode> {
        system(|system| {
            let directory = system.descriptor(file)?.inode;
            system.files.directory(directory)?;
            let last = None;
            system.open(Resource::Listing(Listing { directory, last }))
        })
    }

    fn wasi_filesystem_types_directory_entry_stream_read_directory_entry(
        listing: u32,
    ) => Result<Option<(u8, Bytes)>, ErrorCode> {
        system(|system| system.next_entry(listing))
    }

    fn wasi_filesystem_types_descriptor_stat(file: u32) => Result<Status, ErrorCode> {
        system(|system| system.status(system.descriptor(file)?.inode))
    }

    fn wasi_filesystem_types_descriptor_stat_at(
        start: u32,
        flags: u32,
        path: &[u8],
    ) => Result<Status, ErrorCode> {
        system(|system| system.status(system.inode_at(start, flags, path)?))
    }

    fn wasi_filesystem_types_descriptor_metadata_hash(file: u32) => Result<(u64, u64), ErrorCode> {
        system(|system| Ok(metadata_hash(system.descriptor(file)?.inode)))
    }

    fn wasi_filesystem_types_descriptor_metadata_hash_at(
        start: u32,
        flags: u32,
        path: &[u8],
    ) => Result<(u64, u64), ErrorCode> {
        system(|system| Ok(metadata_hash(system.inode_at(start, flags, path)?)))
    }

    fn wasi_filesystem_types_descriptor_open_at(
        start: u32,
        path_flags: u32,
        path: &[u8],
        open_flags: u32,
        flags: u32,
    ) => Result<u32, ErrorCode> {
        system(|system| system.open_at(start, path_flags, path, open_flags, flags))
    }

    fn wasi_filesystem_types_descriptor_create_directory_at(
        start: u32,
        path: &[u8],
    ) => Result<(), ErrorCode> {
        system(|system| system.create_at(start, path, Kind::directory(ROOT)))
    }

    fn wasi_filesystem_types_descriptor_symlink_at(
        start: u32,
        target: &[u8],
        path: &[u8],
    ) => Result<(), ErrorCode> {
        match target {
            [] => Err(ErrorCode::NoEntry),
            target if target.len() > PATH_LIMIT => Err(ErrorCode::NameTooLong),
            target => system(|system| system.create_at(start, path, Kind::Link(target.into()))),
        }
    }

    fn wasi_filesystem_types_descriptor_readlink_at(
        start: u32,
        path: &[u8],
    ) => Result<Bytes, ErrorCode> {
        system(|system| {
            let inode = system.inode_at(start, 0, path)?;
            let Kind::Link(target) = &system.files.inode(inode)?.kind else {
                return Err(ErrorCode::Invalid);
            };
            Bytes::copy(target).ok_or(ErrorCode::InsufficientMemory)
        })
    }

    fn wasi_filesystem_types_descriptor_link_at(
        start: u32,
        flags: u32,
        path: &[u8],
        new_start: u32,
        new_path: &[u8],
    ) => Result<(), ErrorCode> {
        system(|system| {
            let inode = system.inode_at(start, flags, path)?;
            let new_start = system.descriptor(new_start)?.inode;
            let mut name = Name::default();
            let place = system.files.place(new_start, new_path, false, &mut name)?;
            system.files.link(inode, &place, wall_now())
        })
    }

    fn wasi_filesystem_types_descriptor_rename_at(
        start: u32,
        path: &[u8],
        new_start: u32,
        new_path: &[u8],
    ) => Result<(), ErrorCode> {
        system(|system| system.rename_at(start, path, new_start, new_path))
    }

    fn wasi_filesystem_types_descriptor_remove_directory_at(
        start: u32,
        path: &[u8],
    ) => Result<(), ErrorCode> {
        system(|system| {
            let start = system.descriptor(start)?.inode;
            let mut name = Name::default();
            let place = system.files.place(start, path, false, &mut name)?;
            system.files.remove_directory(&place, wall_now())
        })
    }

    fn wasi_filesystem_types_descriptor_unlink_file_at(
        start: u32,
        path: &[u8],
    ) => Result<(), ErrorCode> {
        system(|system| {
            let start = system.descriptor(start)?.inode;
            let mut name = Name::default();
            let place = system.files.place(start, path, false, &mut name)?;
            system.files.remove_file(&place, wall_now())
        })
    }

    fn wasi_filesystem_types_drop_descriptor(file: u32) {
        close(file);
    }

    fn wasi_filesystem_types_drop_directory_entry_stream(listing: u32) {
        close(listing);
    }
}
