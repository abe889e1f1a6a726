//! A slot: the reserved addresses of one linear memory, which instances use one after the other.
//!
//! ```text
//! guard │ snapshot, copy-on-write │ zeros │ inaccessible until the memory grows │ guard
//!       └────── accessible to a new memory ┘
//! ```

use std::io;
use std::ops::Range;
use std::sync::{Arc, Weak};

use rustix::param::page_size;

use super::Snapshot;
use super::region::Region;
use super::scan::{PageRuns, Pagemap, ResetAction};

/// The sizes of a slot in bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct SlotLayout {
    /// The largest size that the memory can grow to.
    pub(super) capacity: usize,
    /// The size of the inaccessible range on either side.
    pub(super) guard: usize,
}

/// A slot for one linear memory.
///
/// A free slot has the bytes of its snapshot, then zeros; everything beyond the initial size of a
/// memory is inaccessible.
pub(super) struct Slot {
    region: Region,
    layout: SlotLayout,
    /// The snapshot that is mapped at its start. It is a weak reference: a slot whose snapshot is
    /// dropped is the first to be mapped anew.
    contents: Option<Weak<Snapshot>>,
    /// The accessible size at the start of an instance, in bytes.
    initial_size: usize,
    /// The accessible size now, in bytes.
    accessible: usize,
    /// Whether a system call failed half way, so that the fields above may be wrong.
    is_inconsistent: bool,
}

impl Slot {
    pub(super) fn new(layout: SlotLayout) -> io::Result<Self> {
        let size = layout.guard.checked_mul(2);
        let size = size.and_then(|guards| guards.checked_add(layout.capacity));
        Ok(Self {
            region: Region::reserve(size.ok_or(io::ErrorKind::OutOfMemory)?)?,
            layout,
            contents: None,
            initial_size: 0,
            accessible: 0,
            is_inconsistent: false,
        })
    }

    /// Selects the best free slot for a memory, by index: one that maps its snapshot, or one whose
    /// snapshot is dropped, or the oldest if the list is full. None if a new slot is better.
    pub(super) fn select(
        free: &[Self],
        is_full: bool,
        layout: SlotLayout,
        contents: Option<&Arc<Snapshot>>,
    ) -> Option<usize> {
        let fits = |slot: &Self| slot.layout == layout;
        let ready = |slot: &Self| fits(slot) && slot.maps(contents);
        let orphaned = |slot: &Self| fits(slot) && slot.is_orphaned();
        let ready = free.iter().rposition(ready);
        let orphaned = || free.iter().position(orphaned);
        let oldest = || is_full.then(|| free.iter().position(fits)).flatten();
        ready.or_else(orphaned).or_else(oldest)
    }

    /// Prepares a free slot for a memory of `size` bytes, which is at least the size of the
    /// snapshot.
    pub(super) fn prepare(
        &mut self,
        contents: Option<&Arc<Snapshot>>,
        size: usize,
    ) -> io::Result<()> {
        if !self.maps(contents) {
            // The new mapping replaces the old one and its pages.
            let memory = self.region_range(0..self.layout.capacity)?;
            self.is_inconsistent = true;
            self.region.remap(memory)?;
            self.contents = None;
            self.accessible = 0;
            if let Some(snapshot) = contents {
                let bytes = snapshot.bytes().len();
                let memory = self.region_range(0..bytes)?;
                self.region
                    .map_file(memory, &snapshot.file, snapshot.offset)?;
                self.contents = Some(Arc::downgrade(snapshot));
                self.accessible = bytes;
            }
            self.is_inconsistent = false;
        }
        self.resize(size)?;
        self.initial_size = self.accessible;
        Ok(())
    }

    /// Makes exactly `size` bytes accessible, rounded up to whole pages.
    pub(super) fn resize(&mut self, size: usize) -> io::Result<()> {
        let size = size.checked_next_multiple_of(page_size());
        let size = size.ok_or(io::ErrorKind::OutOfMemory)?;
        let (more, fewer) = (
            self.region_range(self.accessible..size.max(self.accessible))?,
            self.region_range(size.min(self.accessible)..self.accessible)?,
        );
        // The kernel may fail half way.
        self.is_inconsistent = true;
        if !more.is_empty() {
            self.region.make_accessible(more)?;
        }
        if !fewer.is_empty() {
            self.region.make_inaccessible(fewer)?;
        }
        self.is_inconsistent = false;
        self.accessible = size;
        Ok(())
    }

    /// Resets a used slot to the state after [`prepare`](Self::prepare). `contents` is the snapshot
    /// that it was prepared with. At most `resident` bytes of private pages stay in memory.
    ///
    /// After an error the slot must be dropped.
    pub(super) fn reset(
        &mut self,
        contents: Option<&Snapshot>,
        pagemap: Option<&Pagemap>,
        resident: usize,
    ) -> io::Result<()> {
        if self.is_inconsistent {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let contents = contents.map_or(&[][..], Snapshot::bytes);
        let restored = pagemap.is_some_and(|map| self.restore(contents, map, resident).is_ok());
        if !restored {
            self.discard_from(0)?;
        }
        self.resize(self.initial_size)
    }

    /// Returns the address of the memory.
    pub(super) fn start(&self) -> *mut u8 {
        self.region.start().wrapping_add(self.layout.guard)
    }

    /// Overwrites changed pages with their initial contents. After `resident` bytes (whole pages)
    /// it discards the rest.
    fn restore(&mut self, contents: &[u8], pagemap: &Pagemap, resident: usize) -> io::Result<()> {
        let mut found = PageRuns::new();
        let mut scanned = 0;
        let mut budget = resident;
        while scanned < self.accessible {
            let range = scanned..self.accessible;
            let (runs, end) = pagemap.changed_pages(self.start(), range, &mut found)?;
            for (run, state) in runs {
                // A run can span the end of the snapshot.
                let middle = contents.len().clamp(run.start, run.end);
                for (part, is_file) in [(run.start..middle, true), (middle..run.end, false)] {
                    match state.reset_action(is_file) {
                        ResetAction::Keep => {}
                        ResetAction::Discard => {
                            let part = self.region_range(part)?;
                            self.region.discard(part)?;
                        }
                        ResetAction::Overwrite => {
                            let fits = part.start..part.end.min(part.start + budget);
                            budget -= fits.len();
                            let rest = fits.end..part.end;
                            self.overwrite(fits, contents)?;
                            if !rest.is_empty() {
                                // One call discards everything from here on: more changed pages are
                                // likely.
                                return self.discard_from(rest.start);
                            }
                        }
                    }
                }
            }
            scanned = end;
        }
        Ok(())
    }

    /// Overwrites accessible bytes with their initial contents: those of the snapshot, or zeros.
    /// The range does not span the end of the snapshot.
    fn overwrite(&mut self, range: Range<usize>, contents: &[u8]) -> io::Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        if range.end > self.accessible {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let target = self.start().wrapping_add(range.start);
        #[expect(unsafe_code, reason = "writes to pages through a pointer")]
        // SAFETY: these bytes belong to this slot, which no instance uses any more. They are
        // accessible, and `contents` is another mapping.
        unsafe {
            match contents.get(range.clone()) {
                Some(source) => target.copy_from_nonoverlapping(source.as_ptr(), source.len()),
                None => target.write_bytes(0, range.len()),
            }
        }
        Ok(())
    }

    /// Discards all accessible pages from an offset on.
    fn discard_from(&mut self, from: usize) -> io::Result<()> {
        let pages = self.region_range(from..self.accessible)?;
        self.region.discard(pages)
    }

    /// Whether the slot maps this snapshot, or none.
    fn maps(&self, contents: Option<&Arc<Snapshot>>) -> bool {
        match (&self.contents, contents) {
            (None, None) => true,
            // A `Weak` keeps the allocation, so no other snapshot can have its address.
            (Some(mapped), Some(wanted)) => mapped.as_ptr() == Arc::as_ptr(wanted),
            _ => false,
        }
    }

    /// Whether the mapped snapshot is dropped, so that no later memory can begin with it.
    fn is_orphaned(&self) -> bool {
        let contents = self.contents.as_ref();
        contents.is_some_and(|contents| contents.strong_count() == 0)
    }

    /// Converts a range of the memory to a range of the region.
    fn region_range(&self, range: Range<usize>) -> io::Result<Range<usize>> {
        if range.start > range.end || range.end > self.layout.capacity {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        Ok(self.layout.guard + range.start..self.layout.guard + range.end)
    }
}
