//! The layout of the function table: which slot each function gets. A function pointer is a slot.
//!
//! The linker puts all libraries into one table. Fusing divides it, because the base is compiled before
//! anyone knows which extensions will be linked to it:
//!
//! ```text
//! 0            null: a call traps
//! 1 … B-1      extension slots: functions of extensions, in the table of the extensions' module
//! B …          base slots: functions of the base, in the table of the base's module: first what its
//!              libraries put into the table, then every function that they export
//! ```
//!
//! `B` is where the linker puts the first base library, far enough up that it never moves. The slots
//! that the linker assigns behind the base move to the front, and an exported function of the base has
//! one slot, whichever extension takes its address.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::graph::Graph;
use super::item::{Item, Kind};
use super::module::Instance;
use super::stubs::Stubs;
use super::tables::{self, Slots};
use super::values::{self, Values};
use super::{Unexpected, to_u32, unexpected};
use crate::module::layout::Value;

/// The extension slots reserved for the functions that `dlsym` finds by name. The linker puts them
/// before the base, and the other extension slots stay where they are while these have room.
const DLSYM_SLOTS: u32 = 1024;

/// The slots of functions.
#[derive(Default)]
pub(super) struct TableLayout {
    /// The first base slot.
    pub(super) base_start: u32,
    /// The functions in the base slots, from `base_start` on.
    pub(super) base_slots: Vec<Option<Item>>,
    /// The functions in the extension slots.
    pub(super) extension_slots: BTreeMap<u32, Item>,
    /// The slots of the functions that the base exports.
    pub(super) exported: HashMap<Item, u32>,
    /// The end of the base's part of the table, as the linker laid it out.
    linked_base_end: u32,
    /// The extension slot that the linker's slot `linked_base_end` moves to.
    moved_start: u32,
    /// The slot of each function outside of the base's part, by the slot that the linker assigned.
    relocated: HashMap<u32, u32>,
    /// The initial values of globals, with these slots in place of the linker's.
    initial_values: Values,
}

impl TableLayout {
    /// Assigns a slot to every function in the table. `base` are the base's libraries in the order of
    /// linking, `exports` the functions that they export, each once.
    pub(super) fn new(
        graph: &Graph<'_>,
        base: &[&Instance<'_>],
        exports: impl Iterator<Item = Item>,
        linked: &Slots,
        stubs: &Stubs,
    ) -> Result<Self, Unexpected> {
        let mut layout = Self::default();
        layout.fill_base_slots(graph, base, exports, linked, stubs)?;
        let used = linked.range(..layout.base_start).next_back();
        let used = used.map_or(1, |(slot, _)| slot + 1);
        layout.moved_start = used.next_multiple_of(DLSYM_SLOTS);
        let extensions = layout.extension_extents(graph, base)?;
        layout.fill_extension_slots(&extensions, linked, stubs)?;
        layout.initial_values = values::of_globals(&graph.instances, |global, value| {
            layout.adjusted(graph, global, value)
        });
        Ok(layout)
    }

    /// Takes over what the base's libraries put into the table, and appends what they export.
    fn fill_base_slots(
        &mut self,
        graph: &Graph<'_>,
        base: &[&Instance<'_>],
        exports: impl Iterator<Item = Item>,
        linked: &Slots,
        stubs: &Stubs,
    ) -> Result<(), Unexpected> {
        let extents = base.iter();
        let extents: Vec<_> = extents
            .filter_map(|instance| tables::extent(graph, instance))
            .collect();
        // The first library may put nothing into the table.
        let first = base.first().and_then(|first| table_base(graph, first));
        let starts = extents.iter().map(|extent| extent.start);
        self.base_start = first.into_iter().chain(starts).min().unwrap_or(1).max(1);
        let end = extents.iter().map(|extent| extent.end).max();
        self.linked_base_end = end.unwrap_or(0).max(self.base_start);
        self.base_slots = self
            .linked_base()
            .map(|slot| linked.get(&slot).map(|item| stubs.target(*item)))
            .collect();
        for item in exports {
            let next = self.base_start.checked_add(to_u32(self.base_slots.len())?);
            let next = next.ok_or_else(|| unexpected("more functions than table slots"))?;
            self.exported.insert(item, next);
            self.base_slots.push(Some(item));
        }
        Ok(())
    }

    /// Returns the ranges of slots that extensions fill as the linker laid them out.
    fn extension_extents(
        &self,
        graph: &Graph<'_>,
        base: &[&Instance<'_>],
    ) -> Result<Vec<Range<u32>>, Unexpected> {
        let is_base = |instance: &Instance<'_>| base.iter().any(|it| it.id == instance.id);
        let extensions = graph.instances.iter();
        let extensions =
            extensions.filter(|instance| instance.library.is_some() && !is_base(instance));
        let extents = extensions.filter_map(|instance| tables::extent(graph, instance));
        let extents: Vec<_> = extents.collect();
        // With such an extension, the base's module would no longer be the same bytes.
        let base = self.linked_base();
        let mut overlapping = extents.iter();
        let overlapping =
            overlapping.find(|extent| extent.start < base.end && base.start < extent.end);
        match overlapping {
            None => Ok(extents),
            Some(extent) => Err(unexpected(format!(
                "an extension that puts functions into the base's part of the table, at slot {}",
                extent.start.max(base.start)
            ))),
        }
    }

    /// Moves the functions outside of the base's part of the table to extension slots. `extensions` are
    /// the ranges that extensions fill as the linker laid them out.
    fn fill_extension_slots(
        &mut self,
        extensions: &[Range<u32>],
        linked: &Slots,
        stubs: &Stubs,
    ) -> Result<(), Unexpected> {
        for (&linked, item) in linked {
            if self.linked_base().contains(&linked) {
                continue;
            }
            let item = stubs.target(*item);
            // An extension finds what it put into the table relative to its `__table_base`, and `dlsym`
            // finds functions by the slots in its list: those must stay together. All others are read
            // from a `GOT.func` global each, which can hold the base slot.
            let is_in_extension = extensions.iter().any(|extent| extent.contains(&linked));
            let is_for_dlsym = linked < self.base_start;
            let slot = match self.exported.get(&item) {
                Some(&slot) if !is_in_extension && !is_for_dlsym => slot,
                _ => {
                    let slot = self.moved(linked);
                    self.extension_slots.insert(slot, item);
                    slot
                }
            };
            self.relocated.insert(linked, slot);
        }
        if let Some((&last, _)) = self.extension_slots.last_key_value()
            && last >= self.base_start
        {
            return Err(unexpected(format!(
                "more than {} functions of extensions in the table",
                self.base_start - 1
            )));
        }
        Ok(())
    }

    /// Returns the initial value of a global.
    pub(super) fn initial_value(&self, global: Item) -> Option<Value> {
        self.initial_values.get(&global).copied()
    }

    /// Returns the initial value of a global, given the one that the linker wrote: they differ if it is
    /// a slot.
    fn adjusted(&self, graph: &Graph<'_>, global: Item, linked: Value) -> Value {
        let is_table_base = graph.table_bases.contains(&global);
        let is_slot = is_table_base || graph.got_functions.contains(&global);
        let (Value::I32(slot), true) = (linked, is_slot) else {
            return linked;
        };
        let slot = slot.cast_unsigned();
        let relocated = self.relocated.get(&slot).filter(|_| !is_table_base);
        let slot = relocated.copied().unwrap_or_else(|| self.moved(slot));
        Value::I32(slot.cast_signed())
    }

    /// Returns where a slot moves: what the linker put behind the base goes to the front.
    fn moved(&self, slot: u32) -> u32 {
        match slot.checked_sub(self.linked_base_end) {
            None => slot,
            Some(behind) => behind.saturating_add(self.moved_start),
        }
    }

    /// Returns the base's part of the table, as the linker laid it out.
    fn linked_base(&self) -> Range<u32> {
        self.base_start..self.linked_base_end
    }
}

/// Returns the slot where the linker put the beginning of a library's part of the table.
fn table_base(graph: &Graph<'_>, library: &Instance<'_>) -> Option<u32> {
    let name = format!("{}:table_base", library.library?);
    let mut instances = graph.instances.iter();
    let (kind, global) = instances.find_map(|instance| {
        let exports = instance.library.is_none().then_some(&instance.exports)?;
        let &(kind, index) = exports.get(&*name)?;
        Some((kind, instance.item(kind, index)))
    })?;
    match graph.linked_values.get(&global)? {
        Value::I32(slot) if kind == Kind::Global => Some(slot.cast_unsigned()),
        _ => None,
    }
}
