//! Filling the holes of the heap.
//!
//! Starting Python and importing modules leaves free blocks between those that stay. What a program
//! makes would go there first, a little here and a little there, each on another page. So these
//! blocks are taken and never given back: all that is made later comes from the one free block at
//! the heap's end, one after the other.

use std::ffi::c_void;
use std::ptr::null_mut;

/// The sizes of the blocks that are taken, in bytes with the head that libc gives each: from the
/// largest, in pieces of which larger holes are taken, down to the least that there is. All are
/// multiples of the least.
const LARGEST: usize = 64 << 10;
const LEAST: usize = 16;
const HEAD: usize = 4;
/// As much is free at the heap's end afterwards, at least, in bytes: small programs need not ask for
/// more memory.
const ROOM: usize = 1 << 20;
/// What libc itself keeps at the end of memory, at most, in bytes.
const MARGIN: usize = 4 << 10;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

/// Fills the holes, and clears the free block at the heap's end.
pub(crate) fn fill() {
    let Some(end) = end() else { return };
    let mut size = LARGEST;
    while size > 0 {
        while take(size - HEAD, end) {}
        // Then no hole is left that is as large: small sizes one after the other, large ones in steps.
        size -= (size / 8).next_multiple_of(LEAST);
    }
    clear(end);
}

/// Where the free block at the heap's end begins.
fn end() -> Option<usize> {
    // Blocks that follow each other without a gap: the first, and where the next would be.
    let mut first = null_mut::<u8>();
    let mut next = first;
    loop {
        let before = memory();
        // SAFETY: malloc takes any size.
        let block = unsafe { malloc(ROOM - HEAD) }.cast::<u8>();
        if block.is_null() {
            return None;
        }
        if block != next {
            first = block;
        }
        next = block.wrapping_add(ROOM);
        if memory() > before {
            // There was no room for this one but at the end; so the ones before it were there, too.
            while next != first {
                next = next.wrapping_sub(ROOM);
                // SAFETY: it was allocated above, and is given back once.
                unsafe { free(next.cast()) };
            }
            return Some(first.addr());
        }
    }
}

/// Clears the free block at the heap's end: the image keeps all that is not 0.
fn clear(end: usize) {
    let size = memory().saturating_sub(end).saturating_sub(MARGIN);
    // SAFETY: malloc takes any size; so many bytes can be written.
    unsafe {
        let block = malloc(size);
        if !block.is_null() {
            block.write_bytes(0, size);
            free(block);
        }
    }
}

/// How many bytes of memory there are.
fn memory() -> usize {
    core::arch::wasm32::memory_size(0) << 16
}

/// Takes a block, unless it is at the heap's end.
fn take(size: usize, end: usize) -> bool {
    // SAFETY: malloc takes any size, and what is freed was allocated just now.
    unsafe {
        let block = malloc(size);
        if block.is_null() || block.addr() >= end {
            free(block);
            return false;
        }
        // Nobody has any use for what was there.
        block.write_bytes(0, size);
        true
    }
}
