//! The layout of an image's modules: the modules, the exports that the host uses, and the plan for
//! starting fresh instances of them.

/// One of the two modules of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Layer {
    /// The base libraries, which every image has.
    Base,
    /// The libraries of extensions and packages.
    Extensions,
}

/// The name under which the base's module exports its memory.
pub(crate) const MEMORY: &str = "memory";

/// Returns the name under which a module exports one of its mutable globals.
pub(crate) fn global_name(index: u32) -> String {
    format!("global:{index}")
}

/// A WebAssembly number. Floating-point numbers are their bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
}

/// A mutable global with a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Global {
    /// The module that defines it.
    pub(crate) layer: Layer,
    /// Its index among the mutable globals of that module.
    pub(crate) index: u32,
    pub(crate) value: Value,
}

impl Global {
    /// Returns the name under which its module exports it.
    pub(crate) fn name(&self) -> String {
        global_name(self.index)
    }
}

/// What to do once in fresh instances of the modules, before any other call.
#[cfg_attr(
    not(feature = "build"),
    expect(dead_code, reason = "only `make` boots modules")
)]
pub(crate) struct StartPlan {
    /// The initial size of the memory, in pages of 64 KiB.
    pub(crate) pages: u64,
    /// The initial contents of the memory, by address.
    pub(crate) data: Vec<(u32, Vec<u8>)>,
    /// The actions that follow, in this order.
    pub(crate) actions: Vec<StartAction>,
    /// The mutable globals, with their initial values.
    pub(crate) globals: Vec<Global>,
}

/// One action of a [`StartPlan`].
#[cfg_attr(
    not(feature = "build"),
    expect(dead_code, reason = "only `make` boots modules")
)]
pub(crate) enum StartAction {
    /// Writes a number to memory.
    Store { address: u32, value: i32 },
    /// Calls an export of a module.
    Call {
        layer: Layer,
        name: String,
        arguments: Vec<i32>,
    },
}
