//! Fusing: from the many core modules of a linked component to one.
//!
//! What the linker leaves is a component with some 70 core instances, each of which imports what
//! others export:
//!
//! ```text
//!   env ──────── memory, table, addresses of everything as globals ────────┐
//!   libc.so  libpython3.14.so  liberyx_runtime.so  …  numpy's  ◄───────────┘
//!     │ call each other by import, or by stubs that look the function up in the table
//!   init ─────── fills the table, writes addresses into memory
//!   shim, fix-up ─ a table of their own, through which the host's functions are called
//! ```
//!
//! To make all these instances takes milliseconds whenever one program runs: thousands of imports
//! are handed on, and the table is filled with functions one by one, as its places are only known
//! from globals. But once the component is linked and booted, nothing of that can change any more.
//! So it is worked out here, once:
//!
//! 1. [`graph`] reads the component, and follows every import to what it stands for: a function,
//!    table, memory or global that some module defines, or a function of the host.
//! 2. [`analysis`] finds what is in each table, which stubs do nothing but call one known function,
//!    what can be reached from the exports, and which globals nobody who can be reached writes.
//! 3. [`emit`] writes one module: calls go where they end, constant globals are constants, and
//!    what cannot be reached is left out. Base libraries come first, in the order of linking, so
//!    that what is known of them stays known.
//! 4. [`wrap`] makes it a component again, of the same world.
//!
//! The module has one memory, one table that no longer grows, and one global that is written, the
//! stack pointer. Its functions are found in the table without being put there one by one, and its
//! memory is mapped from the file.
//!
//! A function of the base is to come out the same whatever was linked after it, for then it need
//! not be compiled again. Its own addresses do not move (see [`link`](crate::link)); those that do
//! stay globals, which cost a load: the places of functions in the table, and the heap's.
//!
//! What the linker never writes is refused by name: tags, types of the GC proposal, passive
//! elements, tables that are written to, modules that are instantiated twice.

mod analysis;
mod emit;
mod graph;
#[cfg(test)]
mod tests;
mod wrap;

use crate::error::ImageError;

/// Something that the linker was not known to write.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unexpected(String);

fn unexpected(what: impl Into<String>) -> Unexpected {
    Unexpected(what.into())
}

impl From<wasmparser::BinaryReaderError> for Unexpected {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self(error.to_string())
    }
}

/// Makes one core module of all that a linked and booted component has.
pub(crate) fn fuse(component: &[u8]) -> Result<Vec<u8>, ImageError> {
    let fuse = || {
        let graph = graph::read(component)?;
        let facts = analysis::analyse(&graph)?;
        wrap::wrap(emit::emit(&graph, &facts)?)
    };
    fuse().map_err(|Unexpected(reason)| ImageError::Link {
        reason: format!("what came of linking cannot be made one module: {reason}"),
    })
}
