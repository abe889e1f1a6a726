//! The creator of the native stacks that instances run on.

use std::io;
use std::ops::Range;
use std::ptr;
use std::sync::Arc;

use rustix::mm::Advice;
use rustix::param::page_size;
use wasmtime::{Error, StackCreator, StackMemory};

use super::free_list::FreeList;
use super::region::Region;

/// A `StackCreator` that takes stacks from a pool. Each is zeroed and has a guard page below it.
pub(crate) struct Stacks(Arc<Pool>);

struct Pool {
    free: FreeList<Region>,
    /// The limit on the resident memory of a warm stack: bytes, a multiple of the page size.
    resident: usize,
}

impl Stacks {
    /// Creates a pool of at most `slots` free stacks. At most `warm_slots` of them keep their upper
    /// `resident` bytes, zeroed; other pages are discarded. Never returns None on Linux.
    #[expect(clippy::unnecessary_wraps, reason = "other systems return None")]
    pub(crate) fn new(slots: usize, warm_slots: usize, resident: usize) -> Option<Self> {
        Some(Self(Arc::new(Pool {
            free: FreeList::new(slots, warm_slots),
            resident: resident - resident % page_size(),
        })))
    }

    fn create(&self, size: usize) -> io::Result<Stack> {
        let page = page_size();
        let size = size.max(1).checked_next_multiple_of(page);
        let size = size.and_then(|size| size.checked_add(page));
        let size = size.ok_or(io::ErrorKind::OutOfMemory)?;
        let select = |free: &[Region], _| free.iter().rposition(|one| one.size() == size);
        let region = match self.0.free.take(select) {
            Some(region) => region,
            None => new(size)?,
        };
        Ok(Stack {
            region: Some(region),
            pool: self.0.clone(),
        })
    }
}

/// Maps a stack, without huge pages: with them the first call would touch, and the reset clear, 2
/// MiB.
fn new(size: usize) -> io::Result<Region> {
    let mut region = Region::reserve(size)?;
    region.make_accessible(page_size()..size)?;
    // A kernel without huge pages refuses this advice.
    let _ = region.advise(page_size()..size, Advice::LinuxNoHugepage);
    Ok(region)
}

#[expect(unsafe_code, reason = "the trait is unsafe")]
// SAFETY: a stack has the requested size, rounded up to whole pages, begins as zeros and has a
// guard page below. Nothing else uses it until it is dropped.
unsafe impl StackCreator for Stacks {
    fn new_stack(&self, size: usize, _zeroed: bool) -> Result<Box<dyn StackMemory>, Error> {
        Ok(Box::new(self.create(size)?))
    }
}

/// A stack, which grows down to its guard page.
struct Stack {
    /// None only while this is dropped.
    region: Option<Region>,
    pool: Arc<Pool>,
}

impl Stack {
    /// Returns the addresses of the stack and its guard page.
    fn all(&self) -> Range<*mut u8> {
        let region = self.region.as_ref();
        let (start, size) = region.map_or((ptr::null_mut(), 0), |region| {
            (region.start(), region.size())
        });
        start..start.wrapping_add(size)
    }
}

#[expect(unsafe_code, reason = "the trait is unsafe")]
// SAFETY: everything above the guard page is accessible, and the stack consists of whole pages.
unsafe impl StackMemory for Stack {
    fn top(&self) -> *mut u8 {
        self.all().end
    }

    fn range(&self) -> Range<usize> {
        let all = self.all();
        all.start.wrapping_add(page_size()).addr()..all.end.addr()
    }

    fn guard_range(&self) -> Range<*mut u8> {
        let start = self.all().start;
        start..start.wrapping_add(page_size())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let Some(mut region) = self.region.take() else {
            return;
        };
        let is_warm = self.pool.free.has_room_for_warm();
        let resident = if is_warm { self.pool.resident } else { 0 };
        if clear(&mut region, resident).is_ok() {
            self.pool.free.put(region, is_warm);
        }
    }
}

/// Zeroes a stack: overwrites its upper `resident` bytes and discards the pages below.
fn clear(region: &mut Region, resident: usize) -> io::Result<()> {
    let stack = page_size()..region.size();
    let middle = stack.end - resident.min(stack.len());
    #[expect(unsafe_code, reason = "writes to pages through a pointer")]
    // SAFETY: these bytes are accessible, and nothing runs on this stack any more.
    unsafe {
        region
            .start()
            .wrapping_add(middle)
            .write_bytes(0, stack.end - middle);
    }
    region.discard(stack.start..middle)
}
