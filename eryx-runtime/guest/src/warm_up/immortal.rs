//! Making objects immortal. CPython counts no references to an object whose count is above a limit,
//! so that using it writes nothing to its page.
//!
//! Such an object is never freed, even when the program drops it. Nothing else about it changes:
//! mutable objects stay mutable.

use std::collections::BTreeSet;
use std::ffi::{CStr, c_int, c_void};
use std::ptr::{NonNull, null_mut};

use crate::python::{Failed, Object, ffi};

/// The header of an object where a pointer has 32 bits: `PyObject` of object.h.
#[repr(C)]
struct Header {
    references: isize,
    ty: *mut ffi::PyObject,
}

/// `_Py_IMMORTAL_MINIMUM_REFCNT` of refcount.h: the lowest count of an immortal object.
const LOWEST: isize = 1 << 30;
/// `_Py_IMMORTAL_INITIAL_REFCNT` of refcount.h: the count that an object gets when it becomes
/// immortal. It is below the counts of CPython's static objects.
const IMMORTAL: isize = 5 << 28;

/// The attributes of a code object, which the garbage collector does not traverse.
const OF_CODE: &[&CStr] = &[
    c"co_consts",
    c"co_names",
    c"co_name",
    c"co_qualname",
    c"co_filename",
    c"co_linetable",
    c"co_exceptiontable",
];
/// Attributes of a type that the garbage collector does not traverse: its names and, of a static type,
/// the others as well.
const OF_TYPE: &[&CStr] = &[c"__mro__", c"__bases__", c"__name__", c"__qualname__"];

/// Makes all objects immortal that are reachable from those the garbage collector tracks.
pub(crate) fn make_all() -> Result<(), Failed> {
    let gc = Object::module(c"gc")?;
    let known = gc.attribute(c"get_objects")?.call_without()?;
    let types = Types::find()?;
    if !is_as_expected(&known, &types) {
        // This is another CPython than this code was written for. Everything works, but slower.
        return Ok(());
    }
    let mut walk = Walk {
        types,
        seen: BTreeSet::new(),
        next: Vec::new(),
    };
    // SAFETY: the list is live and does not change: no Python code runs.
    unsafe {
        for index in 0..ffi::PyList_Size(known.as_ptr()) {
            walk.meet(ffi::PyList_GetItem(known.as_ptr(), index));
        }
        while let Some(object) = walk.next.pop() {
            walk.visit(object);
        }
    }
    Ok(())
}

/// Whether an object begins with a [`Header`], and static types are immortal.
fn is_as_expected(list: &Object, types: &Types) -> bool {
    // SAFETY: both objects are live, and no object is smaller than a header.
    unsafe {
        let list = &*list.as_ptr().cast::<Header>();
        let ty = &*types.ty.as_ptr().cast::<Header>();
        size_of::<*const u8>() == 4
            && list.references == 1
            && std::ptr::eq(ty.ty, types.ty.as_ptr())
            && ty.references >= LOWEST
    }
}

/// The types whose objects refer to more than the garbage collector traverses.
struct Types {
    ty: Object,
    code: Object,
    /// What is visited beyond what the garbage collector traverses.
    type_parts: Vec<Part>,
    code_parts: Vec<Part>,
}

impl Types {
    fn find() -> Result<Self, Failed> {
        let ty = Object::module(c"builtins")?.attribute(c"type")?;
        let code = Object::module(c"types")?.attribute(c"CodeType")?;
        Ok(Self {
            type_parts: Part::find(&ty, OF_TYPE)?,
            code_parts: Part::find(&code, OF_CODE)?,
            ty,
            code,
        })
    }
}

/// An attribute that a type defines. Its descriptor is called directly: an attribute lookup would
/// replace entries of CPython's type cache that programs use.
struct Part {
    descriptor: Object,
    get: ffi::Get,
}

impl Part {
    fn find(ty: &Object, names: &[&CStr]) -> Result<Vec<Self>, Failed> {
        let dict = ty.attribute(c"__dict__")?;
        let parts = names.iter().map(|name| {
            let descriptor = dict.item(name)?;
            // SAFETY: the object is live; this slot holds null or a function of this type.
            let get = unsafe {
                let ty = (*descriptor.as_ptr().cast::<Header>()).ty;
                let get = ffi::PyType_GetSlot(ty, ffi::TP_DESCR_GET);
                std::mem::transmute::<*mut c_void, Option<ffi::Get>>(get)
            };
            let get = get.ok_or(Failed)?;
            Ok(Self { descriptor, get })
        });
        parts.collect()
    }

    /// Returns the value of the attribute.
    ///
    /// # Safety
    ///
    /// The object must be live and of the type.
    unsafe fn of(&self, object: *mut ffi::PyObject) -> *mut ffi::PyObject {
        // SAFETY: both objects are live.
        unsafe {
            let ty = (*object.cast::<Header>()).ty;
            let found = (self.get)(self.descriptor.as_ptr(), object, ty);
            if found.is_null() {
                ffi::PyErr_Clear();
            }
            found
        }
    }
}

struct Walk {
    types: Types,
    seen: BTreeSet<usize>,
    next: Vec<NonNull<ffi::PyObject>>,
}

impl Walk {
    /// Makes an object immortal, and queues it for a visit.
    ///
    /// # Safety
    ///
    /// The object must be null or live.
    unsafe fn meet(&mut self, object: *mut ffi::PyObject) {
        let Some(found) = NonNull::new(object) else {
            return;
        };
        if self.seen.insert(object.addr()) {
            // SAFETY: the object is live, and no object is smaller than a header.
            let references = unsafe { &mut (*object.cast::<Header>()).references };
            if *references < LOWEST {
                *references = IMMORTAL;
            }
            self.next.push(found);
        }
    }

    /// Makes everything immortal that an object refers to.
    ///
    /// # Safety
    ///
    /// The object must be live.
    unsafe fn visit(&mut self, object: NonNull<ffi::PyObject>) {
        let object = object.as_ptr();
        // SAFETY: the object is live, and so is what it refers to. The `traverse` function of its type
        // is called as the garbage collector calls it.
        unsafe {
            let ty = (*object.cast::<Header>()).ty;
            self.meet(ty);
            if ffi::PyObject_IS_GC(object) != 0 {
                let traverse = ffi::PyType_GetSlot(ty, ffi::TP_TRAVERSE);
                let traverse = std::mem::transmute::<*mut c_void, Option<ffi::Traverse>>(traverse);
                if let Some(traverse) = traverse {
                    traverse(object, meet, (&raw mut *self).cast());
                }
            }
            let flags = ffi::PyType_GetFlags(ty);
            if flags & ffi::DICT_SUBCLASS != 0 {
                // The garbage collector skips keys that are strings.
                let (mut at, mut key, mut value) = (0, null_mut(), null_mut());
                while ffi::PyDict_Next(object, &raw mut at, &raw mut key, &raw mut value) != 0 {
                    self.meet(key);
                    self.meet(value);
                }
            } else if flags & ffi::TYPE_SUBCLASS != 0 {
                for index in 0..self.types.type_parts.len() {
                    let part = self.types.type_parts[index].of(object);
                    self.meet(part);
                }
                let names = ffi::PyType_GetDict(object);
                self.meet(names);
            } else if std::ptr::eq(ty, self.types.code.as_ptr()) {
                for index in 0..self.types.code_parts.len() {
                    let part = self.types.code_parts[index].of(object);
                    self.meet(part);
                }
            }
        }
    }
}

/// The callback that [`Walk::visit`] passes to a type's `traverse` function.
unsafe extern "C" fn meet(object: *mut ffi::PyObject, walk: *mut c_void) -> c_int {
    // SAFETY: `visit` passes the walk and does not use it meanwhile; the object is live.
    unsafe { (*walk.cast::<Walk>()).meet(object) };
    0
}
