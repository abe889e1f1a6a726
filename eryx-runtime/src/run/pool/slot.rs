//! A place for a linear memory, which is made as new for every instance.
//!
//! ```text
//! guard │ the file's bytes │ zeros │ what the memory can grow into │ guard
//!       └──── what a new memory can access ┘
//! ```

use std::io;
use std::ops::Range;
use std::sync::{Arc, Weak};

use rustix::param::page_size;

use super::Snapshot;
use super::region::Region;
use super::scan::{Found, Pagemap, Repair};

/// How much room a slot has for the memory, and how much on either side of it traps. In bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) room: usize,
    pub(super) guard: usize,
}

/// A free one holds what its contents say, zeros from there on, and nothing else; what a new memory
/// cannot access cannot be accessed.
pub(super) struct Slot {
    region: Region,
    shape: Shape,
    /// What is mapped at its beginning. Not kept alive: a slot that nobody can want any more is
    /// the first to be taken for other contents.
    contents: Option<Weak<Snapshot>>,
    /// How much of it a new memory can access, and how much can be accessed now. In bytes.
    first: usize,
    accessible: usize,
    /// Whether it may differ from what the above says.
    unsure: bool,
}

impl Slot {
    pub(super) fn new(shape: Shape) -> io::Result<Self> {
        let size = shape.guard.checked_mul(2);
        let size = size.and_then(|guards| guards.checked_add(shape.room));
        Ok(Self {
            region: Region::reserve(size.ok_or(io::ErrorKind::OutOfMemory)?)?,
            shape,
            contents: None,
            first: 0,
            accessible: 0,
            unsure: false,
        })
    }

    /// The slot that suits a memory best; none, if a new one is better.
    pub(super) fn choose(
        free: &[Self],
        is_full: bool,
        shape: Shape,
        contents: Option<&Arc<Snapshot>>,
    ) -> Option<usize> {
        let fits = |slot: &Self| slot.shape == shape;
        let ready = |slot: &Self| fits(slot) && slot.holds(contents);
        let useless = |slot: &Self| fits(slot) && slot.is_useless();
        let (ready, useless) = (free.iter().rposition(ready), free.iter().position(useless));
        let oldest = || is_full.then(|| free.iter().position(fits)).flatten();
        ready.or(useless).or_else(oldest)
    }

    /// Prepares a free slot for a memory of `size` bytes, at least as many as its contents have.
    pub(super) fn prepare(
        &mut self,
        contents: Option<&Arc<Snapshot>>,
        size: usize,
    ) -> io::Result<()> {
        if !self.holds(contents) {
            // All that was there goes with its mapping.
            let memory = self.at(0..self.shape.room)?;
            self.unsure = true;
            self.region.renew(memory)?;
            self.contents = None;
            self.accessible = 0;
            if let Some(snapshot) = contents {
                let bytes = snapshot.bytes().len();
                let memory = self.at(0..bytes)?;
                self.region
                    .map_file(memory, &snapshot.file, snapshot.offset)?;
                self.contents = Some(Arc::downgrade(snapshot));
                self.accessible = bytes;
            }
            self.unsure = false;
        }
        self.resize(size)?;
        self.first = self.accessible;
        Ok(())
    }

    /// Makes `size` bytes accessible, and no more; in whole pages.
    pub(super) fn resize(&mut self, size: usize) -> io::Result<()> {
        let size = size.checked_next_multiple_of(page_size());
        let size = size.ok_or(io::ErrorKind::OutOfMemory)?;
        let (more, fewer) = (
            self.at(self.accessible..size.max(self.accessible))?,
            self.at(size.min(self.accessible)..self.accessible)?,
        );
        // The kernel may fail half way.
        self.unsure = true;
        if !more.is_empty() {
            self.region.open(more)?;
        }
        if !fewer.is_empty() {
            self.region.close(fewer)?;
        }
        self.unsure = false;
        self.accessible = size;
        Ok(())
    }

    /// Makes it free: as it was when it was prepared, whatever was written to it. `contents` are
    /// those it was prepared with. At most `resident` bytes of pages of its own stay in it.
    ///
    /// If that fails, it must not be used again.
    pub(super) fn reset(
        &mut self,
        contents: Option<&Snapshot>,
        pagemap: Option<&Pagemap>,
        resident: usize,
    ) -> io::Result<()> {
        if self.unsure {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let contents = contents.map_or(&[][..], Snapshot::bytes);
        let restored = pagemap.is_some_and(|map| self.restore(contents, map, resident).is_ok());
        if !restored {
            self.give_back(0)?;
        }
        self.resize(self.first)
    }

    /// The first byte of the memory.
    pub(super) fn start(&self) -> *mut u8 {
        self.region.start().wrapping_add(self.shape.guard)
    }

    /// Overwrites what was changed, and gives back what is more than `resident` bytes of it, which is
    /// in whole pages.
    fn restore(&mut self, contents: &[u8], pagemap: &Pagemap, resident: usize) -> io::Result<()> {
        let mut found = Found::new();
        let mut looked = 0;
        let mut room = resident;
        while looked < self.accessible {
            let range = looked..self.accessible;
            let (runs, end) = pagemap.changed(self.start(), range, &mut found)?;
            for (run, state) in runs {
                // One run can lie on both sides of the end of the contents.
                let middle = contents.len().clamp(run.start, run.end);
                for (part, of_file) in [(run.start..middle, true), (middle..run.end, false)] {
                    match state.repair(of_file) {
                        Repair::Nothing => {}
                        Repair::GiveBack => {
                            let part = self.at(part)?;
                            self.region.drop_pages(part)?;
                        }
                        Repair::Overwrite => {
                            let fits = part.start..part.end.min(part.start + room);
                            room -= fits.len();
                            let rest = fits.end..part.end;
                            self.overwrite(fits, contents)?;
                            if !rest.is_empty() {
                                // Of the rest too: one call does it, and there is likely more.
                                return self.give_back(rest.start);
                            }
                        }
                    }
                }
            }
            looked = end;
        }
        Ok(())
    }

    /// Writes what was there at first, to bytes that can be accessed.
    fn overwrite(&mut self, range: Range<usize>, contents: &[u8]) -> io::Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        if range.end > self.accessible {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let target = self.start().wrapping_add(range.start);
        #[expect(unsafe_code, reason = "writes to pages through a pointer")]
        // SAFETY: these bytes belong to this slot, and no instance does any more. They are within
        // what is accessible, and `contents` are mapped elsewhere.
        unsafe {
            match contents.get(range.clone()) {
                Some(source) => target.copy_from_nonoverlapping(source.as_ptr(), source.len()),
                None => target.write_bytes(0, range.len()),
            }
        }
        Ok(())
    }

    /// Gives back all accessible pages from a byte on.
    fn give_back(&mut self, from: usize) -> io::Result<()> {
        let pages = self.at(from..self.accessible)?;
        self.region.drop_pages(pages)
    }

    fn holds(&self, contents: Option<&Arc<Snapshot>>) -> bool {
        match (&self.contents, contents) {
            (None, None) => true,
            // As long as there is a `Weak`, nothing else can be at its address.
            (Some(held), Some(wanted)) => held.as_ptr() == Arc::as_ptr(wanted),
            _ => false,
        }
    }

    fn is_useless(&self) -> bool {
        let held = self.contents.as_ref();
        held.is_some_and(|contents| contents.strong_count() == 0)
    }

    /// Where a range of the memory is in the region.
    fn at(&self, range: Range<usize>) -> io::Result<Range<usize>> {
        if range.start > range.end || range.end > self.shape.room {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        Ok(self.shape.guard + range.start..self.shape.guard + range.end)
    }
}
