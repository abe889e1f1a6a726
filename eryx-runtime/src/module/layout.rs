//! The layout of an image's modules: which there are, what they export for the host, and what is to
//! be done before their first call.

/// One of the two modules of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Layer {
    /// The libraries that every image has.
    Base,
    /// All other libraries.
    Extensions,
}

/// The name under which the base's module exports its memory.
pub(crate) const MEMORY: &str = "memory";

/// The name under which a module exports one of its mutable globals.
pub(crate) fn global_name(index: u32) -> String {
    format!("global:{index}")
}

/// A number of WebAssembly; floating-point numbers are kept as their bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
}

/// A mutable global and a value for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Global {
    /// The module that defines it.
    pub(crate) layer: Layer,
    /// Its position among the mutable globals of that module.
    pub(crate) index: u32,
    pub(crate) value: Value,
}

impl Global {
    /// The name under which the module exports it.
    pub(crate) fn name(&self) -> String {
        global_name(self.index)
    }
}

/// What has to be done once, before the first call of fresh modules.
#[cfg_attr(
    not(feature = "build"),
    expect(dead_code, reason = "only `make` boots modules")
)]
pub(crate) struct StartPlan {
    /// The size of the memory, in pages of 64 KiB.
    pub(crate) pages: u64,
    /// The memory's first contents, by address.
    pub(crate) data: Vec<(u32, Vec<u8>)>,
    /// What is to be done then, in this order.
    pub(crate) actions: Vec<StartAction>,
    /// The mutable globals, with their first values.
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
