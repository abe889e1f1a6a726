//! CPython's objects, as far as the guest library needs them: it calls functions that take a list
//! of strings and return one.

use std::ffi::{CStr, c_char};
use std::mem::ManuallyDrop;
use std::ptr::{NonNull, null, null_mut};

/// The functions of CPython that are used here, as its headers declare them. Of its stable ABI are
/// all but those of the configuration (PEP 741), `PyObject_IS_GC` and `PyType_GetDict`.
pub(crate) mod ffi {
    use std::ffi::{c_char, c_int, c_long, c_ulong, c_void};

    #[repr(C)]
    pub(crate) struct PyInitConfig(c_void);
    #[repr(C)]
    pub(crate) struct PyObject(c_void);

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
    /// `METH_VARARGS` of methodobject.h: a function of a tuple of arguments.
    pub(crate) const METH_VARARGS: c_int = 1;
    /// `Py_file_input` of compile.h: the code of a module.
    pub(crate) const PY_FILE_INPUT: c_int = 257;

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
        pub(crate) fn PyCapsule_GetPointer(
            capsule: *mut PyObject,
            name: *const c_char,
        ) -> *mut c_void;
        pub(crate) fn PyCapsule_IsValid(capsule: *mut PyObject, name: *const c_char) -> c_int;
        pub(crate) fn PyCFunction_NewEx(
            definition: *const PyMethodDef,
            this: *mut PyObject,
            module: *mut PyObject,
        ) -> *mut PyObject;
        pub(crate) fn PyDict_SetItemString(
            dict: *mut PyObject,
            key: *const c_char,
            value: *mut PyObject,
        ) -> c_int;
        pub(crate) fn PyErr_Occurred() -> *mut PyObject;
        pub(crate) fn PyLong_AsInt(number: *mut PyObject) -> c_int;
        pub(crate) fn PyLong_AsUnsignedLongLong(number: *mut PyObject) -> u64;
        pub(crate) fn PyLong_FromLong(value: c_long) -> *mut PyObject;
        pub(crate) fn Py_CompileString(
            source: *const c_char,
            name: *const c_char,
            start: c_int,
        ) -> *mut PyObject;
        pub(crate) fn Py_DecRef(object: *mut PyObject);
        pub(crate) fn Py_IncRef(object: *mut PyObject);
        pub(crate) fn PyDict_GetItemString(
            dict: *mut PyObject,
            key: *const c_char,
        ) -> *mut PyObject;
        pub(crate) fn PyDict_New() -> *mut PyObject;
        pub(crate) fn PyDict_Next(
            dict: *mut PyObject,
            at: *mut isize,
            key: *mut *mut PyObject,
            value: *mut *mut PyObject,
        ) -> c_int;
        pub(crate) fn PyErr_Clear();
        pub(crate) fn PyErr_Print();
        pub(crate) fn PyEval_EvalCode(
            code: *mut PyObject,
            globals: *mut PyObject,
            locals: *mut PyObject,
        ) -> *mut PyObject;
        pub(crate) fn PyImport_ImportModule(name: *const c_char) -> *mut PyObject;
        pub(crate) fn PyList_Append(list: *mut PyObject, item: *mut PyObject) -> c_int;
        pub(crate) fn PyList_GetItem(list: *mut PyObject, index: isize) -> *mut PyObject;
        pub(crate) fn PyList_New(length: isize) -> *mut PyObject;
        pub(crate) fn PyList_Size(list: *mut PyObject) -> isize;
        pub(crate) fn PyMapping_GetItemString(
            mapping: *mut PyObject,
            key: *const c_char,
        ) -> *mut PyObject;
        pub(crate) fn PyObject_CallOneArg(
            callable: *mut PyObject,
            argument: *mut PyObject,
        ) -> *mut PyObject;
        pub(crate) fn PyObject_CallNoArgs(callable: *mut PyObject) -> *mut PyObject;
        pub(crate) fn PyObject_GetAttrString(
            object: *mut PyObject,
            name: *const c_char,
        ) -> *mut PyObject;
        pub(crate) fn PyObject_IS_GC(object: *mut PyObject) -> c_int;
        pub(crate) fn PyTuple_GetItem(tuple: *mut PyObject, index: isize) -> *mut PyObject;
        pub(crate) fn PyType_GetDict(of_type: *mut PyObject) -> *mut PyObject;
        pub(crate) fn PyType_GetFlags(of_type: *mut PyObject) -> c_ulong;
        pub(crate) fn PyType_GetSlot(of_type: *mut PyObject, slot: c_int) -> *mut c_void;
        pub(crate) fn PyUnicode_AsUTF8AndSize(
            string: *mut PyObject,
            size: *mut isize,
        ) -> *const c_char;
        pub(crate) fn PyUnicode_FromStringAndSize(
            bytes: *const c_char,
            size: isize,
        ) -> *mut PyObject;
    }
}

/// A call into Python failed; what it raised was printed to stderr.
#[derive(Debug)]
pub(crate) struct Failed;

/// What Python is to know of a function that is not written in Python.
pub(crate) struct Definition(ffi::PyMethodDef);

// SAFETY: nobody writes to it.
unsafe impl Sync for Definition {}

impl Definition {
    /// A function of a tuple of arguments.
    pub(crate) const fn new(
        name: &'static CStr,
        function: extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject,
    ) -> Self {
        Self(ffi::PyMethodDef {
            name: name.as_ptr(),
            function,
            flags: ffi::METH_VARARGS,
            documentation: null(),
        })
    }

    pub(crate) fn name(&self) -> &CStr {
        // SAFETY: it was made of one that is there for good.
        unsafe { CStr::from_ptr(self.0.name) }
    }
}

/// An owned reference to a Python object. All methods want a started interpreter.
pub(crate) struct Object(NonNull<ffi::PyObject>);

impl Object {
    /// A function that is not written in Python.
    pub(crate) fn function(definition: &'static Definition) -> Result<Self, Failed> {
        // SAFETY: the definition is there for good; the function takes neither object.
        Self::owned(unsafe {
            ffi::PyCFunction_NewEx(&raw const definition.0, null_mut(), null_mut())
        })
    }

    /// The names that a module's source defines, as a `dict`, beside those it is given.
    pub(crate) fn evaluate(
        source: &CStr,
        name: &CStr,
        given: &[(&CStr, Self)],
    ) -> Result<Self, Failed> {
        // SAFETY: both are C strings.
        let code = Self::owned(unsafe {
            ffi::Py_CompileString(source.as_ptr(), name.as_ptr(), ffi::PY_FILE_INPUT)
        })?;
        // SAFETY: it takes nothing.
        let names = Self::owned(unsafe { ffi::PyDict_New() })?;
        for (key, value) in given {
            // SAFETY: both objects are live, and the key is a C string; the dict takes a reference
            // of its own.
            let set =
                unsafe { ffi::PyDict_SetItemString(names.as_ptr(), key.as_ptr(), value.as_ptr()) };
            if set < 0 {
                return Err(Failed::print());
            }
        }
        // SAFETY: the code and the dict are live.
        Self::owned(unsafe {
            ffi::PyEval_EvalCode(code.as_ptr(), names.as_ptr(), names.as_ptr())
        })?;
        Ok(names)
    }

    /// The value of a key of this `dict`.
    pub(crate) fn get(&self, key: &CStr) -> Result<Self, Failed> {
        // SAFETY: the dict is live and the key is a C string; what is returned is borrowed from
        // the dict, and the new reference is taken before anything else can happen to it.
        unsafe {
            let value = ffi::PyDict_GetItemString(self.as_ptr(), key.as_ptr());
            let value = NonNull::new(value).ok_or(Failed)?;
            ffi::Py_IncRef(value.as_ptr());
            Ok(Self(value))
        }
    }

    /// A module, which is imported unless it is there.
    pub(crate) fn module(name: &CStr) -> Result<Self, Failed> {
        // SAFETY: a C string.
        Self::owned(unsafe { ffi::PyImport_ImportModule(name.as_ptr()) })
    }

    /// An attribute of this object.
    pub(crate) fn attribute(&self, name: &CStr) -> Result<Self, Failed> {
        // SAFETY: the object is live and the name is a C string.
        Self::owned(unsafe { ffi::PyObject_GetAttrString(self.as_ptr(), name.as_ptr()) })
    }

    /// The value of a key of this mapping.
    pub(crate) fn item(&self, key: &CStr) -> Result<Self, Failed> {
        // SAFETY: the mapping is live and the key is a C string.
        Self::owned(unsafe { ffi::PyMapping_GetItemString(self.as_ptr(), key.as_ptr()) })
    }

    /// Calls this function with nothing.
    pub(crate) fn call_without(&self) -> Result<Self, Failed> {
        // SAFETY: it is live.
        Self::owned(unsafe { ffi::PyObject_CallNoArgs(self.as_ptr()) })
    }

    /// Calls this function with a `list` of strings; it returns such a list.
    pub(crate) fn call<'a>(
        &self,
        strings: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<String>, Failed> {
        let list = Self::list(strings)?;
        // SAFETY: both are live.
        Self::owned(unsafe { ffi::PyObject_CallOneArg(self.as_ptr(), list.as_ptr()) })?.strings()
    }

    /// A `list` of strings.
    pub(crate) fn list<'a>(strings: impl IntoIterator<Item = &'a str>) -> Result<Self, Failed> {
        // SAFETY: an empty list.
        let list = Self::owned(unsafe { ffi::PyList_New(0) })?;
        for string in strings {
            let string = Self::string(string)?;
            // SAFETY: both are live; the list takes a reference of its own.
            if unsafe { ffi::PyList_Append(list.as_ptr(), string.as_ptr()) } < 0 {
                return Err(Failed::print());
            }
        }
        Ok(list)
    }

    fn string(string: &str) -> Result<Self, Failed> {
        let size = isize::try_from(string.len()).map_err(|_| Failed)?;
        // SAFETY: `size` bytes are there to read, and they are copied.
        Self::owned(unsafe { ffi::PyUnicode_FromStringAndSize(string.as_ptr().cast(), size) })
    }

    /// The strings of this `list`.
    fn strings(&self) -> Result<Vec<String>, Failed> {
        // SAFETY: this is live; anything but a list gives -1.
        let length = unsafe { ffi::PyList_Size(self.as_ptr()) };
        if length < 0 {
            return Err(Failed::print());
        }
        (0..length)
            .map(|index| {
                let mut size = 0;
                // SAFETY: the item is borrowed from the list, which is live and which no Python
                // code can reach meanwhile; the bytes live as long as the item.
                unsafe {
                    let item = ffi::PyList_GetItem(self.as_ptr(), index);
                    if item.is_null() {
                        return Err(Failed::print());
                    }
                    let bytes: *const c_char = ffi::PyUnicode_AsUTF8AndSize(item, &raw mut size);
                    let size = usize::try_from(size).map_err(|_| Failed)?;
                    if bytes.is_null() {
                        return Err(Failed::print());
                    }
                    let bytes = std::slice::from_raw_parts(bytes.cast(), size);
                    Ok(String::from_utf8_lossy(bytes).into_owned())
                }
            })
            .collect()
    }

    /// Takes over a new reference; null means that an exception was raised.
    fn owned(object: *mut ffi::PyObject) -> Result<Self, Failed> {
        NonNull::new(object).map(Self).ok_or_else(Failed::print)
    }

    pub(crate) fn as_ptr(&self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }

    /// Gives the reference away.
    pub(crate) fn into_ptr(self) -> *mut ffi::PyObject {
        ManuallyDrop::new(self).as_ptr()
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: the reference is owned and given up here.
        unsafe { ffi::Py_DecRef(self.as_ptr()) }
    }
}

impl Failed {
    fn print() -> Self {
        // SAFETY: an exception is set: the call before has said so.
        unsafe { ffi::PyErr_Print() }
        Self
    }
}
