//! The machine code of a module.

use std::path::Path;

use wasmtime::{Engine, Module};

/// A loaded module.
pub(crate) struct Code {
    /// The hash of the module and its compilation target, as 64 hexadecimal digits.
    #[cfg_attr(
        not(feature = "build"),
        expect(dead_code, reason = "only the store asks")
    )]
    pub(crate) key: String,
    pub(crate) module: Module,
    /// The size of the machine code in bytes. The module may be larger: if it was mapped from a file, it
    /// has all of that file.
    #[cfg_attr(
        not(feature = "build"),
        expect(dead_code, reason = "only saving an image needs it")
    )]
    pub(crate) size: usize,
}

#[cfg(feature = "build")]
impl Code {
    /// Returns the machine code, in the form that [`load`] takes.
    pub(crate) fn bytes(&self) -> wasmtime::Result<Vec<u8>> {
        let mut bytes = self.module.serialize()?;
        bytes.truncate(self.size);
        Ok(bytes)
    }
}

/// Maps machine code from a file.
pub(crate) fn load_file(engine: &Engine, path: &Path) -> wasmtime::Result<Module> {
    #[expect(unsafe_code, reason = "machine code can be loaded in no other way")]
    // SAFETY: the file is in the store, which only its owner can write to, and its checksum is intact; or
    // the user trusts it, as `Image::load` requires.
    unsafe {
        Module::deserialize_file(engine, path)
    }
}

/// Loads machine code from memory.
pub(crate) fn load(engine: &Engine, code: &[u8]) -> wasmtime::Result<Module> {
    #[expect(unsafe_code, reason = "machine code can be loaded in no other way")]
    // SAFETY: it was compiled just now; or the user trusts it, as `Image::load` requires.
    unsafe {
        Module::deserialize(engine, code)
    }
}
