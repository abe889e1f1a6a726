//! Filling the holes of the heap.
//!
//! Starting Python and importing modules leaves free blocks between those in use. What a program
//! allocates would go there first, scattered over many pages. So these blocks are allocated and
//! never freed. All later blocks come from the one free block at the end of the heap, one after the
//! other.

use std::ffi::c_void;
use std::ptr::null_mut;

/// The size of the largest blocks that fill holes, in bytes and with libc's header. Larger holes are
/// filled by several blocks.
const LARGEST: usize = 64 << 10;
/// The size of libc's smallest blocks, with the header. All sizes are multiples of it.
const SMALLEST: usize = 16;
/// The size of libc's header of a block.
const HEADER: usize = 4;
/// How many bytes are free at the end of the heap afterwards, at least, so that small programs need
/// not grow the memory.
const ROOM: usize = 1 << 20;
/// How many bytes libc itself uses at the end of memory, at most.
const MARGIN: usize = 4 << 10;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

/// Fills the holes, and zeroes the free block at the end of the heap.
pub(crate) fn fill() {
    let Some(end) = end() else { return };
    let mut size = LARGEST;
    while size > 0 {
        while take(size - HEADER, end) {}
        // No hole of this size is left. Small sizes follow one by one, large ones in steps.
        size -= (size / 8).next_multiple_of(SMALLEST);
    }
    clear(end);
}

/// Returns the address of the free block at the end of the heap.
fn end() -> Option<usize> {
    // Of blocks that follow each other without a gap: the first, and where the next would be.
    let mut first = null_mut::<u8>();
    let mut next = first;
    loop {
        let before = memory();
        // SAFETY: malloc accepts any size.
        let block = unsafe { malloc(ROOM - HEADER) }.cast::<u8>();
        if block.is_null() {
            return None;
        }
        if block != next {
            first = block;
        }
        next = block.wrapping_add(ROOM);
        if memory() > before {
            // Only the end of the heap had room for this block, so the blocks before it lie there too.
            while next != first {
                next = next.wrapping_sub(ROOM);
                // SAFETY: the block was allocated above, and is freed once.
                unsafe { free(next.cast()) };
            }
            return Some(first.addr());
        }
    }
}

/// Zeroes the free block at the end of the heap: an image stores every page that is not zero.
fn clear(end: usize) {
    let size = memory().saturating_sub(end).saturating_sub(MARGIN);
    // SAFETY: malloc accepts any size, and returns null or a block of that size.
    unsafe {
        let block = malloc(size);
        if !block.is_null() {
            block.write_bytes(0, size);
            free(block);
        }
    }
}

/// Returns the size of linear memory in bytes.
fn memory() -> usize {
    core::arch::wasm32::memory_size(0) << 16
}

/// Allocates a block, unless it would lie at the end of the heap. Returns whether it did.
fn take(size: usize, end: usize) -> bool {
    // SAFETY: malloc accepts any size; the block that is freed was just allocated.
    unsafe {
        let block = malloc(size);
        if block.is_null() || block.addr() >= end {
            free(block);
            return false;
        }
        // An image stores every page that is not zero.
        block.write_bytes(0, size);
        true
    }
}
