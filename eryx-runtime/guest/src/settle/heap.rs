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
/// What libc keeps at the end of memory, at most, in bytes.
const MARGIN: usize = 4 << 10;
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
        while take(size, end) {}
        // A hole that is left is less than the size.
        size = match size {
            ..=512 => size - 8,
            _ => size / 8 * 7 / 8 * 8,
        };
    }
    clear(end);
}

/// Where the free block at the heap's end begins.
fn end() -> Option<usize> {
    loop {
        let before = memory();
        // SAFETY: malloc takes any size.
        let block = unsafe { malloc(ROOM) };
        if block.is_null() {
            return None;
        }
        if memory() > before {
            // Nowhere else was room for it.
            // SAFETY: it was allocated just now.
            unsafe { free(block) };
            return Some(block.addr());
        }
    }
}

/// Clears the free block at the heap's end, which otherwise would be kept in the image as it is.
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
