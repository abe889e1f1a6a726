//! The indices of functions, types and globals in the module that is being written.

use std::collections::HashMap;

use wasmparser::{FuncType, ValType};

use super::analysis::Analysis;
use super::graph::Graph;
use super::item::Item;
use super::{Unexpected, to_u32, unexpected};
use crate::module::layout::{Layer, Value};

/// The indices in the module of one layer, as far as they are assigned.
pub(super) struct Indices<'g, 'a> {
    pub(super) graph: &'g Graph<'a>,
    pub(super) analysis: &'g Analysis,
    pub(super) layer: Layer,
    /// The types with which the base calls through the table. The base's table begins with one entry
    /// for each, where the extensions' module puts its trampoline for calls of that type.
    pub(super) trampoline_types: &'g [FuncType],
    pub(super) types: HashMap<FuncType, u32>,
    /// The functions that fill and copy memory.
    pub(super) bulk: [u32; 2],
    pub(super) functions: HashMap<Item, u32>,
    pub(super) globals: HashMap<Item, u32>,
}

impl<'g, 'a> Indices<'g, 'a> {
    pub(super) fn new(
        graph: &'g Graph<'a>,
        analysis: &'g Analysis,
        layer: Layer,
        trampoline_types: &'g [FuncType],
    ) -> Self {
        Self {
            graph,
            analysis,
            layer,
            trampoline_types,
            types: HashMap::new(),
            bulk: [0; 2],
            functions: HashMap::new(),
            globals: HashMap::new(),
        }
    }

    /// Returns the index of a base slot in the base's table, which is behind the trampolines. For slot
    /// 0 that is the number to add to any base slot, modulo 2³².
    pub(super) fn base_table_index(&self, slot: u32) -> Result<i32, Unexpected> {
        let first = to_u32(self.trampoline_types.len())?;
        let offset = slot.wrapping_sub(self.analysis.layout.base_start);
        Ok(offset.wrapping_add(first).cast_signed())
    }

    /// Returns the index of the function that a call of `item` ends in.
    pub(super) fn function(&self, item: Item) -> Result<u32, Unexpected> {
        let item = self.analysis.target(item);
        let index = self.functions.get(&item).copied();
        index.ok_or_else(|| unexpected(format!("a use of {item:?}, which was found unreachable")))
    }

    pub(super) fn ty(&self, ty: &FuncType) -> Result<u32, Unexpected> {
        let index = self.types.get(ty).copied();
        index.ok_or_else(|| unexpected("a use of an unknown type"))
    }

    /// Returns where the trampoline for a type is in the base's table, and the index of the
    /// trampoline's own type.
    pub(super) fn trampoline(&self, ty: &FuncType) -> Result<(u32, u32), Unexpected> {
        let mut types = (0..).zip(self.trampoline_types);
        let found = types.find(|(_, it)| *it == ty);
        let (table_index, _) = found.ok_or_else(|| unexpected("a call of an unknown type"))?;
        Ok((table_index, self.ty(&trampoline_type(ty))?))
    }

    pub(super) fn global(&self, item: Item) -> Result<u32, Unexpected> {
        let index = self.globals.get(&item).copied();
        index.ok_or_else(|| unexpected("a global whose value is unknown"))
    }

    /// Checks that a constant in the base's code is not the address of an extension's function, which
    /// would be another one with other extensions.
    pub(super) fn check_address(&self, global: Item, value: Value) -> Result<(), Unexpected> {
        if self.layer == Layer::Base
            && let Some(name) = self
                .analysis
                .extension_function(self.graph, global, value)?
        {
            return Err(unexpected(format!(
                "a base library that takes the address of {name}"
            )));
        }
        Ok(())
    }
}

/// Returns the type of the trampoline for calls of a type: it takes the slot of the function to call
/// as one more parameter.
pub(super) fn trampoline_type(ty: &FuncType) -> FuncType {
    let parameters = ty.params().iter().copied();
    FuncType::new(
        parameters.chain([ValType::I32]),
        ty.results().iter().copied(),
    )
}
