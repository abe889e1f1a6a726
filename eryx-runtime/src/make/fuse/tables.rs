//! The contents of tables: what active element segments put there.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use wasmparser::{Element, ElementItems, ElementKind};

use super::graph::Graph;
use super::item::{Item, Kind};
use super::module::Instance;
use super::values::evaluate;
use super::{Unexpected, unexpected};
use crate::module::layout::Value;

/// The largest table that the engine allows.
const TABLE_LIMIT: u64 = 10_000_000;

/// The functions in a table, by slot.
pub(super) type Slots = BTreeMap<u32, Item>;

/// Reads the contents of all tables.
pub(super) fn read(graph: &Graph<'_>) -> Result<HashMap<Item, Slots>, Unexpected> {
    let mut tables: HashMap<Item, Slots> = HashMap::new();
    for instance in &graph.instances {
        for element in &instance.elements {
            let Some((table, first)) = destination(graph, instance, element)? else {
                continue;
            };
            let ElementItems::Functions(functions) = element.items.clone() else {
                return Err(unexpected("an element segment of expressions"));
            };
            let slots = tables.entry(table).or_default();
            for (slot, function) in (first..).zip(functions) {
                slots.insert(slot, instance.item(Kind::Function, function?));
            }
        }
    }
    Ok(tables)
}

/// Returns the range of slots that an instance fills in the shared table, if it fills any.
pub(super) fn extent(graph: &Graph<'_>, instance: &Instance<'_>) -> Option<Range<u32>> {
    let mut extent: Option<Range<u32>> = None;
    for element in &instance.elements {
        let (table, first) = destination(graph, instance, element).ok().flatten()?;
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

/// Returns the table that an active element segment initializes and the first slot that it fills
/// there; `None` for a declared segment.
fn destination(
    graph: &Graph<'_>,
    instance: &Instance<'_>,
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
    let offset = evaluate(instance, offset, &graph.linked_values);
    let Some(Value::I32(offset)) = offset else {
        return Err(unexpected(
            "an element segment whose offset is not constant",
        ));
    };
    let table = instance.item(Kind::Table, table);
    let (first, ElementItems::Functions(functions)) = (offset.cast_unsigned(), &element.items)
    else {
        return Err(unexpected("an element segment of expressions"));
    };
    let end = u64::from(first) + u64::from(functions.count());
    if end > graph.table_size(table)?.min(TABLE_LIMIT) {
        return Err(unexpected("an element segment beyond the end of its table"));
    }
    Ok(Some((table, first)))
}

impl Graph<'_> {
    /// Returns how many slots a table has.
    fn table_size(&self, table: Item) -> Result<u64, Unexpected> {
        let size = match table {
            Item::Defined { instance, index } => {
                let tables = &self.instance(instance)?.tables;
                tables.get(index as usize).map(|table| table.initial)
            }
            Item::Host(_) => None,
        };
        size.ok_or_else(|| unexpected("an element segment without a table"))
    }
}
