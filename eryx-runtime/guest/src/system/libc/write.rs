//! `write`, in place of libc's own. That one reports `EIO` for every failure of a stream, because
//! WASI's streams have no other error. This one reports `ENOSPC` where memory has ended.

use std::ffi::{c_int, c_void};

use crate::system::state::system;

/// `ENOSPC` of libc's errno.h.
const NO_SPACE: c_int = 51;

unsafe extern "C" {
    /// libc's own `write`.
    fn libc_write(descriptor: c_int, bytes: *const c_void, count: usize) -> isize;
    fn __errno_location() -> *mut c_int;
}

/// Writes to a descriptor, as POSIX defines it.
///
/// # Safety
///
/// `count` bytes at `bytes` must be readable.
#[unsafe(no_mangle)]
unsafe extern "C" fn write(descriptor: c_int, bytes: *const c_void, count: usize) -> isize {
    system(|system| system.is_full = false);
    // SAFETY: the caller promises the same.
    let written = unsafe { libc_write(descriptor, bytes, count) };
    if written < 0 && system(|system| system.is_full) {
        // SAFETY: libc returns the address of its `errno`; there is one thread.
        unsafe { __errno_location().write(NO_SPACE) }
    }
    written
}
