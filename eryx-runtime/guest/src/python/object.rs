//! CPython's objects, as far as the guest library needs them.

use std::ffi::CStr;
use std::mem::ManuallyDrop;
use std::ptr::{NonNull, null, null_mut};

use super::ffi;

/// A call into Python failed. Its exception was printed to stderr.
#[derive(Debug)]
pub(crate) struct Failed;

/// The definition of a native function: one that Python code calls and that is written in Rust.
pub(crate) struct Definition(ffi::PyMethodDef);

// SAFETY: a definition is never written to.
unsafe impl Sync for Definition {}

impl Definition {
    /// Defines a function that takes a tuple of arguments.
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
}

/// An owned reference to a Python object. All methods need a started interpreter.
pub(crate) struct Object(NonNull<ffi::PyObject>);

impl Object {
    /// A native function.
    pub(crate) fn function(definition: &'static Definition) -> Result<Self, Failed> {
        // SAFETY: the definition lives for ever; the function has neither a `self` nor a module.
        Self::owned(unsafe {
            ffi::PyCFunction_NewEx(&raw const definition.0, null_mut(), null_mut())
        })
    }

    /// Runs the source of a module and returns its namespace, a `dict`.
    pub(crate) fn evaluate(source: &CStr, name: &CStr) -> Result<Self, Failed> {
        // SAFETY: both are C strings.
        let code = Self::owned(unsafe {
            ffi::Py_CompileString(source.as_ptr(), name.as_ptr(), ffi::PY_FILE_INPUT)
        })?;
        // SAFETY: the call takes nothing.
        let names = Self::owned(unsafe { ffi::PyDict_New() })?;
        // SAFETY: the code and the dict are live.
        Self::owned(unsafe {
            ffi::PyEval_EvalCode(code.as_ptr(), names.as_ptr(), names.as_ptr())
        })?;
        Ok(names)
    }

    /// Imports a module.
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

    /// Calls this function without arguments.
    pub(crate) fn call_without(&self) -> Result<Self, Failed> {
        // SAFETY: the function is live.
        Self::owned(unsafe { ffi::PyObject_CallNoArgs(self.as_ptr()) })
    }

    /// Calls this function with positional arguments.
    pub(crate) fn call<const N: usize>(&self, arguments: [&Self; N]) -> Result<Self, Failed> {
        let arguments = arguments.map(Self::as_ptr);
        // SAFETY: the function and the arguments are live, and there are `N` of them.
        Self::owned(unsafe {
            ffi::PyObject_Vectorcall(self.as_ptr(), arguments.as_ptr(), N, null_mut())
        })
    }

    /// `None`.
    pub(crate) fn none() -> Result<Self, Failed> {
        // SAFETY: the call takes a number and returns an object that lives for ever.
        Self::borrowed(unsafe { ffi::Py_GetConstantBorrowed(ffi::CONSTANT_NONE) })
    }

    /// `True` or `False`.
    pub(crate) fn bool(value: bool) -> Result<Self, Failed> {
        // SAFETY: the call takes a number.
        Self::owned(unsafe { ffi::PyBool_FromLong(value.into()) })
    }

    /// An `int`.
    pub(crate) fn int(value: i32) -> Result<Self, Failed> {
        // SAFETY: the call takes a number.
        Self::owned(unsafe { ffi::PyLong_FromLong(value) })
    }

    /// A `list` of objects.
    pub(crate) fn list(
        items: impl IntoIterator<Item = Result<Self, Failed>>,
    ) -> Result<Self, Failed> {
        // SAFETY: an empty list.
        let list = Self::owned(unsafe { ffi::PyList_New(0) })?;
        for item in items {
            // SAFETY: both are live; the list takes a reference of its own.
            if unsafe { ffi::PyList_Append(list.as_ptr(), item?.as_ptr()) } < 0 {
                return Err(Failed::print());
            }
        }
        Ok(list)
    }

    /// A `list` of strings.
    pub(crate) fn strings<S: AsRef<str>>(
        strings: impl IntoIterator<Item = S>,
    ) -> Result<Self, Failed> {
        Self::list(strings.into_iter().map(|text| Self::string(text.as_ref())))
    }

    /// A `str`.
    pub(crate) fn string(text: &str) -> Result<Self, Failed> {
        let size = isize::try_from(text.len()).map_err(|_| Failed)?;
        // SAFETY: `size` bytes can be read there; the call copies them.
        Self::owned(unsafe { ffi::PyUnicode_FromStringAndSize(text.as_ptr().cast(), size) })
    }

    /// Whether this is `None`.
    pub(crate) fn is_none(&self) -> bool {
        // SAFETY: the call takes a number.
        let none = unsafe { ffi::Py_GetConstantBorrowed(ffi::CONSTANT_NONE) };
        std::ptr::eq(self.as_ptr(), none)
    }

    /// What a function makes of this object, unless it is `None`.
    pub(crate) fn optional<T>(
        &self,
        read: impl FnOnce(&Self) -> Result<T, Failed>,
    ) -> Result<Option<T>, Failed> {
        if self.is_none() {
            Ok(None)
        } else {
            read(self).map(Some)
        }
    }

    /// The item of this `tuple` at an index.
    pub(crate) fn at(&self, index: isize) -> Result<Self, Failed> {
        // SAFETY: this is live; anything but a tuple with such an item raises an exception. The
        // tuple keeps the item alive until it has a reference of its own.
        Self::borrowed(unsafe { ffi::PyTuple_GetItem(self.as_ptr(), index) })
    }

    /// The text of this `str`.
    pub(crate) fn text(&self) -> Result<String, Failed> {
        let mut size = 0;
        // SAFETY: this is live; anything but a string that UTF-8 can hold raises an exception. The
        // bytes live as long as the string.
        unsafe {
            let bytes = ffi::PyUnicode_AsUTF8AndSize(self.as_ptr(), &raw mut size);
            if bytes.is_null() {
                return Err(Failed::print());
            }
            let size = usize::try_from(size).map_err(|_| Failed)?;
            let bytes = std::slice::from_raw_parts(bytes.cast(), size);
            Ok(String::from_utf8_lossy(bytes).into_owned())
        }
    }

    /// The number of this `int`.
    pub(crate) fn number(&self) -> Result<i32, Failed> {
        // SAFETY: this is live; anything but such a number raises an exception.
        unsafe {
            let number = ffi::PyLong_AsInt(self.as_ptr());
            if ffi::PyErr_Occurred().is_null() {
                Ok(number)
            } else {
                Err(Failed::print())
            }
        }
    }

    /// Takes a reference of its own to an object that something else keeps alive.
    fn borrowed(object: *mut ffi::PyObject) -> Result<Self, Failed> {
        let object = NonNull::new(object).ok_or_else(Failed::print)?;
        // SAFETY: the object is live.
        unsafe { ffi::Py_IncRef(object.as_ptr()) };
        Ok(Self(object))
    }

    /// Takes over a new reference. Null means that an exception was raised.
    fn owned(object: *mut ffi::PyObject) -> Result<Self, Failed> {
        NonNull::new(object).map(Self).ok_or_else(Failed::print)
    }

    /// The object, borrowed.
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
        // SAFETY: the reference is owned, and released here.
        unsafe { ffi::Py_DecRef(self.as_ptr()) }
    }
}

impl Failed {
    fn print() -> Self {
        // SAFETY: an exception is set, as the call before reported.
        unsafe { ffi::PyErr_Print() }
        Self
    }
}
