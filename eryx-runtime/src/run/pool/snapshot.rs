//! Snapshots: the initial contents of linear memories, in files.

use std::fs::File;
use std::io;
#[cfg(target_os = "linux")]
use std::slice;

#[cfg(target_os = "linux")]
use super::region::Region;

/// The size of a WebAssembly page in bytes. Every processor's page size divides it.
const PAGE: usize = 64 << 10;

/// The initial contents of a linear memory: a part of a file.
///
/// The file must not change while this, or a memory that began with it, lives. A write would appear
/// in running instances, and a truncated file kills the process with SIGBUS. eryx never writes to
/// an image file in place: it replaces or removes the file, which leaves existing mappings intact.
pub(crate) struct Snapshot {
    #[cfg(target_os = "linux")]
    pub(super) file: File,
    #[cfg(target_os = "linux")]
    pub(super) offset: u64,
    #[cfg(target_os = "linux")]
    bytes: Region,
    #[cfg(not(target_os = "linux"))]
    bytes: Vec<u8>,
}

impl Snapshot {
    /// Maps `size` bytes of a file from `offset` on. Both are multiples of 64 KiB.
    pub(crate) fn map(file: &File, offset: u64, size: usize) -> io::Result<Self> {
        let refused = |reason| Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        if !offset.is_multiple_of(PAGE as u64) {
            return refused("the offset of a snapshot must be a multiple of 64 KiB");
        }
        if size == 0 || !size.is_multiple_of(PAGE) {
            return refused("the size of a snapshot must be a multiple of 64 KiB, and not 0");
        }
        let length = file.metadata()?.len();
        if offset
            .checked_add(size as u64)
            .is_none_or(|end| end > length)
        {
            return refused("the file ends before the snapshot does");
        }
        Self::of(file, offset, size)
    }

    /// Writes bytes to an unnamed temporary file and maps it.
    #[cfg(feature = "build")]
    pub(crate) fn in_temporary_file(bytes: &[u8]) -> io::Result<Self> {
        use std::io::Write as _;

        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        Self::map(&file, 0, bytes.len())
    }

    #[cfg(target_os = "linux")]
    fn of(file: &File, offset: u64, size: usize) -> io::Result<Self> {
        Ok(Self {
            bytes: Region::map_shared(file, offset, size)?,
            file: file.try_clone()?,
            offset,
        })
    }

    /// Reads the bytes: without the pool, no slot maps the file.
    #[cfg(not(target_os = "linux"))]
    fn of(mut file: &File, offset: u64, size: usize) -> io::Result<Self> {
        use std::io::{Read as _, Seek as _, SeekFrom};

        let mut bytes = vec![0; size];
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(&mut bytes)?;
        Ok(Self { bytes })
    }

    /// Returns the contents.
    #[cfg(target_os = "linux")]
    pub(crate) fn bytes(&self) -> &[u8] {
        #[expect(unsafe_code, reason = "a mapped file as bytes")]
        // SAFETY: the region is mapped and readable while `self` lives. Nothing writes to it: the
        // mapping is read-only, and the file does not change.
        unsafe {
            slice::from_raw_parts(self.bytes.start(), self.bytes.size())
        }
    }

    /// Returns the contents.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
