//! Where functions are in the table: what a function pointer is.
//!
//! The linker lays all libraries into one table. Here the table is divided, for the base is compiled
//! before anybody knows what will be linked to it:
//!
//! ```text
//! 0            null: a call of it traps
//! 1 … B-1      functions of extensions, in the table of the extensions' module
//! B …          functions of the base, in the table of the base's module:
//!              what its libraries put into the table, and then all that they export
//! ```
//!
//! `B` is where the linker has put the base's first library, far up, so that it never moves. What
//! the linker has put behind the base is moved to the front, and a function of the base whose address
//! an extension asks for has the same place whoever asks.

use std::collections::{BTreeMap, HashMap};

use super::graph::Graph;
use super::item::{Item, Kind};
use super::stubs::Stubs;
use super::tables::{self, Slots};
use super::values::{self, Values};
use super::{Unexpected, unexpected};
use crate::module::layout::Value;

/// How many places are kept for what the linker lists by name, so that other functions do not move
/// when there are a few more of these.
const LISTED: u32 = 1024;

/// The places of functions.
#[derive(Default)]
pub(super) struct Places {
    /// The first place of the base.
    pub(super) base: u32,
    /// The functions of the base, from that place on.
    pub(super) near: Vec<Option<Item>>,
    /// The functions of the extensions, by their places.
    pub(super) far: BTreeMap<u32, Item>,
    /// The end of what the base's libraries put into the table, as the linker counts.
    own_end: u32,
    /// Where what the linker has put behind the base begins.
    first_free: u32,
    /// Where the function is that the linker has put at a place.
    of_functions: HashMap<u32, u32>,
    /// Where the functions are that the base exports.
    pub(super) exported: HashMap<Item, u32>,
    /// The values that globals begin with.
    initial: Values,
}

impl Places {
    /// Gives all functions in the table their places. `base` are the numbers of the base's
    /// instances, in the order of linking, and `exports` the functions they export, each once.
    pub(super) fn new(
        graph: &Graph<'_>,
        base: &[u32],
        exports: impl Iterator<Item = Item>,
        slots: &Slots,
        stubs: &Stubs,
    ) -> Result<Self, Unexpected> {
        let mut places = Self::default();
        let own: Vec<_> = base
            .iter()
            .filter_map(|&own| tables::extent(graph, own))
            .collect();
        // The first library may put nothing there.
        let first = base.first().and_then(|&own| table_base(graph, own));
        let first = first
            .into_iter()
            .chain(own.iter().map(|extent| extent.start));
        places.base = first.min().unwrap_or(1).max(1);
        let end = own.iter().map(|extent| extent.end).max();
        let end = end.unwrap_or(0).max(places.base);
        places.own_end = end;
        places.near = (places.base..end)
            .map(|place| slots.get(&place).map(|item| stubs.target(*item)))
            .collect();
        for item in exports {
            let next = places.base.checked_add(length(&places.near));
            let next = next.ok_or_else(|| unexpected("more functions than places"))?;
            places.exported.insert(item, next);
            places.near.push(Some(item));
        }

        let before = slots.range(..places.base).next_back();
        let used = before.map_or(1, |(place, _)| place + 1);
        places.first_free = used.next_multiple_of(LISTED);
        let extensions = (0..).zip(&graph.instances).filter_map(|(own, instance)| {
            let is_extension = instance.library.is_some() && !base.contains(&own);
            is_extension.then(|| tables::extent(graph, own)).flatten()
        });
        let extensions: Vec<_> = extensions.collect();
        // The base would be another one then.
        let base = places.base..end;
        if let Some(extent) = extensions
            .iter()
            .find(|extent| extent.start < base.end && base.start < extent.end)
        {
            return Err(unexpected(format!(
                "an extension that puts functions into the base's part of the table, at {}",
                extent.start.max(base.start)
            )));
        }
        for (&linked, item) in slots {
            if (places.base..end).contains(&linked) {
                continue;
            }
            let item = stubs.target(*item);
            // What a library has put there itself it finds by where its part begins, and what is
            // listed by name by the number in that list.
            let is_own = extensions.iter().any(|extent| extent.contains(&linked));
            let is_listed = linked < places.base;
            let place = match places.exported.get(&item) {
                Some(&place) if !is_own && !is_listed => place,
                _ => {
                    let place = places.moved(linked);
                    places.far.insert(place, item);
                    place
                }
            };
            places.of_functions.insert(linked, place);
        }
        if let Some((&last, _)) = places.far.last_key_value()
            && last >= places.base
        {
            return Err(unexpected(format!(
                "more than {} functions of extensions in the table",
                places.base - 1
            )));
        }
        places.initial = values::of_globals(&graph.instances, |global, linked| {
            places.adjusted(graph, global, linked)
        });
        Ok(places)
    }

    /// The value that a global begins with, where places are those given here.
    pub(super) fn initial(&self, global: Item) -> Option<Value> {
        self.initial.get(&global).copied()
    }

    /// What a global has to be that the linker has given a value.
    fn adjusted(&self, graph: &Graph<'_>, global: Item, linked: Value) -> Value {
        let is_base = graph.table_bases.contains(&global);
        let (Value::I32(place), true) =
            (linked, is_base || graph.function_places.contains(&global))
        else {
            return linked;
        };
        let place = place.cast_unsigned();
        let of_function = self.of_functions.get(&place).filter(|_| !is_base);
        let place = of_function.copied().unwrap_or_else(|| self.moved(place));
        Value::I32(place.cast_signed())
    }

    /// Where a place of the linker's is here, if it is not of a function that the base exports.
    fn moved(&self, place: u32) -> u32 {
        if place < self.own_end {
            place
        } else {
            (place - self.own_end).saturating_add(self.first_free)
        }
    }
}

/// Where in the table the linker has put a library.
fn table_base(graph: &Graph<'_>, own: u32) -> Option<u32> {
    let library = graph.instances.get(own as usize)?.library?;
    let name = format!("{library}:table_base");
    let linker = (0..).zip(&graph.instances);
    let mut linker = linker.filter(|(_, instance)| instance.library.is_none());
    let (kind, global) = linker.find_map(|(own, instance)| {
        let &(kind, index) = instance.exports.get(&*name)?;
        Some((kind, instance.item(own, kind, index)))
    })?;
    match graph.initial.get(&global)? {
        Value::I32(place) if kind == Kind::Global => Some(place.cast_unsigned()),
        _ => None,
    }
}

fn length<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}
