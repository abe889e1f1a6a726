//! Asks the kernel which pages are no longer what was mapped: the `PAGEMAP_SCAN` of Linux 6.7.
//!
//! A page of a private mapping is in one of these states. Nobody looked at it: it has no entry in
//! the page table. It was only read: its entry leads to the file's page, or to the one page of zeros
//! that all share. It was written to, now or by an earlier instance: it is a page of its own. Or the
//! kernel has moved such a page elsewhere, to swap or, for a moment, from one place in memory to
//! another: its entry is not present. All but the first two are found here, those that are not
//! present too.
//!
//! The kernel looks at page tables under their locks, so a page that changes its state meanwhile is
//! seen in one or the other, and both are found.

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

/// How many runs of pages are asked for at a time.
const RUNS: usize = 256;

/// The page tables of this process.
pub(super) struct Pagemap {
    file: File,
    /// A page with a one in it, that a forked process has a page of zeros for. The file, of which
    /// it has a copy, tells of its parent's pages.
    mark: Region,
}

/// What the kernel says about pages: bits of its `PAGE_IS_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(u64);

/// What makes a page as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repair {
    /// It is.
    Nothing,
    /// To write over it.
    Overwrite,
    /// To give it back.
    GiveBack,
}

impl State {
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

    /// What is to be done about a page that was mapped from a file, or else as zeros.
    pub(super) fn repair(self, of_file: bool) -> Repair {
        match () {
            // To write over it would bring it back first.
            () if self.has(Self::SWAPPED) => Repair::GiveBack,
            () if !self.has(Self::PRESENT) || self.has(Self::FILE) => Repair::Nothing,
            // In place of the file's bytes that is a change: the kernel merges pages of zeros that
            // were written, if asked to (KSM).
            () if self.has(Self::ZEROS) && !of_file => Repair::Nothing,
            // One byte written, and 2 MiB to clear.
            () if self.has(Self::HUGE) => Repair::GiveBack,
            () => Repair::Overwrite,
        }
    }
}

/// Room for an answer.
pub(super) struct Found([Run; RUNS]);

impl Found {
    pub(super) fn new() -> Self {
        Self([Run::default(); RUNS])
    }
}

impl Pagemap {
    /// Opens it, and tries whether the kernel answers, and is right.
    pub(super) fn open() -> Option<Self> {
        let page = page_size();
        let mut mark = Region::reserve(page).ok()?;
        mark.open(0..page).ok()?;
        mark.advise(0..page, Advice::LinuxWipeOnFork).ok()?;
        #[expect(unsafe_code, reason = "writes to a page through a pointer")]
        // SAFETY: it was just mapped, and nobody else knows of it.
        unsafe {
            mark.start().write_volatile(1);
        }
        let file = File::open("/proc/self/pagemap").ok()?;
        let pagemap = Self { file, mark };
        let mut found = Found::new();
        let start = pagemap.mark.start();
        let (mut runs, end) = pagemap.changed(start, 0..page, &mut found).ok()?;
        let seen = runs.next() == Some((0..page, State::PRESENT));
        (seen && runs.next().is_none() && end == page).then_some(())?;
        drop(runs);
        Some(pagemap)
    }

    /// Finds runs of pages in a range of bytes from `start` on that are no longer what was mapped,
    /// in order, and says how far it looked.
    pub(super) fn changed<'a>(
        &self,
        start: *mut u8,
        range: Range<usize>,
        found: &'a mut Found,
    ) -> io::Result<(impl Iterator<Item = (Range<usize>, State)> + use<'a>, usize)> {
        #[expect(unsafe_code, reason = "reads from a page through a pointer")]
        // SAFETY: the page is mapped as long as `self` lives, and nobody writes to it any more.
        let ours = unsafe { self.mark.start().read_volatile() } == 1;
        if !ours {
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
            // Of those that are there, or would be, the ones that are not the file's.
            category_inverted: State::FILE.0,
            category_mask: State::FILE.0,
            category_anyof_mask: State::PRESENT.and(State::SWAPPED).0,
            return_mask: State::PRESENT
                .and(State::SWAPPED)
                .and(State::ZEROS)
                .and(State::HUGE)
                .0,
        };
        let scan = Scan {
            argument,
            found: PhantomData,
        };
        #[expect(unsafe_code, reason = "a system call that has no safe form")]
        // SAFETY: `Scan` says what the kernel reads and writes: its own argument, and `found`, which
        // is borrowed for it. Another kind of file would refuse the call.
        let (count, end) = unsafe { ioctl::ioctl(&self.file, scan)? };

        let odd = || io::Error::from(io::ErrorKind::InvalidData);
        let offset = |address: u64| {
            let address = usize::try_from(address).ok()?;
            address.checked_sub(start.addr())
        };
        let end = offset(end).ok_or_else(odd)?;
        let runs = found.0.get(..count).ok_or_else(odd)?;
        let mut before = range.start;
        for run in runs {
            let (from, to) = (offset(run.start), offset(run.end));
            let (Some(from), Some(to)) = (from, to) else {
                return Err(odd());
            };
            if before > from || from >= to || to > end {
                return Err(odd());
            }
            before = to;
        }
        if end <= range.start || end > range.end {
            return Err(odd());
        }
        let base = start.addr() as u64;
        let runs = runs.iter().map(move |run| {
            #[expect(clippy::cast_possible_truncation, reason = "checked above")]
            let range = (run.start - base) as usize..(run.end - base) as usize;
            (range, State(run.categories))
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
    found: PhantomData<&'a mut Found>,
}

#[expect(unsafe_code, reason = "a system call that has no safe form")]
// SAFETY: this is the kernel's `PAGEMAP_SCAN`, `_IOWR('f', 16, struct pm_scan_arg)`. It reads and
// writes its argument, and writes at most `vec_len` entries to `vec`.
unsafe impl Ioctl for Scan<'_> {
    /// How many runs were found, and the address up to which it looked.
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
        // SAFETY: it is the pointer that `as_ptr` gave.
        let argument = unsafe { &*argument.cast::<Argument>() };
        Ok((count, argument.walk_end))
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, Pagemap, Repair, State};

    #[test]
    fn what_is_done_about_a_page() {
        let present = State::PRESENT;
        for (state, of_file, as_zeros) in [
            (present, Repair::Overwrite, Repair::Overwrite),
            (State::SWAPPED, Repair::GiveBack, Repair::GiveBack),
            (
                present.and(State::SWAPPED),
                Repair::GiveBack,
                Repair::GiveBack,
            ),
            (
                State::SWAPPED.and(State::ZEROS),
                Repair::GiveBack,
                Repair::GiveBack,
            ),
            (present.and(State::HUGE), Repair::GiveBack, Repair::GiveBack),
            (
                present.and(State::ZEROS),
                Repair::Overwrite,
                Repair::Nothing,
            ),
            (present.and(State::FILE), Repair::Nothing, Repair::Nothing),
            (State(0), Repair::Nothing, Repair::Nothing),
        ] {
            assert_eq!(state.repair(true), of_file, "{state:?}");
            assert_eq!(state.repair(false), as_zeros, "{state:?}");
        }
    }

    #[test]
    fn a_forked_process_does_not_ask() {
        let Some(mut pagemap) = Pagemap::open() else {
            return;
        };
        let page = rustix::param::page_size();
        let (start, mut found) = (pagemap.mark.start(), Found::new());
        assert!(pagemap.changed(start, 0..page, &mut found).is_ok());
        // As in such a process.
        assert!(pagemap.mark.drop_pages(0..page).is_ok());
        assert!(pagemap.changed(start, 0..page, &mut found).is_err());
    }
}
