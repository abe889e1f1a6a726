//! Function names for backtraces: `library:symbol`.
//!
//! They go into the name section. The compiler keeps it in a part of the compiled module that is read
//! only when a backtrace is made.

use wasm_encoder::{NameMap, NameSection};

use super::Unexpected;
use super::graph::Graph;
use super::item::Kind;

/// The function names of a module.
#[derive(Default)]
pub(super) struct Names(NameMap);

impl Names {
    /// Names a function. Functions must be added in the order of their indices.
    pub(super) fn add(&mut self, function: u32, name: &str) {
        self.0.append(function, name);
    }

    pub(super) fn section(&self) -> NameSection {
        let mut section = NameSection::new();
        section.functions(&self.0);
        section
    }
}

impl Graph<'_> {
    /// Returns the name of the function with this index among those that an instance defines.
    pub(super) fn name(&self, instance: u32, index: u32) -> Result<String, Unexpected> {
        let module = self.instance(instance)?;
        let library = module.library.unwrap_or("linker");
        let library = library.rsplit('/').next().unwrap_or(library);
        let imported = module.imported[Kind::Function as usize].len();
        let index = imported + index as usize;
        Ok(match module.names.get(&index) {
            Some(symbol) => format!("{library}:{symbol}"),
            None => format!("{library}:{index}"),
        })
    }
}
