//! Finding the pages that differ from their mapping, with the `PAGEMAP_SCAN` ioctl of Linux 6.7.
//!
//! A page of a private mapping is in one of four states:
//!
//! - untouched: it has no page table entry;
//! - read: its entry points to the file's page, or to the shared zero page;
//! - written, by this or an earlier instance: its entry points to a private copy;
//! - swapped out or being migrated: its private copy has an entry that is not present.
//!
//! The scan reports the last two. The kernel reads page table entries under their locks, so a page
//! that is swapped meanwhile is reported in one of the two states.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::marker::PhantomData;
use std::ops::Range;
use std::ptr;

use rustix::ioctl::{self, Ioctl, IoctlOutput, Opcode, opcode};
use rustix::mm::Advice;
use rustix::param::page_size;

use super::region::Region;

/// The number of page runs that one scan can return.
const RUNS: usize = 256;

/// The page map of this process: `/proc/self/pagemap`.
pub(super) struct Pagemap {
    file: File,
    /// Fork canary: `MADV_WIPEONFORK` zeroes it in a child, whose inherited pagemap fd would
    /// describe the parent.
    canary: Region,
}

/// The state of a page: the kernel's `PAGE_IS_*` bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageState(u64);

/// The action that resets a page to its initial contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResetAction {
    /// The page is unchanged.
    Keep,
    /// Copy the initial contents over it.
    Overwrite,
    /// Return it to the system.
    Discard,
}

impl PageState {
    pub(super) const FILE: Self = Self(1 << 2);
    pub(super) const PRESENT: Self = Self(1 << 3);
    pub(super) const SWAPPED: Self = Self(1 << 4);
    pub(super) const ZEROS: Self = Self(1 << 5);
    pub(super) const HUGE: Self = Self(1 << 6);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns the action for a page that is mapped from a file, or else begins as zeros.
    pub(super) fn reset_action(self, is_file: bool) -> ResetAction {
        match () {
            // Overwriting would first read it from swap.
            () if self.has(Self::SWAPPED) => ResetAction::Discard,
            () if !self.has(Self::PRESENT) || self.has(Self::FILE) => ResetAction::Keep,
            // In a file mapping the zero page is a change: KSM replaces a page of written zeros
            // with it.
            () if self.has(Self::ZEROS) && !is_file => ResetAction::Keep,
            // One written byte would mean overwriting 2 MiB.
            () if self.has(Self::HUGE) => ResetAction::Discard,
            () => ResetAction::Overwrite,
        }
    }
}

/// The buffer for the results of one scan.
pub(super) struct PageRuns([Run; RUNS]);

impl PageRuns {
    pub(super) fn new() -> Self {
        Self([Run::default(); RUNS])
    }
}

impl Pagemap {
    /// Opens the page map and checks that the kernel reports the canary correctly. Returns None if
    /// it cannot.
    pub(super) fn open() -> Option<Self> {
        let page = page_size();
        let mut canary = Region::reserve(page).ok()?;
        canary.make_accessible(0..page).ok()?;
        canary.advise(0..page, Advice::LinuxWipeOnFork).ok()?;
        #[expect(unsafe_code, reason = "writes to a page through a pointer")]
        // SAFETY: it was just mapped, and no other code has its address.
        unsafe {
            canary.start().write_volatile(1);
        }
        let file = File::open("/proc/self/pagemap").ok()?;
        let pagemap = Self { file, canary };
        let mut found = PageRuns::new();
        let start = pagemap.canary.start();
        let (mut runs, end) = pagemap.changed_pages(start, 0..page, &mut found).ok()?;
        let found = runs.next() == Some((0..page, PageState::PRESENT));
        (found && runs.next().is_none() && end == page).then_some(())?;
        drop(runs);
        Some(pagemap)
    }

    /// Scans a range of bytes, relative to `start`, for pages that differ from their mapping.
    /// Returns runs of such pages in order, and the end of the scanned range, which may be short of
    /// the requested one.
    pub(super) fn changed_pages<'a>(
        &self,
        start: *mut u8,
        range: Range<usize>,
        found: &'a mut PageRuns,
    ) -> io::Result<(
        impl Iterator<Item = (Range<usize>, PageState)> + use<'a>,
        usize,
    )> {
        #[expect(unsafe_code, reason = "reads from a page through a pointer")]
        // SAFETY: the page is mapped as long as `self` lives, and nothing writes to it any more.
        let is_own_process = unsafe { self.canary.start().read_volatile() } == 1;
        if !is_own_process {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let address = |offset| (start.addr() + offset) as u64;
        let argument = Argument {
            size: size_of::<Argument>() as u64,
            flags: 0,
            start: address(range.start),
            end: address(range.end),
            walk_end: 0,
            vec: ptr::from_mut(&mut found.0).addr() as u64,
            vec_len: RUNS as u64,
            max_pages: 0,
            // Pages that are present or swapped, and not the file's.
            category_inverted: PageState::FILE.0,
            category_mask: PageState::FILE.0,
            category_anyof_mask: PageState::PRESENT.and(PageState::SWAPPED).0,
            return_mask: PageState::PRESENT
                .and(PageState::SWAPPED)
                .and(PageState::ZEROS)
                .and(PageState::HUGE)
                .0,
        };
        let scan = Scan {
            argument,
            found: PhantomData,
        };
        #[expect(unsafe_code, reason = "a system call that has no safe form")]
        // SAFETY: the kernel reads and writes `Scan`'s argument, and writes to `found`, which
        // `Scan` borrows mutably. A file of another kind would refuse the ioctl.
        let (count, end) = unsafe { ioctl::ioctl(&self.file, scan)? };

        let invalid = || io::Error::from(io::ErrorKind::InvalidData);
        let offset = |address: u64| {
            let address = usize::try_from(address).ok()?;
            address.checked_sub(start.addr())
        };
        let end = offset(end).ok_or_else(invalid)?;
        let runs = found.0.get(..count).ok_or_else(invalid)?;
        let mut before = range.start;
        for run in runs {
            let (from, to) = (offset(run.start), offset(run.end));
            let (Some(from), Some(to)) = (from, to) else {
                return Err(invalid());
            };
            if before > from || from >= to || to > end {
                return Err(invalid());
            }
            before = to;
        }
        if end <= range.start || end > range.end {
            return Err(invalid());
        }
        let base = start.addr() as u64;
        let runs = runs.iter().map(move |run| {
            #[expect(clippy::cast_possible_truncation, reason = "checked above")]
            let range = (run.start - base) as usize..(run.end - base) as usize;
            (range, PageState(run.categories))
        });
        Ok((runs, end))
    }
}

/// The kernel's `struct page_region`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Run {
    start: u64,
    end: u64,
    categories: u64,
}

/// The kernel's `struct pm_scan_arg`.
#[repr(C)]
struct Argument {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    vec: u64,
    vec_len: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

const _: () = assert!(size_of::<Run>() == 24 && size_of::<Argument>() == 96);

struct Scan<'a> {
    argument: Argument,
    found: PhantomData<&'a mut PageRuns>,
}

#[expect(unsafe_code, reason = "a system call that has no safe form")]
// SAFETY: this is the kernel's `PAGEMAP_SCAN`, `_IOWR('f', 16, struct pm_scan_arg)`. It reads and
// writes its argument, and writes at most `vec_len` entries to `vec`.
unsafe impl Ioctl for Scan<'_> {
    /// The number of runs, and the address at which the scan ended.
    type Output = (usize, u64);

    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        opcode::read_write::<Argument>(b'f', 16)
    }

    fn as_ptr(&mut self) -> *mut c_void {
        ptr::from_mut(&mut self.argument).cast()
    }

    unsafe fn output_from_ptr(
        count: IoctlOutput,
        argument: *mut c_void,
    ) -> rustix::io::Result<Self::Output> {
        let count = usize::try_from(count).map_err(|_| rustix::io::Errno::INVAL)?;
        // SAFETY: the pointer is the one that `as_ptr` returned.
        let argument = unsafe { &*argument.cast::<Argument>() };
        Ok((count, argument.walk_end))
    }
}

#[cfg(test)]
mod tests {
    use super::{PageRuns, PageState, Pagemap, ResetAction};

    #[test]
    fn action_of_each_page_state() {
        let present = PageState::PRESENT;
        for (state, of_file, as_zeros) in [
            (present, ResetAction::Overwrite, ResetAction::Overwrite),
            (
                PageState::SWAPPED,
                ResetAction::Discard,
                ResetAction::Discard,
            ),
            (
                present.and(PageState::SWAPPED),
                ResetAction::Discard,
                ResetAction::Discard,
            ),
            (
                PageState::SWAPPED.and(PageState::ZEROS),
                ResetAction::Discard,
                ResetAction::Discard,
            ),
            (
                present.and(PageState::HUGE),
                ResetAction::Discard,
                ResetAction::Discard,
            ),
            (
                present.and(PageState::ZEROS),
                ResetAction::Overwrite,
                ResetAction::Keep,
            ),
            (
                present.and(PageState::FILE),
                ResetAction::Keep,
                ResetAction::Keep,
            ),
            (PageState(0), ResetAction::Keep, ResetAction::Keep),
        ] {
            assert_eq!(state.reset_action(true), of_file, "{state:?}");
            assert_eq!(state.reset_action(false), as_zeros, "{state:?}");
        }
    }

    #[test]
    fn a_forked_process_cannot_scan() {
        let Some(mut pagemap) = Pagemap::open() else {
            return;
        };
        let page = rustix::param::page_size();
        let (start, mut found) = (pagemap.canary.start(), PageRuns::new());
        assert!(pagemap.changed_pages(start, 0..page, &mut found).is_ok());
        // The canary is zero, as in a forked process.
        assert!(pagemap.canary.discard(0..page).is_ok());
        assert!(pagemap.changed_pages(start, 0..page, &mut found).is_err());
    }
}
