//! What a WebAssembly shared library says about itself.
//!
//! A shared library, as `wasm-ld -shared` makes it, is a core module whose first section is a custom
//! section `dylink.0`. The format is the "Dynamic Linking" document of WebAssembly's tool
//! conventions. Together with the imports and exports, the section says all that a linker needs.
//!
//! [`SharedLibrary::read`] reads these and nothing else: it does not look into function bodies. Who
//! links or runs a library must validate it as well. The reader needs the feature `dylink`.

mod error;
#[cfg(feature = "dylink")]
mod shared_library;

pub use error::SharedLibraryError;
#[cfg(feature = "dylink")]
pub use shared_library::{Export, Import, ItemType, MemoryInfo, SharedLibrary};
