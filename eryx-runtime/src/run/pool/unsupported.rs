//! The pool on systems other than Linux, which cannot report changed pages: there is none, and
//! wasmtime allocates memories and stacks.

use wasmtime::{Error, LinearMemory, MemoryCreator, MemoryType, Result, StackCreator, StackMemory};

/// A type without values, in place of the pool's memories.
pub(crate) enum Memories {}

impl Memories {
    pub(crate) fn new(_slots: usize, _warm_slots: usize, _resident: usize) -> Option<Self> {
        None
    }
}

#[expect(unsafe_code, reason = "the trait is unsafe")]
// SAFETY: no value of this type exists.
unsafe impl MemoryCreator for Memories {
    fn new_memory(
        &self,
        _ty: MemoryType,
        _minimum: usize,
        _maximum: Option<usize>,
        _reserved: Option<usize>,
        _guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        match *self {}
    }
}

/// A type without values, in place of the pool's stacks.
pub(crate) enum Stacks {}

impl Stacks {
    pub(crate) fn new(_slots: usize, _warm_slots: usize, _resident: usize) -> Option<Self> {
        None
    }
}

#[expect(unsafe_code, reason = "the trait is unsafe")]
// SAFETY: no value of this type exists.
unsafe impl StackCreator for Stacks {
    fn new_stack(&self, _size: usize, _zeroed: bool) -> Result<Box<dyn StackMemory>, Error> {
        match *self {}
    }
}
