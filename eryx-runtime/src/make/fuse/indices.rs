//! The indices of functions, types and globals in the module that is being written.

use std::collections::HashMap;

use wasmparser::FuncType;

use super::analysis::Facts;
use super::graph::Graph;
use super::item::Item;
use super::{Unexpected, unexpected};
use crate::module::layout::Layer;

/// The indices in the module of one layer, as far as they are known.
pub(super) struct Indices<'g, 'a> {
    pub(super) graph: &'g Graph<'a>,
    pub(super) facts: &'g Facts,
    pub(super) layer: Layer,
    /// The types of the functions that the base calls through the table. Each has, at its place in
    /// this list, a place in the base's table: there the extensions' module puts the function that
    /// takes calls of theirs.
    pub(super) passed: &'g [FuncType],
    pub(super) types: HashMap<FuncType, u32>,
    /// The functions that fill and copy memory.
    pub(super) bulk: [u32; 2],
    pub(super) functions: HashMap<Item, u32>,
    pub(super) globals: HashMap<Item, u32>,
}

impl<'g, 'a> Indices<'g, 'a> {
    pub(super) fn new(
        graph: &'g Graph<'a>,
        facts: &'g Facts,
        layer: Layer,
        passed: &'g [FuncType],
    ) -> Self {
        Self {
            graph,
            facts,
            layer,
            passed,
            types: HashMap::new(),
            bulk: [0; 2],
            functions: HashMap::new(),
            globals: HashMap::new(),
        }
    }

    /// Where a place is in the base's table: behind those that the extensions fill. That of 0 is what
    /// to add to any.
    pub(super) fn in_base_table(&self, place: u32) -> i32 {
        let first = u32::try_from(self.passed.len()).unwrap_or(u32::MAX);
        let place = place.wrapping_sub(self.facts.places.base);
        place.wrapping_add(first).cast_signed()
    }

    /// The index of what is called when a function is called.
    pub(super) fn function(&self, item: Item) -> Result<u32, Unexpected> {
        let item = self.facts.target(item);
        let number = self.functions.get(&item).copied();
        number.ok_or_else(|| unexpected(format!("a use of {item:?}, which nothing uses")))
    }

    pub(super) fn known_type(&self, of_type: &FuncType) -> Result<u32, Unexpected> {
        let number = self.types.get(of_type).copied();
        number.ok_or_else(|| unexpected("a use of no type"))
    }

    /// The type of functions that the base calls through the table, as extensions take such calls:
    /// its place in the base's table, and the index of the type with one more parameter.
    pub(super) fn taken_type(&self, of_type: &FuncType) -> Result<(u32, u32), Unexpected> {
        let place = (0..)
            .zip(self.passed)
            .find(|(_, passed)| *passed == of_type);
        let (place, _) = place.ok_or_else(|| unexpected("a call of an unknown type"))?;
        Ok((place, self.known_type(&with_place(of_type))?))
    }

    pub(super) fn global(&self, item: Item) -> Result<u32, Unexpected> {
        let number = self.globals.get(&item).copied();
        number.ok_or_else(|| unexpected("a global without a known value"))
    }
}

/// A type, with the place of the function as one more parameter.
pub(super) fn with_place(of_type: &FuncType) -> FuncType {
    let parameters = of_type.params().iter().copied();
    FuncType::new(
        parameters.chain([wasmparser::ValType::I32]),
        of_type.results().iter().copied(),
    )
}
