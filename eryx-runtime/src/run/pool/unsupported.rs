//! Systems other than Linux, which have no way to ask for changed pages: wasmtime's own memories
//! and stacks serve there.

use wasmtime::{Error, LinearMemory, MemoryCreator, MemoryType, Result, StackCreator, StackMemory};

/// There are none.
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

/// There are none.
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
