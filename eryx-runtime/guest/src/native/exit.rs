//! Ending the instance from Python.

use std::ptr::null_mut;

use crate::python::{Definition, ffi};
use crate::system;

/// `end_process(status)` ends the instance. WASI's own `exit` would tell the host only whether the
/// status is 0.
pub(super) static END_PROCESS: Definition = Definition::new(c"end_process", end_process);

extern "C" fn end_process(
    _this: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python passes a live tuple, and runs nothing else meanwhile.
    unsafe {
        let status = ffi::PyTuple_GetItem(arguments, 0);
        if !status.is_null() {
            let status = ffi::PyLong_AsInt(status);
            if ffi::PyErr_Occurred().is_null() {
                system::exit(status);
            }
        }
    }
    null_mut()
}
