//! The first contents of a linear memory, in a file.

use std::fs::File;
use std::io;
#[cfg(target_os = "linux")]
use std::slice;

#[cfg(target_os = "linux")]
use super::region::Region;

/// A page of WebAssembly, in bytes; no processor's own pages are larger.
const PAGE: usize = 64 << 10;

/// What a linear memory begins with: a part of a file.
///
/// The file must stay as it is for as long as this or a memory that began with it lives. A change
/// would show in running instances; and what is cut off ends whoever reads it with a signal, the
/// host too. Images are never written to where they are: they are replaced or removed as a whole,
/// and either leaves what is mapped alone.
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
    /// Takes `size` bytes from `offset` on of a file; both in bytes, and multiples of 64 KiB.
    pub(crate) fn map(file: &File, offset: u64, size: usize) -> io::Result<Self> {
        let refused = |reason| Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        if !offset.is_multiple_of(PAGE as u64) {
            return refused("a snapshot has to begin at a multiple of 64 KiB in its file");
        }
        if size == 0 || !size.is_multiple_of(PAGE) {
            return refused("the size of a snapshot has to be a multiple of 64 KiB");
        }
        let there = file.metadata()?.len();
        if offset
            .checked_add(size as u64)
            .is_none_or(|end| end > there)
        {
            return refused("the file ends before the snapshot does");
        }
        Self::of(file, offset, size)
    }

    /// Writes bytes to a temporary file without a name, and takes them from there.
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
            bytes: Region::of_file(file, offset, size)?,
            file: file.try_clone()?,
            offset,
        })
    }

    /// Where slots cannot map a file, its bytes are all that is asked for.
    #[cfg(not(target_os = "linux"))]
    fn of(mut file: &File, offset: u64, size: usize) -> io::Result<Self> {
        use std::io::{Read as _, Seek as _, SeekFrom};

        let mut bytes = vec![0; size];
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(&mut bytes)?;
        Ok(Self { bytes })
    }

    /// All of it.
    #[cfg(target_os = "linux")]
    pub(crate) fn bytes(&self) -> &[u8] {
        #[expect(unsafe_code, reason = "a mapped file as bytes")]
        // SAFETY: the region is mapped, readable, for as long as `self` lives. Nothing writes to
        // it: it is mapped for reading only, and the file stays as it is.
        unsafe {
            slice::from_raw_parts(self.bytes.start(), self.bytes.size())
        }
    }

    /// All of it.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
