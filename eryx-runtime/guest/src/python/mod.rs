//! CPython, through its C API: starting it, and the objects that the guest library handles.

pub(crate) mod ffi;
pub(crate) mod interpreter;
mod object;

pub(crate) use object::{Definition, Failed, Object};
