//! The random generators that modules share: `random`'s and the one behind `numpy.random.rand` and
//! the like. In a snapshot they are frozen, and each instance has to begin with a state of its own.
//!
//! Their own `seed()` would do that; but numpy's takes longer than all else that a small program
//! does. Both are Mersenne Twisters, of which any state is as good as another. So that state is
//! looked up once, before the snapshot is taken, and an instance fills it with what the host gives.

use std::cell::RefCell;
use std::ffi::CStr;
use std::ptr::null_mut;

use crate::python::{Definition, ffi};
use crate::system;

/// How many words the state of a generator has, beside its position in them: `N` of
/// `_randommodule.c`, `RK_STATE_LEN` of numpy's `mt19937.h`.
const WORDS: usize = 624;
/// The first word, as numpy seeds it: were all of them 0, the generator would give nothing else.
const FIRST: u32 = 1 << 31;
/// The name of the capsule that leads to the state of numpy's generator.
const CAPSULE: &CStr = c"BitGenerator";

thread_local! {
    static STATES: RefCell<Vec<*mut u32>> = const { RefCell::new(Vec::new()) };
}

/// For `driver.py`: remembers the state of a generator, which is seeded just now.
///
/// Its arguments are the object, and its state and position as it tells them, in bytes. Returns
/// whether they were found where they ought to be.
pub(crate) static FIND: Definition = Definition::new(c"find_state", find);

/// Gives new states to the generators.
pub(crate) fn renew() {
    STATES.with_borrow(|states| {
        for &state in states {
            // SAFETY: so many words were found there, of an object that is immortal by now, and in
            // which nobody else looks meanwhile.
            let words = unsafe { std::slice::from_raw_parts_mut(state, WORDS) };
            // SAFETY: words have no padding, and every byte is allowed in them.
            let (_, bytes, _) = unsafe { words.align_to_mut::<u8>() };
            system::fill_random(bytes);
            words[0] = FIRST;
        }
    });
}

extern "C" fn find(_this: *mut ffi::PyObject, arguments: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: Python passes a live tuple, and what is taken from it lives as long.
    unsafe {
        let object = ffi::PyTuple_GetItem(arguments, 0);
        let told = ffi::PyTuple_GetItem(arguments, 1);
        if object.is_null() || told.is_null() {
            return null_mut();
        }
        let (mut bytes, mut size) = (null_mut(), 0);
        if ffi::PyBytes_AsStringAndSize(told, &raw mut bytes, &raw mut size) < 0 {
            return null_mut();
        }
        let told = std::slice::from_raw_parts(bytes.cast::<u8>(), size.unsigned_abs());
        let found = state(object, told);
        let is_found = found.is_some();
        STATES.with_borrow_mut(|states| states.extend(found));
        ffi::PyBool_FromLong(is_found.into())
    }
}

/// Where the words of a generator are, if they are what it tells.
///
/// # Safety
///
/// The object is live.
unsafe fn state(object: *mut ffi::PyObject, told: &[u8]) -> Option<*mut u32> {
    // SAFETY: what is read is within the memory that there is.
    unsafe {
        let is_numpy = ffi::PyCapsule_IsValid(object, CAPSULE.as_ptr()) != 0;
        let start = if is_numpy {
            // A `bitgen_t`, which begins with a pointer to the `mt19937_state`: words, position.
            let generator = ffi::PyCapsule_GetPointer(object, CAPSULE.as_ptr());
            generator.cast::<*mut u32>().read()
        } else {
            // A `RandomObject`: the head of an object, position, words.
            object.cast::<u32>().add(2)
        };
        let size = (WORDS + 1) * size_of::<u32>();
        let memory = core::arch::wasm32::memory_size(0) << 16;
        let is_within = start.is_aligned() && start.addr().checked_add(size)? <= memory;
        if start.is_null() || !is_within || told.len() != size {
            return None;
        }
        let there = std::slice::from_raw_parts(start.cast::<u8>(), size);
        let words = start.add(usize::from(!is_numpy));
        (there == told).then_some(words)
    }
}
