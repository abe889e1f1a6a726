//! Functions of the host's, as `driver.py` calls them. What comes back is a list of strings: a result
//! as JSON, or the class of an exception and its message.

use std::ptr::null_mut;

use crate::eryx::sandbox::host::{self, Failure};
use crate::python::{Definition, Object, ffi};

/// What `driver.py` is given for it.
pub(crate) static FUNCTIONS: [Definition; 4] = [
    Definition::new(c"host_call", call),
    Definition::new(c"host_begin", begin),
    Definition::new(c"host_next", next),
    Definition::new(c"host_cancel", cancel),
];

/// `host_call(function, arguments)`: the answer.
extern "C" fn call(_this: *mut ffi::PyObject, arguments: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: Python passes a live tuple, and runs nothing else meanwhile.
    match unsafe { function_and_text(arguments) } {
        Some((function, text)) => list(None, host::call(function, text)),
        None => null_mut(),
    }
}

/// `host_begin(function, arguments)`: the number of the call.
extern "C" fn begin(
    _this: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python passes a live tuple, and runs nothing else meanwhile.
    unsafe {
        match function_and_text(arguments) {
            Some((function, text)) => {
                let call = host::begin(function, text);
                ffi::PyLong_FromLong(call.cast_signed())
            }
            None => null_mut(),
        }
    }
}

/// `host_next(nanoseconds)`: nothing, or the number of a call and its answer.
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
    match host::next(nanoseconds) {
        Some(finished) => list(Some(finished.call), finished.outcome),
        None => Object::list([]).map_or(null_mut(), Object::into_ptr),
    }
}

/// `host_cancel(call)`.
extern "C" fn cancel(
    _this: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python passes a live tuple, whose items live as long.
    unsafe {
        let call = ffi::PyTuple_GetItem(arguments, 0);
        if call.is_null() {
            return null_mut();
        }
        let call = ffi::PyLong_AsInt(call);
        if !ffi::PyErr_Occurred().is_null() {
            return null_mut();
        }
        host::cancel(call.cast_unsigned());
        ffi::PyBool_FromLong(1)
    }
}

/// The first two items of a tuple. Nothing means that an exception was raised.
///
/// # Safety
///
/// The tuple lives as long as the text is used.
unsafe fn function_and_text<'a>(arguments: *mut ffi::PyObject) -> Option<(u32, &'a str)> {
    // SAFETY: the tuple is live, and what is taken from it lives as long.
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

fn list(call: Option<u32>, outcome: Result<String, Failure>) -> *mut ffi::PyObject {
    let call = call.map(|call| call.cast_signed().to_string());
    let strings = match &outcome {
        Ok(json) => [Some(&**json), None],
        Err(failure) => [Some(&*failure.type_name), Some(&*failure.message)],
    };
    let strings = call.as_deref().into_iter().chain(strings.into_iter().flatten());
    Object::list(strings).map_or(null_mut(), Object::into_ptr)
}
