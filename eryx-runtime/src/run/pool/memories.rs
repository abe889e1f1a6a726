//! Linear memories for wasmtime, each in a slot.

use std::io;
use std::ptr;
use std::sync::Arc;

use rustix::param::page_size;
use wasmtime::{LinearMemory, MemoryCreator, MemoryType, Result};

use super::Snapshot;
use super::free_list::FreeList;
use super::initial_contents::contents;
use super::scan::Pagemap;
use super::slot::{Shape, Slot};

/// Makes linear memories.
///
/// A memory begins with what [`with_contents`](super::with_contents) says, or with zeros. One that
/// by its type begins with no pages at all has no contents: wasmtime's heaps for garbage collection
/// are such, and are created together with an instance's own memory.
///
/// An engine with these must have its own copy-on-write images turned off
/// (`Config::memory_init_cow`): wasmtime panics if a module has one and its memory comes from here.
pub(crate) struct Memories(Arc<Pool>);

struct Pool {
    slots: FreeList<Slot>,
    /// Where changed pages can be asked for, if they can.
    pagemap: Option<Pagemap>,
    /// How many bytes a warm slot keeps, in whole pages.
    resident: usize,
}

impl Memories {
    /// Keeps at most `slots` free slots for later memories; at most `warm_slots` of them keep pages
    /// that were written to, each at most `resident` bytes.
    ///
    /// There are always some on Linux.
    #[expect(clippy::unnecessary_wraps, reason = "there are none on other systems")]
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
        // Larger than reserved are 64-bit memories alone, whose code checks every access.
        let room = reserved.or(maximum).unwrap_or(0).max(size);
        let room = room.checked_next_multiple_of(page_size());
        let shape = Shape {
            room: room.ok_or(io::ErrorKind::OutOfMemory)?,
            guard,
        };
        let choose = |free: &[Slot], is_full| Slot::choose(free, is_full, shape, contents.as_ref());
        let mut slot = match self.0.slots.take(choose) {
            Some(slot) => slot,
            None => Slot::new(shape)?,
        };
        slot.prepare(contents.as_ref(), size)?;
        Ok(Memory {
            slot: Some(slot),
            contents,
            size,
            room: shape.room,
            pool: self.0.clone(),
        })
    }
}

#[expect(unsafe_code, reason = "the trait is unsafe")]
// SAFETY: a memory has the room, the guards, and the accessible bytes that it is asked to have, and
// nothing else uses them until it is dropped. It begins with zeros, or with what the caller of
// `with_contents` has wasmtime's modules find there instead of their data segments.
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
            Err(error) => Err(format!("no linear memory can be made: {error}")),
        }
    }
}

/// The linear memory of an instance.
struct Memory {
    /// There is one until it is dropped.
    slot: Option<Slot>,
    contents: Option<Arc<Snapshot>>,
    size: usize,
    room: usize,
    pool: Arc<Pool>,
}

#[expect(unsafe_code, reason = "the trait is unsafe")]
// SAFETY: the slot has `room` bytes, of which at least `size` are accessible, and does not move.
unsafe impl LinearMemory for Memory {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        self.room
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
            slots.give(slot, is_warm);
        }
    }
}
