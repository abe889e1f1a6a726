//! The allocator through which the host passes arguments.

use std::alloc::{Layout, alloc, handle_alloc_error, realloc};

/// Allocates or grows a block, as the canonical ABI defines it.
///
/// libc exports a function of this name as well. The linker would import that one if this library
/// did not define its own.
///
/// # Safety
///
/// `old` must be null with `old_size` 0, or a block of `old_size` bytes that this function returned
/// for the same `align`, which must be a power of two.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(
    old: *mut u8,
    old_size: usize,
    align: usize,
    new_size: usize,
) -> *mut u8 {
    if new_size == 0 {
        return std::ptr::without_provenance_mut(align);
    }
    // SAFETY: the caller promises the sizes and the alignment, and `new_size` is not 0.
    unsafe {
        let layout = Layout::from_size_align_unchecked(new_size, align);
        let block = if old_size == 0 {
            alloc(layout)
        } else {
            realloc(
                old,
                Layout::from_size_align_unchecked(old_size, align),
                new_size,
            )
        };
        if block.is_null() {
            handle_alloc_error(layout);
        }
        block
    }
}
