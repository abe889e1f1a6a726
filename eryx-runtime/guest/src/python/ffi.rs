//! The functions of CPython that are used here, as its headers declare them.
//!
//! All of them belong to the stable ABI, except those of the configuration (PEP 741),
//! `PyObject_IS_GC` and `PyType_GetDict`.

use std::ffi::{c_char, c_int, c_long, c_uint, c_ulong, c_void};

#[repr(C)]
pub(crate) struct PyInitConfig(c_void);
/// `PyObject` of object.h, which is aligned as a pointer.
#[repr(C)]
pub(crate) struct PyObject([*mut c_void; 0]);

/// `PyMethodDef` of methodobject.h.
#[repr(C)]
pub(crate) struct PyMethodDef {
    pub(crate) name: *const c_char,
    pub(crate) function: extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject,
    pub(crate) flags: c_int,
    pub(crate) documentation: *const c_char,
}

/// `visitproc` of object.h.
pub(crate) type Visit = unsafe extern "C" fn(*mut PyObject, *mut c_void) -> c_int;
/// `traverseproc` of object.h.
pub(crate) type Traverse = unsafe extern "C" fn(*mut PyObject, Visit, *mut c_void) -> c_int;
/// `descrgetfunc` of object.h.
pub(crate) type Get =
    unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;

/// `Py_tp_descr_get` of typeslots.h.
pub(crate) const TP_DESCR_GET: c_int = 54;
/// `Py_tp_traverse` of typeslots.h.
pub(crate) const TP_TRAVERSE: c_int = 71;
/// `Py_TPFLAGS_DICT_SUBCLASS` of object.h.
pub(crate) const DICT_SUBCLASS: c_ulong = 1 << 29;
/// `Py_TPFLAGS_TYPE_SUBCLASS` of object.h.
pub(crate) const TYPE_SUBCLASS: c_ulong = 1 << 31;
/// `METH_VARARGS` of methodobject.h: a function that takes a tuple of arguments.
pub(crate) const METH_VARARGS: c_int = 1;
/// `Py_file_input` of compile.h: the source of a module.
pub(crate) const PY_FILE_INPUT: c_int = 257;
/// `Py_CONSTANT_NONE` of object.h.
pub(crate) const CONSTANT_NONE: c_uint = 0;

unsafe extern "C" {
    pub(crate) fn PyInitConfig_Create() -> *mut PyInitConfig;
    pub(crate) fn PyInitConfig_Free(config: *mut PyInitConfig);
    pub(crate) fn PyInitConfig_GetError(
        config: *mut PyInitConfig,
        message: *mut *const c_char,
    ) -> c_int;
    pub(crate) fn PyInitConfig_SetInt(
        config: *mut PyInitConfig,
        name: *const c_char,
        value: i64,
    ) -> c_int;
    pub(crate) fn PyInitConfig_SetStr(
        config: *mut PyInitConfig,
        name: *const c_char,
        value: *const c_char,
    ) -> c_int;
    pub(crate) fn PyInitConfig_SetStrList(
        config: *mut PyInitConfig,
        name: *const c_char,
        length: usize,
        values: *const *const c_char,
    ) -> c_int;
    pub(crate) fn Py_InitializeFromInitConfig(config: *mut PyInitConfig) -> c_int;

    pub(crate) fn PyBool_FromLong(value: c_long) -> *mut PyObject;
    pub(crate) fn PyBytes_AsStringAndSize(
        bytes: *mut PyObject,
        start: *mut *mut c_char,
        size: *mut isize,
    ) -> c_int;
    pub(crate) fn PyCapsule_GetPointer(capsule: *mut PyObject, name: *const c_char) -> *mut c_void;
    pub(crate) fn PyCapsule_IsValid(capsule: *mut PyObject, name: *const c_char) -> c_int;
    pub(crate) fn PyCFunction_NewEx(
        definition: *const PyMethodDef,
        this: *mut PyObject,
        module: *mut PyObject,
    ) -> *mut PyObject;
    pub(crate) fn Py_CompileString(
        source: *const c_char,
        name: *const c_char,
        start: c_int,
    ) -> *mut PyObject;
    pub(crate) fn Py_DecRef(object: *mut PyObject);
    pub(crate) fn PyDict_New() -> *mut PyObject;
    pub(crate) fn PyDict_Next(
        dict: *mut PyObject,
        at: *mut isize,
        key: *mut *mut PyObject,
        value: *mut *mut PyObject,
    ) -> c_int;
    pub(crate) fn PyErr_Clear();
    pub(crate) fn PyErr_Occurred() -> *mut PyObject;
    pub(crate) fn PyErr_Print();
    pub(crate) fn PyEval_EvalCode(
        code: *mut PyObject,
        globals: *mut PyObject,
        locals: *mut PyObject,
    ) -> *mut PyObject;
    pub(crate) fn Py_GetConstantBorrowed(constant: c_uint) -> *mut PyObject;
    pub(crate) fn PyImport_ImportModule(name: *const c_char) -> *mut PyObject;
    pub(crate) fn Py_IncRef(object: *mut PyObject);
    pub(crate) fn PyList_Append(list: *mut PyObject, item: *mut PyObject) -> c_int;
    pub(crate) fn PyList_GetItem(list: *mut PyObject, index: isize) -> *mut PyObject;
    pub(crate) fn PyList_New(length: isize) -> *mut PyObject;
    pub(crate) fn PyList_Size(list: *mut PyObject) -> isize;
    pub(crate) fn PyLong_AsInt(number: *mut PyObject) -> c_int;
    pub(crate) fn PyLong_AsUnsignedLongLong(number: *mut PyObject) -> u64;
    pub(crate) fn PyLong_FromLong(value: c_long) -> *mut PyObject;
    pub(crate) fn PyMapping_GetItemString(
        mapping: *mut PyObject,
        key: *const c_char,
    ) -> *mut PyObject;
    pub(crate) fn PyObject_CallNoArgs(callable: *mut PyObject) -> *mut PyObject;
    pub(crate) fn PyObject_GetAttrString(
        object: *mut PyObject,
        name: *const c_char,
    ) -> *mut PyObject;
    pub(crate) fn PyObject_IS_GC(object: *mut PyObject) -> c_int;
    pub(crate) fn PyObject_Vectorcall(
        callable: *mut PyObject,
        arguments: *const *mut PyObject,
        count: usize,
        keyword_names: *mut PyObject,
    ) -> *mut PyObject;
    pub(crate) fn PyTuple_GetItem(tuple: *mut PyObject, index: isize) -> *mut PyObject;
    pub(crate) fn PyType_GetDict(ty: *mut PyObject) -> *mut PyObject;
    pub(crate) fn PyType_GetFlags(ty: *mut PyObject) -> c_ulong;
    pub(crate) fn PyType_GetSlot(ty: *mut PyObject, slot: c_int) -> *mut c_void;
    pub(crate) fn PyUnicode_AsUTF8AndSize(string: *mut PyObject, size: *mut isize)
    -> *const c_char;
    pub(crate) fn PyUnicode_FromStringAndSize(bytes: *const c_char, size: isize) -> *mut PyObject;
}
