//! The states of the random number generators that modules share: `random`'s, and the one behind
//! `numpy.random.rand` and its like. A snapshot freezes them, so that each instance has to reseed
//! them.
//!
//! Their `seed()` would do that, but numpy's takes longer than everything else that a small program
//! does. Both are Mersenne Twisters, of which any state is as good as another. So the address of
//! the state is found once, before the snapshot, and an instance fills the state with random bytes.

use std::cell::RefCell;
use std::ffi::CStr;
use std::ptr::null_mut;

use crate::python::{Definition, ffi};
use crate::system;

/// The number of words of a state, without the position: `N` of `_randommodule.c`, `RK_STATE_LEN` of
/// numpy's `mt19937.h`.
const WORDS: usize = 624;
/// The first word, as numpy seeds it. If all words were 0, the generator would return nothing else.
const FIRST: u32 = 1 << 31;
/// The name of the capsule that points to numpy's generator.
const CAPSULE: &CStr = c"BitGenerator";

thread_local! {
    static STATES: RefCell<Vec<*mut u32>> = const { RefCell::new(Vec::new()) };
}

/// `find_state(generator, state)` remembers the address of a generator's state.
///
/// `state` is the state and the position that the generator reports, in bytes. The result says
/// whether they were found where this library expects them.
pub(super) static FIND: Definition = Definition::new(c"find_state", find);

/// Fills the states that were found with random bytes.
pub(crate) fn reseed() {
    STATES.with_borrow(|states| {
        for &state in states {
            // SAFETY: the words were found there, in an object that is immortal by now; nothing else
            // uses them meanwhile.
            let words = unsafe { std::slice::from_raw_parts_mut(state, WORDS) };
            // SAFETY: a word has no padding, and may hold any bytes.
            let (_, bytes, _) = unsafe { words.align_to_mut::<u8>() };
            system::fill_random(bytes);
            words[0] = FIRST;
        }
    });
}

extern "C" fn find(_this: *mut ffi::PyObject, arguments: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: Python passes a live tuple, whose items live as long.
    unsafe {
        let object = ffi::PyTuple_GetItem(arguments, 0);
        let reported = ffi::PyTuple_GetItem(arguments, 1);
        if object.is_null() || reported.is_null() {
            return null_mut();
        }
        let (mut bytes, mut size) = (null_mut(), 0);
        if ffi::PyBytes_AsStringAndSize(reported, &raw mut bytes, &raw mut size) < 0 {
            return null_mut();
        }
        let reported = std::slice::from_raw_parts(bytes.cast::<u8>(), size.unsigned_abs());
        let found = state(object, reported);
        let is_found = found.is_some();
        STATES.with_borrow_mut(|states| states.extend(found));
        ffi::PyBool_FromLong(is_found.into())
    }
}

/// Returns the address of a generator's words if it holds what the generator reports.
///
/// # Safety
///
/// The object must be live.
unsafe fn state(object: *mut ffi::PyObject, reported: &[u8]) -> Option<*mut u32> {
    // SAFETY: the bounds of memory are checked before the words are read.
    unsafe {
        let is_numpy = ffi::PyCapsule_IsValid(object, CAPSULE.as_ptr()) != 0;
        let start = if is_numpy {
            // A `bitgen_t` begins with a pointer to the `mt19937_state`: words, position.
            let generator = ffi::PyCapsule_GetPointer(object, CAPSULE.as_ptr());
            generator.cast::<*mut u32>().read()
        } else {
            // A `RandomObject` is the head of an object, position, words.
            object.cast::<u32>().add(2)
        };
        let size = (WORDS + 1) * size_of::<u32>();
        let memory = core::arch::wasm32::memory_size(0) << 16;
        let is_within = start.is_aligned() && start.addr().checked_add(size)? <= memory;
        if start.is_null() || !is_within || reported.len() != size {
            return None;
        }
        let found = std::slice::from_raw_parts(start.cast::<u8>(), size);
        let words = start.add(usize::from(!is_numpy));
        (found == reported).then_some(words)
    }
}
