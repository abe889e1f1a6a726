//! Host calls, as the driver makes them. The outcome of a call is a `list` of strings: a result as
//! JSON, or the class of an exception and its message.

use std::ptr::null_mut;

use crate::bindings::eryx::sandbox::host::{self, Failure};
use crate::python::{Definition, Failed, Object, ffi};

/// `host_call(function, arguments)` returns the outcome of a call.
pub(super) static CALL: Definition = Definition::new(c"host_call", call);
/// `host_begin(function, arguments)` begins a call and returns its number.
pub(super) static BEGIN: Definition = Definition::new(c"host_begin", begin);
/// `host_next(nanoseconds)` waits for a call that was begun, and returns its number and outcome, or
/// an empty `list` after that time.
pub(super) static NEXT: Definition = Definition::new(c"host_next", next);
/// `host_cancel(call)` ends a call that was begun.
pub(super) static CANCEL: Definition = Definition::new(c"host_cancel", cancel);

extern "C" fn call(_this: *mut ffi::PyObject, arguments: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: Python passes a live tuple, and runs nothing else meanwhile.
    match unsafe { function_and_text(arguments) } {
        Some((function, text)) => give(outcome(&host::call(function, text))),
        None => null_mut(),
    }
}

extern "C" fn begin(
    _this: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python passes a live tuple, and runs nothing else meanwhile.
    match unsafe { function_and_text(arguments) } {
        Some((function, text)) => give(Object::int(host::begin(function, text).cast_signed())),
        None => null_mut(),
    }
}

extern "C" fn next(_this: *mut ffi::PyObject, arguments: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: Python passes a live tuple, whose items live as long.
    let nanoseconds = unsafe {
        let nanoseconds = ffi::PyTuple_GetItem(arguments, 0);
        if nanoseconds.is_null() {
            return null_mut();
        }
        let nanoseconds = ffi::PyLong_AsUnsignedLongLong(nanoseconds);
        if !ffi::PyErr_Occurred().is_null() {
            return null_mut();
        }
        nanoseconds
    };
    let finished = host::next(nanoseconds);
    give(Object::list(finished.iter().flat_map(|finished| {
        let call = Object::int(finished.call.cast_signed());
        [call, outcome(&finished.outcome)]
    })))
}

extern "C" fn cancel(
    _this: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python passes a live tuple, whose items live as long.
    let call = unsafe {
        let call = ffi::PyTuple_GetItem(arguments, 0);
        if call.is_null() {
            return null_mut();
        }
        let call = ffi::PyLong_AsInt(call);
        if !ffi::PyErr_Occurred().is_null() {
            return null_mut();
        }
        call
    };
    host::cancel(call.cast_unsigned());
    give(Object::none())
}

/// Returns the first two items of a tuple, or `None` if an exception was raised.
///
/// # Safety
///
/// The tuple must live as long as the text is used.
unsafe fn function_and_text<'a>(arguments: *mut ffi::PyObject) -> Option<(u32, &'a str)> {
    // SAFETY: the tuple is live, and its items live as long.
    unsafe {
        let function = ffi::PyTuple_GetItem(arguments, 0);
        let text = ffi::PyTuple_GetItem(arguments, 1);
        if function.is_null() || text.is_null() {
            return None;
        }
        let function = ffi::PyLong_AsInt(function);
        let mut size = 0;
        let bytes = ffi::PyUnicode_AsUTF8AndSize(text, &raw mut size);
        if bytes.is_null() || !ffi::PyErr_Occurred().is_null() {
            return None;
        }
        let bytes = std::slice::from_raw_parts(bytes.cast(), usize::try_from(size).ok()?);
        Some((
            function.cast_unsigned(),
            std::str::from_utf8_unchecked(bytes),
        ))
    }
}

/// The outcome of a call, as the driver gets it.
fn outcome(outcome: &Result<String, Failure>) -> Result<Object, Failed> {
    match outcome {
        Ok(json) => Object::strings([json]),
        Err(failure) => Object::strings([&failure.type_name, &failure.message]),
    }
}

/// Passes an object to Python. Null makes Python raise a `SystemError`.
fn give(object: Result<Object, Failed>) -> *mut ffi::PyObject {
    object.map_or(null_mut(), Object::into_ptr)
}
