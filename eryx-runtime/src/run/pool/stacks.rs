//! Stacks for wasmtime, which instances run on.

use std::io;
use std::ops::Range;
use std::ptr;
use std::sync::Arc;

use rustix::mm::Advice;
use rustix::param::page_size;
use wasmtime::{Error, StackCreator, StackMemory};

use super::free_list::FreeList;
use super::region::Region;

/// Makes stacks. Each has a page below it that traps, and is all zeros.
pub(crate) struct Stacks(Arc<Pool>);

struct Pool {
    free: FreeList<Region>,
    /// How many bytes a warm stack keeps, in whole pages.
    resident: usize,
}

impl Stacks {
    /// Keeps at most `slots` free stacks for later; at most `warm_slots` of them keep their upper
    /// `resident` bytes, cleared. The rest is given back.
    ///
    /// There are always some on Linux.
    #[expect(clippy::unnecessary_wraps, reason = "there are none on other systems")]
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
        let choose = |free: &[Region], _| free.iter().rposition(|one| one.size() == size);
        let region = match self.0.free.take(choose) {
            Some(region) => region,
            None => new(size)?,
        };
        Ok(Stack {
            region: Some(region),
            pool: self.0.clone(),
        })
    }
}

/// Maps a stack. Where the system has it so, the first call would use, and have cleared, 2 MiB.
fn new(size: usize) -> io::Result<Region> {
    let mut region = Region::reserve(size)?;
    region.open(page_size()..size)?;
    // A kernel without large pages does not know of this.
    let _ = region.advise(page_size()..size, Advice::LinuxNoHugepage);
    Ok(region)
}

#[expect(unsafe_code, reason = "the trait is unsafe")]
// SAFETY: a stack is as large as it is asked to be, in whole pages, begins as zeros and has a page
// below that traps. Nothing else uses it until it is dropped.
unsafe impl StackCreator for Stacks {
    fn new_stack(&self, size: usize, _zeroed: bool) -> Result<Box<dyn StackMemory>, Error> {
        Ok(Box::new(self.create(size)?))
    }
}

/// A stack, which grows down to the page that traps.
struct Stack {
    /// There is one until it is dropped.
    region: Option<Region>,
    pool: Arc<Pool>,
}

impl Stack {
    /// Where it is, with the page that traps.
    fn all(&self) -> Range<*mut u8> {
        let region = self.region.as_ref();
        let (start, size) = region.map_or((ptr::null_mut(), 0), |region| {
            (region.start(), region.size())
        });
        start..start.wrapping_add(size)
    }
}

#[expect(unsafe_code, reason = "the trait is unsafe")]
// SAFETY: all of it but the first page is accessible, and it begins and ends with whole pages.
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
            self.pool.free.give(region, is_warm);
        }
    }
}

/// Makes a stack zeros again.
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
    region.drop_pages(stack.start..middle)
}
