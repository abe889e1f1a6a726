//! Making objects immortal: CPython does not count the references to an object whose count is
//! beyond a limit, so that nothing is written to its page when it is used.
//!
//! It never goes away, then, even if the program lets go of it: it would have stayed in the
//! snapshot's file all the same. All else is as before: what can be changed can be changed.

use std::collections::BTreeSet;
use std::ffi::{CStr, c_int, c_void};
use std::ptr::{NonNull, null_mut};

use crate::python::{Failed, Object, ffi};

/// How an object begins, where a pointer has 32 bits: `PyObject` of object.h.
#[repr(C)]
struct Head {
    references: isize,
    of_type: *mut ffi::PyObject,
}

/// `_Py_IMMORTAL_MINIMUM_REFCNT` of refcount.h: from here on, nobody counts.
const LEAST: isize = 1 << 30;
/// `_Py_IMMORTAL_INITIAL_REFCNT` of refcount.h: what an object is given that becomes immortal. Not so
/// much that it would be taken for one that is part of CPython itself.
const IMMORTAL: isize = 5 << 28;

/// What belongs to a code object, which the collector does not look into.
const OF_CODE: &[&CStr] = &[
    c"co_consts",
    c"co_names",
    c"co_name",
    c"co_qualname",
    c"co_filename",
    c"co_linetable",
    c"co_exceptiontable",
];
/// What belongs to a type and is not seen from outside: its names; and of a type that is part of
/// CPython, which the collector does not look into, all else.
const OF_TYPE: &[&CStr] = &[c"__mro__", c"__bases__", c"__name__", c"__qualname__"];

/// Makes all objects immortal that can be reached from those the collector knows.
pub(crate) fn all() -> Result<(), Failed> {
    let gc = Object::module(c"gc")?;
    let known = gc.attribute(c"get_objects")?.call_without()?;
    let types = Types::find()?;
    if !is_as_expected(&known, &types) {
        // Another CPython than this was written for. It works, only slower.
        return Ok(());
    }
    let mut walk = Walk {
        types,
        seen: BTreeSet::new(),
        next: Vec::new(),
    };
    // SAFETY: the list is live and not changed meanwhile: no Python code runs.
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

/// Whether an object begins as [`Head`] says, and some are immortal that ought to be.
fn is_as_expected(list: &Object, types: &Types) -> bool {
    // SAFETY: both objects are live, and nothing is smaller than a head.
    unsafe {
        let list = &*list.as_ptr().cast::<Head>();
        let of_type = &*types.of_type.as_ptr().cast::<Head>();
        size_of::<*const u8>() == 4
            && list.references == 1
            && std::ptr::eq(of_type.of_type, types.of_type.as_ptr())
            && of_type.references >= LEAST
    }
}

/// The types of which a walk has to know more than the collector does.
struct Types {
    of_type: Object,
    of_code: Object,
    /// What is looked at, beside what the collector looks at.
    parts_of_type: Vec<Part>,
    parts_of_code: Vec<Part>,
}

impl Types {
    fn find() -> Result<Self, Failed> {
        let of_type = Object::module(c"builtins")?.attribute(c"type")?;
        let of_code = Object::module(c"types")?.attribute(c"CodeType")?;
        Ok(Self {
            parts_of_type: Part::find(&of_type, OF_TYPE)?,
            parts_of_code: Part::find(&of_code, OF_CODE)?,
            of_type,
            of_code,
        })
    }
}

/// An attribute that a type has defined. It is asked directly: CPython keeps in mind which names it
/// was asked for, and would forget those that programs use.
struct Part {
    descriptor: Object,
    get: ffi::Get,
}

impl Part {
    fn find(of_type: &Object, names: &[&CStr]) -> Result<Vec<Self>, Failed> {
        let dict = of_type.attribute(c"__dict__")?;
        let parts = names.iter().map(|name| {
            let descriptor = dict.item(name)?;
            // SAFETY: the object is live; a type's slot has the function that its name says.
            let get = unsafe {
                let of_type = (*descriptor.as_ptr().cast::<Head>()).of_type;
                let get = ffi::PyType_GetSlot(of_type, ffi::TP_DESCR_GET);
                std::mem::transmute::<*mut c_void, Option<ffi::Get>>(get)
            };
            let get = get.ok_or(Failed)?;
            Ok(Self { descriptor, get })
        });
        parts.collect()
    }

    /// # Safety
    ///
    /// The object is live and of the type.
    unsafe fn of(&self, object: *mut ffi::PyObject) -> *mut ffi::PyObject {
        // SAFETY: both objects are live.
        unsafe {
            let of_type = (*object.cast::<Head>()).of_type;
            let found = (self.get)(self.descriptor.as_ptr(), object, of_type);
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
    /// Makes an object immortal, and keeps it for a visit.
    ///
    /// # Safety
    ///
    /// It is null or live.
    unsafe fn meet(&mut self, object: *mut ffi::PyObject) {
        let Some(found) = NonNull::new(object) else {
            return;
        };
        if self.seen.insert(object.addr()) {
            // SAFETY: it is live, and nothing is smaller than a head.
            let references = unsafe { &mut (*object.cast::<Head>()).references };
            if *references < LEAST {
                *references = IMMORTAL;
            }
            self.next.push(found);
        }
    }

    /// Meets all that an object refers to.
    ///
    /// # Safety
    ///
    /// It is live.
    unsafe fn visit(&mut self, object: NonNull<ffi::PyObject>) {
        let object = object.as_ptr();
        // SAFETY: the object is live, and so is what it refers to; a function that the collector
        // calls for its type is called as the collector does.
        unsafe {
            let of_type = (*object.cast::<Head>()).of_type;
            self.meet(of_type);
            if ffi::PyObject_IS_GC(object) != 0 {
                let traverse = ffi::PyType_GetSlot(of_type, ffi::TP_TRAVERSE);
                let traverse = std::mem::transmute::<*mut c_void, Option<ffi::Traverse>>(traverse);
                if let Some(traverse) = traverse {
                    traverse(object, meet, (&raw mut *self).cast());
                }
            }
            let flags = ffi::PyType_GetFlags(of_type);
            if flags & ffi::DICT_SUBCLASS != 0 {
                // The collector does not look at keys that are strings.
                let (mut at, mut key, mut value) = (0, null_mut(), null_mut());
                while ffi::PyDict_Next(object, &raw mut at, &raw mut key, &raw mut value) != 0 {
                    self.meet(key);
                    self.meet(value);
                }
            } else if flags & ffi::TYPE_SUBCLASS != 0 {
                for index in 0..self.types.parts_of_type.len() {
                    let part = self.types.parts_of_type[index].of(object);
                    self.meet(part);
                }
                let names = ffi::PyType_GetDict(object);
                self.meet(names);
            } else if std::ptr::eq(of_type, self.types.of_code.as_ptr()) {
                for index in 0..self.types.parts_of_code.len() {
                    let part = self.types.parts_of_code[index].of(object);
                    self.meet(part);
                }
            }
        }
    }
}

/// What `Walk::visit` has a type's own function call.
unsafe extern "C" fn meet(object: *mut ffi::PyObject, walk: *mut c_void) -> c_int {
    // SAFETY: the walk is passed on by `visit`, which does not use it meanwhile; the object is live.
    unsafe { (*walk.cast::<Walk>()).meet(object) };
    0
}
