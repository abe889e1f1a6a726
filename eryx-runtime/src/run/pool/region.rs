//! A range of mapped addresses, and the system calls on its pages.
//!
//! The methods are safe as long as no reference to the bytes exists: a region returns a raw
//! pointer, and the code that dereferences it must know what is mapped there.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::ptr;

use rustix::mm::{self, Advice, MapFlags, MprotectFlags, ProtFlags};

/// A range of mapped pages; dropping it unmaps them.
pub(super) struct Region {
    start: *mut c_void,
    size: usize,
    /// Whether a failed call may have unmapped a part, which another mapping may use by now.
    has_hole: bool,
}

#[expect(unsafe_code, reason = "it has a pointer, to what belongs to it alone")]
// SAFETY: mapped pages belong to the process, not to a thread.
unsafe impl Send for Region {}
#[expect(unsafe_code, reason = "it has a pointer, to what belongs to it alone")]
// SAFETY: with a shared reference the pointer and the size can be read, no more.
unsafe impl Sync for Region {}

impl Region {
    /// Reserves addresses. They are inaccessible until [`make_accessible`](Self::make_accessible).
    pub(super) fn reserve(size: usize) -> io::Result<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        #[expect(unsafe_code, reason = "maps pages")]
        // SAFETY: the kernel chooses addresses where nothing is.
        let start =
            unsafe { mm::mmap_anonymous(ptr::null_mut(), size, ProtFlags::empty(), flags)? };
        Ok(Self {
            start,
            size,
            has_hole: false,
        })
    }

    /// Maps a part of a file, shared and read-only.
    pub(super) fn map_shared(file: &File, offset: u64, size: usize) -> io::Result<Self> {
        let (read, flags) = (ProtFlags::READ, MapFlags::SHARED);
        #[expect(unsafe_code, reason = "maps pages")]
        // SAFETY: the kernel chooses addresses where nothing is.
        let start = unsafe { mm::mmap(ptr::null_mut(), size, read, flags, file, offset)? };
        Ok(Self {
            start,
            size,
            has_hole: false,
        })
    }

    pub(super) fn start(&self) -> *mut u8 {
        self.start.cast()
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Makes pages readable and writable.
    pub(super) fn make_accessible(&mut self, range: Range<usize>) -> io::Result<()> {
        self.protect(range, MprotectFlags::READ | MprotectFlags::WRITE)
    }

    /// Makes pages inaccessible. They keep their contents.
    pub(super) fn make_inaccessible(&mut self, range: Range<usize>) -> io::Result<()> {
        self.protect(range, MprotectFlags::empty())
    }

    /// Returns pages to the system. The next access finds them as they were first mapped.
    pub(super) fn discard(&mut self, range: Range<usize>) -> io::Result<()> {
        self.advise(range, Advice::LinuxDontNeed)
    }

    /// Calls `madvise` on pages.
    pub(super) fn advise(&mut self, range: Range<usize>, advice: Advice) -> io::Result<()> {
        let (start, size) = self.locate(range)?;
        #[expect(unsafe_code, reason = "changes mapped pages")]
        // SAFETY: they belong to this region, and no reference to them exists.
        unsafe {
            mm::madvise(start, size, advice)?;
        }
        Ok(())
    }

    /// Replaces a mapping with inaccessible anonymous pages.
    pub(super) fn remap(&mut self, range: Range<usize>) -> io::Result<()> {
        let (start, size) = self.locate(range)?;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        #[expect(unsafe_code, reason = "maps pages")]
        // SAFETY: what they replace belongs to this region, and no reference to it exists.
        let mapped = unsafe { mm::mmap_anonymous(start, size, ProtFlags::empty(), flags) };
        self.check_mapped(mapped)
    }

    /// Replaces a mapping with a private, writable mapping of a file. Writes do not reach the file.
    pub(super) fn map_file(
        &mut self,
        range: Range<usize>,
        file: &File,
        offset: u64,
    ) -> io::Result<()> {
        let (start, size) = self.locate(range)?;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        #[expect(unsafe_code, reason = "maps pages")]
        // SAFETY: what they replace belongs to this region, and no reference to it exists.
        let mapped = unsafe { mm::mmap(start, size, access, flags, file, offset) };
        self.check_mapped(mapped)
    }

    fn protect(&mut self, range: Range<usize>, access: MprotectFlags) -> io::Result<()> {
        let (start, size) = self.locate(range)?;
        #[expect(unsafe_code, reason = "changes mapped pages")]
        // SAFETY: they belong to this region, and no reference to them exists.
        unsafe {
            mm::mprotect(start, size, access)?;
        }
        Ok(())
    }

    /// Checks the result of a mapping. On failure, the kernel may have unmapped the old mapping
    /// already.
    fn check_mapped(&mut self, mapped: rustix::io::Result<*mut c_void>) -> io::Result<()> {
        self.has_hole |= mapped.is_err();
        mapped?;
        Ok(())
    }

    /// Returns the address and the size of a range of this region.
    fn locate(&self, range: Range<usize>) -> io::Result<(*mut c_void, usize)> {
        if self.has_hole || range.start > range.end || range.end > self.size {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok((
            self.start.wrapping_byte_add(range.start),
            range.end - range.start,
        ))
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // Another mapping may lie in the hole, so the whole range is leaked.
        if self.has_hole {
            return;
        }
        #[expect(unsafe_code, reason = "unmaps pages")]
        // SAFETY: they belong to this region, and the owner of the region no longer uses its
        // pointer.
        let unmapped = unsafe { mm::munmap(self.start, self.size) };
        debug_assert!(unmapped.is_ok());
    }
}
