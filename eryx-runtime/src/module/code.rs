//! Machine code.

use std::path::Path;

use wasmtime::{Engine, Module};

/// A loaded module.
pub(crate) struct Code {
    /// A hash of the module and of what it is compiled for, as 64 hexadecimal digits.
    #[cfg_attr(
        not(feature = "build"),
        expect(dead_code, reason = "only the store asks")
    )]
    pub(crate) key: String,
    pub(crate) module: Module,
    /// The size of the machine code in bytes: a module that was mapped from a file has all of that
    /// file.
    #[cfg_attr(
        not(feature = "build"),
        expect(dead_code, reason = "only what is saved needs it")
    )]
    pub(crate) size: usize,
}

#[cfg(feature = "build")]
impl Code {
    /// The machine code, in the form that [`load`] takes.
    pub(crate) fn bytes(&self) -> wasmtime::Result<Vec<u8>> {
        let mut bytes = self.module.serialize()?;
        bytes.truncate(self.size);
        Ok(bytes)
    }
}

/// Maps machine code from a file.
pub(crate) fn load_file(engine: &Engine, path: &Path) -> wasmtime::Result<Module> {
    #[expect(unsafe_code, reason = "machine code can be loaded in no other way")]
    // SAFETY: the file is in the store, where nobody else can write, and holds what was written
    // there; or the user trusts it, as `Image::load` asks.
    unsafe {
        Module::deserialize_file(engine, path)
    }
}

/// Loads machine code from memory.
pub(crate) fn load(engine: &Engine, code: &[u8]) -> wasmtime::Result<Module> {
    #[expect(unsafe_code, reason = "machine code can be loaded in no other way")]
    // SAFETY: it was compiled just now; or the user trusts it, as `Image::load` asks.
    unsafe {
        Module::deserialize(engine, code)
    }
}
