//! How much linear memory is left.

use std::ffi::c_void;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

/// Whether `size` bytes can be allocated, and a reserve beyond them, so that Python can still
/// report what went wrong.
///
/// Everything here that grows asks this first: most collections would abort the instance instead.
pub(crate) fn has_room(size: usize) -> bool {
    const RESERVE: usize = 1 << 20;
    let Some(size) = size.checked_add(RESERVE) else {
        return false;
    };
    // SAFETY: the block is allocated and freed, and nothing uses it. The black box keeps the
    // compiler from removing the pair.
    unsafe {
        let block = std::hint::black_box(malloc(size));
        free(block);
        !block.is_null()
    }
}
