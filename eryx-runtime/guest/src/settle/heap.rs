//! Filling the holes of the heap.
//!
//! Starting Python and importing modules leaves free blocks between those that stay. What a
//! program makes would go there first, a little here and a little there, each on another page. So
//! these blocks are taken and never given back: all that is made later comes from the one free
//! block at the heap's end, one after the other.

use std::ffi::c_void;

/// The sizes of blocks that are asked for, from the largest to the least that libc gives.
const LARGEST: usize = 64 << 10;
const LEAST: usize = 8;
/// As much as is free at the heap's end afterwards, at least, so that small programs need not ask
/// for more.
const ROOM: usize = 1 << 20;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

pub(crate) fn fill() {
    let Some(end) = end() else { return };
    let mut size = LARGEST;
    while size >= LEAST {
        // Each size between as well: a hole of less than twice the size would stay.
        while let Some(_block) = take(size, end) {}
        size = match size {
            ..=512 => size - 8,
            _ => size / 8 * 7 / 8 * 8,
        };
    }
}

/// Where the free block at the heap's end begins.
fn end() -> Option<usize> {
    loop {
        let before = core::arch::wasm32::memory_size(0);
        // SAFETY: malloc takes any size.
        let block = unsafe { malloc(ROOM) };
        if block.is_null() {
            return None;
        }
        if core::arch::wasm32::memory_size(0) > before {
            // Nowhere else was room for it.
            // SAFETY: it was allocated just now.
            unsafe { free(block) };
            return Some(block.addr());
        }
    }
}

/// Takes a block, unless it is at the heap's end.
fn take(size: usize, end: usize) -> Option<*mut c_void> {
    // SAFETY: malloc takes any size, and what is freed was allocated just now.
    unsafe {
        let block = malloc(size);
        if block.is_null() {
            return None;
        }
        if block.addr() >= end {
            free(block);
            return None;
        }
        // Of what was there nobody has any use.
        block.write_bytes(0, size);
        Some(block)
    }
}
