//! The creator of linear memories, each of which lies in a slot.

use std::io;
use std::ptr;
use std::sync::Arc;

use rustix::param::page_size;
use wasmtime::{LinearMemory, MemoryCreator, MemoryType, Result};

use super::Snapshot;
use super::free_list::FreeList;
use super::initial_contents::contents;
use super::scan::Pagemap;
use super::slot::{Slot, SlotLayout};

/// A `MemoryCreator` that takes linear memories from a pool of slots.
///
/// A memory begins with the snapshot passed to [`with_contents`](super::with_contents), or with
/// zeros. A memory whose type has a minimum of 0 pages always begins empty: wasmtime's
/// garbage-collected heaps are such, and are created together with an instance's own memory.
///
/// The engine must turn off wasmtime's own copy-on-write images (`Config::memory_init_cow`):
/// wasmtime panics if a module has one and its memory comes from a `MemoryCreator`.
pub(crate) struct Memories(Arc<Pool>);

struct Pool {
    slots: FreeList<Slot>,
    /// None if the kernel has no `PAGEMAP_SCAN`; then all pages of a used slot are discarded.
    pagemap: Option<Pagemap>,
    /// The limit on the resident memory of a warm slot: bytes, a multiple of the page size.
    resident: usize,
}

impl Memories {
    /// Creates a pool of at most `slots` free slots. At most `warm_slots` of them keep resident
    /// pages, each at most `resident` bytes. Never returns None on Linux.
    #[expect(clippy::unnecessary_wraps, reason = "other systems return None")]
    pub(crate) fn new(slots: usize, warm_slots: usize, resident: usize) -> Option<Self> {
        Some(Self::with(slots, warm_slots, resident, Pagemap::open()))
    }

    pub(super) fn with(
        slots: usize,
        warm_slots: usize,
        resident: usize,
        pagemap: Option<Pagemap>,
    ) -> Self {
        Self(Arc::new(Pool {
            slots: FreeList::new(slots, warm_slots),
            pagemap,
            resident: resident - resident % page_size(),
        }))
    }

    fn create(
        &self,
        minimum: usize,
        maximum: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> io::Result<Memory> {
        let contents = contents().filter(|_| minimum > 0);
        let snapshot = contents
            .as_ref()
            .map_or(0, |snapshot| snapshot.bytes().len());
        let size = minimum.max(snapshot);
        if maximum.is_some_and(|maximum| size > maximum) {
            let reason = "the snapshot is larger than the module allows its memory to be";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        // Only a 64-bit memory can be larger than the reservation; its code checks every access.
        let capacity = reserved.or(maximum).unwrap_or(0).max(size);
        let capacity = capacity.checked_next_multiple_of(page_size());
        let layout = SlotLayout {
            capacity: capacity.ok_or(io::ErrorKind::OutOfMemory)?,
            guard,
        };
        let select =
            |free: &[Slot], is_full| Slot::select(free, is_full, layout, contents.as_ref());
        let mut slot = match self.0.slots.take(select) {
            Some(slot) => slot,
            None => Slot::new(layout)?,
        };
        slot.prepare(contents.as_ref(), size)?;
        Ok(Memory {
            slot: Some(slot),
            contents,
            size,
            capacity: layout.capacity,
            pool: self.0.clone(),
        })
    }
}

#[expect(unsafe_code, reason = "the trait is unsafe")]
// SAFETY: a memory has the requested capacity, guards and accessible bytes, and nothing else uses
// them until it is dropped. It begins with zeros, or with the snapshot that the caller of
// `with_contents` provides in place of the module's data segments.
unsafe impl MemoryCreator for Memories {
    fn new_memory(
        &self,
        _ty: MemoryType,
        minimum: usize,
        maximum: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        match self.create(minimum, maximum, reserved, guard) {
            Ok(memory) => Ok(Box::new(memory)),
            Err(error) => Err(format!("cannot create a linear memory: {error}")),
        }
    }
}

/// The linear memory of an instance.
struct Memory {
    /// None only while this is dropped.
    slot: Option<Slot>,
    contents: Option<Arc<Snapshot>>,
    size: usize,
    capacity: usize,
    pool: Arc<Pool>,
}

#[expect(unsafe_code, reason = "the trait is unsafe")]
// SAFETY: the slot has `capacity` bytes, of which at least `size` are accessible, and does not
// move.
unsafe impl LinearMemory for Memory {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        self.capacity
    }

    fn grow_to(&mut self, size: usize) -> Result<()> {
        if let Some(slot) = self.slot.as_mut()
            && size > self.size
        {
            slot.resize(size)?;
            self.size = size;
        }
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.slot.as_ref().map_or(ptr::null_mut(), Slot::start)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let Some(mut slot) = self.slot.take() else {
            return;
        };
        let Pool {
            slots,
            pagemap,
            resident,
        } = &*self.pool;
        let is_warm = *resident > 0 && slots.has_room_for_warm();
        let resident = if is_warm { *resident } else { 0 };
        let reset = slot.reset(self.contents.as_deref(), pagemap.as_ref(), resident);
        if reset.is_ok() {
            slots.put(slot, is_warm);
        }
    }
}
