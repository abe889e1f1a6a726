//! `write`, in place of libc's own, which makes `EIO` of whatever kept a stream from writing: WASI's
//! streams say no more than that. Where memory has ended, it ought to be `ENOSPC`.

use std::ffi::{c_int, c_void};

use super::system;

/// `ENOSPC` of libc's errno.h.
const NO_SPACE: c_int = 51;

unsafe extern "C" {
    /// libc's own `write`; `cargo xtask fetch-libs` gives it this name.
    fn libc_write(descriptor: c_int, bytes: *const c_void, count: usize) -> isize;
    fn __errno_location() -> *mut c_int;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn write(descriptor: c_int, bytes: *const c_void, count: usize) -> isize {
    system(|system| system.is_full = false);
    // SAFETY: the caller's promise is the same.
    let written = unsafe { libc_write(descriptor, bytes, count) };
    if written < 0 && system(|system| system.is_full) {
        // SAFETY: libc has one place for it, as there is one thread.
        unsafe { __errno_location().write(NO_SPACE) }
    }
    written
}
