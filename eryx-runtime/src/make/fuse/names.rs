//! The names of functions, for whoever reads a trap's backtrace: `library:symbol`.
//!
//! They are in a section of their own, from which a compiled module has them in a part that is only
//! looked at when a backtrace is made.

use wasm_encoder::{NameMap, NameSection};

use super::graph::Graph;
use super::item::Kind;

/// The names of a module's functions.
#[derive(Default)]
pub(super) struct Names(NameMap);

impl Names {
    /// Names a function; they come by their numbers.
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
    /// What a function is called.
    pub(super) fn name(&self, instance: u32, index: u32) -> String {
        let Some(module) = self.instances.get(instance as usize) else {
            return String::new();
        };
        let library = module.library.unwrap_or("linker");
        let library = library.rsplit('/').next().unwrap_or(library);
        let number = module.number(Kind::Function, index);
        match module.names.get(&number) {
            Some(symbol) => format!("{library}:{symbol}"),
            None => format!("{library}:{number}"),
        }
    }
}
