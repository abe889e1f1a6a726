//! What the linker and the libraries put into tables.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use wasmparser::{Element, ElementItems, ElementKind};

use super::graph::Graph;
use super::item::{Item, Kind};
use super::values::evaluate;
use super::{Unexpected, unexpected};
use crate::module::layout::Value;

/// How many places the engine lets a table have.
const LARGEST: u64 = 10_000_000;

/// The functions in a table, by their places.
pub(super) type Slots = BTreeMap<u32, Item>;

/// What is in each table.
pub(super) fn read(graph: &Graph<'_>) -> Result<HashMap<Item, Slots>, Unexpected> {
    let mut tables: HashMap<Item, Slots> = HashMap::new();
    for (own, instance) in (0..).zip(&graph.instances) {
        for element in &instance.elements {
            let Some((table, first)) = place(graph, own, element)? else {
                continue;
            };
            let ElementItems::Functions(functions) = element.items.clone() else {
                return Err(unexpected("an element segment of expressions"));
            };
            let slots = tables.entry(table).or_default();
            for (place, function) in (first..).zip(functions) {
                slots.insert(place, instance.item(own, Kind::Function, function?));
            }
        }
    }
    Ok(tables)
}

/// The places that a library fills in the table that all libraries share.
pub(super) fn extent(graph: &Graph<'_>, own: u32) -> Option<Range<u32>> {
    let instance = graph.instances.get(own as usize)?;
    let mut extent: Option<Range<u32>> = None;
    for element in &instance.elements {
        let (table, first) = place(graph, own, element).ok().flatten()?;
        if graph.table != Some(table) {
            continue;
        }
        let ElementItems::Functions(functions) = &element.items else {
            return None;
        };
        let end = first.checked_add(functions.count())?;
        let before = extent.unwrap_or(first..end);
        extent = Some(before.start.min(first)..before.end.max(end));
    }
    extent
}

/// The table and the place in it where an element segment goes when its module is instantiated, if
/// it does so.
fn place(
    graph: &Graph<'_>,
    own: u32,
    element: &Element<'_>,
) -> Result<Option<(Item, u32)>, Unexpected> {
    let (table, offset) = match &element.kind {
        ElementKind::Active {
            table_index,
            offset_expr,
        } => (table_index.unwrap_or(0), offset_expr),
        ElementKind::Declared => return Ok(None),
        ElementKind::Passive => return Err(unexpected("a passive element segment")),
    };
    let instance = graph.instances.get(own as usize);
    let instance = instance.ok_or_else(|| unexpected("an instance that is not there"))?;
    let offset = evaluate(instance, own, offset, &graph.initial);
    let Some(Value::I32(offset)) = offset else {
        return Err(unexpected("an element segment whose place is not constant"));
    };
    let table = instance.item(own, Kind::Table, table);
    let (first, ElementItems::Functions(functions)) = (offset.cast_unsigned(), &element.items)
    else {
        return Err(unexpected("an element segment of expressions"));
    };
    let end = u64::from(first) + u64::from(functions.count());
    if end > graph.table_size(table).unwrap_or_default().min(LARGEST) {
        return Err(unexpected("an element segment beyond the end of its table"));
    }
    Ok(Some((table, first)))
}

impl Graph<'_> {
    /// How many places a table has.
    fn table_size(&self, table: Item) -> Option<u64> {
        let Item::Own { instance, index } = table else {
            return None;
        };
        let instance = self.instances.get(instance as usize)?;
        Some(instance.tables.get(index as usize)?.initial)
    }
}
