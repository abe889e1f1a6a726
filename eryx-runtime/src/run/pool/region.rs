//! A range of this process's addresses, and what can be done to its pages.
//!
//! All of it is safe as long as nobody holds a reference to the bytes: a region hands out a pointer,
//! and whoever uses that answers for what is mapped there.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::ptr;

use rustix::mm::{self, Advice, MapFlags, MprotectFlags, ProtFlags};

/// Mapped pages, which are unmapped when this is dropped.
pub(super) struct Region {
    start: *mut c_void,
    size: usize,
    /// Whether there may be a hole in it, in which something else may have been mapped since.
    torn: bool,
}

#[expect(unsafe_code, reason = "it has a pointer, to what belongs to it alone")]
// SAFETY: mapped pages belong to the process, not to a thread.
unsafe impl Send for Region {}
#[expect(unsafe_code, reason = "it has a pointer, to what belongs to it alone")]
// SAFETY: with a shared reference the pointer and the size can be read, no more.
unsafe impl Sync for Region {}

impl Region {
    /// Reserves addresses, none of which can be accessed yet.
    pub(super) fn reserve(size: usize) -> io::Result<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        #[expect(unsafe_code, reason = "maps pages")]
        // SAFETY: the kernel chooses addresses where nothing is.
        let start =
            unsafe { mm::mmap_anonymous(ptr::null_mut(), size, ProtFlags::empty(), flags)? };
        Ok(Self {
            start,
            size,
            torn: false,
        })
    }

    /// Maps a part of a file, to be read.
    pub(super) fn of_file(file: &File, offset: u64, size: usize) -> io::Result<Self> {
        let (read, flags) = (ProtFlags::READ, MapFlags::SHARED);
        #[expect(unsafe_code, reason = "maps pages")]
        // SAFETY: the kernel chooses addresses where nothing is.
        let start = unsafe { mm::mmap(ptr::null_mut(), size, read, flags, file, offset)? };
        Ok(Self {
            start,
            size,
            torn: false,
        })
    }

    pub(super) fn start(&self) -> *mut u8 {
        self.start.cast()
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Lets pages be read and written to.
    pub(super) fn open(&mut self, range: Range<usize>) -> io::Result<()> {
        self.protect(range, MprotectFlags::READ | MprotectFlags::WRITE)
    }

    /// Lets pages not be accessed; they keep what is in them.
    pub(super) fn close(&mut self, range: Range<usize>) -> io::Result<()> {
        self.protect(range, MprotectFlags::empty())
    }

    /// Gives pages back. They are then what they were when they were mapped.
    pub(super) fn drop_pages(&mut self, range: Range<usize>) -> io::Result<()> {
        self.advise(range, Advice::LinuxDontNeed)
    }

    /// Tells the kernel how pages are used.
    pub(super) fn advise(&mut self, range: Range<usize>, advice: Advice) -> io::Result<()> {
        let (start, size) = self.pages(range)?;
        #[expect(unsafe_code, reason = "changes mapped pages")]
        // SAFETY: they belong to this region, and nobody holds a reference to them.
        unsafe {
            mm::madvise(start, size, advice)?;
        }
        Ok(())
    }

    /// Maps fresh pages, in place of whatever is there, that cannot be accessed.
    pub(super) fn renew(&mut self, range: Range<usize>) -> io::Result<()> {
        let (start, size) = self.pages(range)?;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        #[expect(unsafe_code, reason = "maps pages")]
        // SAFETY: what they replace belongs to this region, and nobody holds a reference to it.
        let mapped = unsafe { mm::mmap_anonymous(start, size, ProtFlags::empty(), flags) };
        self.whole_if(mapped)
    }

    /// Maps a part of a file, in place of whatever is there. What is written to these pages does
    /// not reach the file.
    pub(super) fn map_file(
        &mut self,
        range: Range<usize>,
        file: &File,
        offset: u64,
    ) -> io::Result<()> {
        let (start, size) = self.pages(range)?;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        #[expect(unsafe_code, reason = "maps pages")]
        // SAFETY: what they replace belongs to this region, and nobody holds a reference to it.
        let mapped = unsafe { mm::mmap(start, size, access, flags, file, offset) };
        self.whole_if(mapped)
    }

    fn protect(&mut self, range: Range<usize>, access: MprotectFlags) -> io::Result<()> {
        let (start, size) = self.pages(range)?;
        #[expect(unsafe_code, reason = "changes mapped pages")]
        // SAFETY: they belong to this region, and nobody holds a reference to them.
        unsafe {
            mm::mprotect(start, size, access)?;
        }
        Ok(())
    }

    /// The kernel may have unmapped what was to be replaced before it failed.
    fn whole_if(&mut self, mapped: rustix::io::Result<*mut c_void>) -> io::Result<()> {
        self.torn |= mapped.is_err();
        mapped?;
        Ok(())
    }

    /// Where a range of this region is.
    fn pages(&self, range: Range<usize>) -> io::Result<(*mut c_void, usize)> {
        if self.torn || range.start > range.end || range.end > self.size {
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
        // To unmap a hole would unmap what is not ours. It is lost instead.
        if self.torn {
            return;
        }
        #[expect(unsafe_code, reason = "unmaps pages")]
        // SAFETY: they belong to this region, and whoever used its pointer is done with it.
        let unmapped = unsafe { mm::munmap(self.start, self.size) };
        debug_assert!(unmapped.is_ok());
    }
}
