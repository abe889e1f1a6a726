//! `tiny._native`: a Python module in Rust, with hand-written declarations of CPython's C API.
//!
//! It contains what can go wrong in linking: a call into libpython, the address of a function in
//! static data (the method table), the address of data in another library (`PyExc_ValueError`), and
//! a static that changes.

#![no_std]

use core::ffi::{CStr, c_char, c_int, c_long, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicI32, Ordering};

#[repr(C)]
struct PyObject(c_void);

type Function = unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject;

#[repr(C)]
struct PyMethodDef {
    name: *const c_char,
    function: Option<Function>,
    flags: c_int,
    documentation: *const c_char,
}

/// `PyModuleDef` of CPython 3.14 on a 32-bit machine.
#[repr(C)]
struct PyModuleDef {
    references: isize,
    kind: *mut PyObject,
    init: *mut c_void,
    index: isize,
    copy: *mut PyObject,
    name: *const c_char,
    documentation: *const c_char,
    size: isize,
    methods: *const PyMethodDef,
    slots: *mut c_void,
    traverse: *mut c_void,
    clear: *mut c_void,
    free: *mut c_void,
}

struct Shared<T>(T);
// SAFETY: a sandbox has no threads.
unsafe impl<T> Sync for Shared<T> {}

const METH_NOARGS: c_int = 4;
const METH_O: c_int = 8;
const PYTHON_API_VERSION: c_int = 1013;

unsafe extern "C" {
    static PyExc_ValueError: *mut PyObject;
    fn PyErr_SetString(kind: *mut PyObject, message: *const c_char);
    fn PyLong_FromLong(value: c_long) -> *mut PyObject;
    fn PyModule_Create2(definition: *const PyModuleDef, version: c_int) -> *mut PyObject;
    fn PyUnicode_AsUTF8AndSize(string: *mut PyObject, size: *mut isize) -> *const c_char;
}

static CALLS: AtomicI32 = AtomicI32::new(0);

/// `vowels(text)` counts the vowels of a text. It raises `ValueError` for an empty text.
unsafe extern "C" fn vowels(_module: *mut PyObject, text: *mut PyObject) -> *mut PyObject {
    CALLS.fetch_add(1, Ordering::Relaxed);
    let mut size = 0;
    // SAFETY: CPython passes a live object, and returns bytes that live as long as the object.
    unsafe {
        let bytes = PyUnicode_AsUTF8AndSize(text, &raw mut size);
        if bytes.is_null() {
            return null_mut();
        }
        if size == 0 {
            PyErr_SetString(PyExc_ValueError, c"there is nothing to count".as_ptr());
            return null_mut();
        }
        let bytes = core::slice::from_raw_parts(bytes.cast::<u8>(), size.unsigned_abs());
        let count = bytes
            .iter()
            .filter(|byte| b"aeiouAEIOU".contains(byte))
            .count();
        PyLong_FromLong(c_long::try_from(count).unwrap_or(c_long::MAX))
    }
}

/// `calls()` counts the calls of `vowels` in this instance.
unsafe extern "C" fn calls(_module: *mut PyObject, _none: *mut PyObject) -> *mut PyObject {
    // SAFETY: the call takes any number.
    unsafe { PyLong_FromLong(CALLS.load(Ordering::Relaxed)) }
}

const fn method(name: &CStr, function: Function, flags: c_int) -> PyMethodDef {
    PyMethodDef {
        name: name.as_ptr(),
        function: Some(function),
        flags,
        documentation: core::ptr::null(),
    }
}

static METHODS: Shared<[PyMethodDef; 3]> = Shared([
    method(c"vowels", vowels, METH_O),
    method(c"calls", calls, METH_NOARGS),
    PyMethodDef {
        name: core::ptr::null(),
        function: None,
        flags: 0,
        documentation: core::ptr::null(),
    },
]);

static mut MODULE: PyModuleDef = PyModuleDef {
    references: 1,
    kind: null_mut(),
    init: null_mut(),
    index: 0,
    copy: null_mut(),
    name: c"tiny._native".as_ptr(),
    documentation: core::ptr::null(),
    size: -1,
    methods: METHODS.0.as_ptr(),
    slots: null_mut(),
    traverse: null_mut(),
    clear: null_mut(),
    free: null_mut(),
};

/// Creates the module. CPython calls it when the module is imported.
#[unsafe(no_mangle)]
extern "C" fn PyInit__native() -> *mut PyObject {
    // SAFETY: the definition lives for ever, and only CPython writes to it.
    unsafe { PyModule_Create2(&raw const MODULE, PYTHON_API_VERSION) }
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
