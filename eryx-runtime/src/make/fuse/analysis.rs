//! What is ever called, which globals are constants, and which module each function goes into.

use std::collections::{HashMap, HashSet};

use wasmparser::{FunctionBody, Operator};

use super::graph::Graph;
use super::item::{Item, Kind};
use super::places::Places;
use super::start::{Action, Start, start};
use super::stubs::Stubs;
use super::{Unexpected, tables, unexpected};
use crate::module::layout::{Layer, Value};

/// The library of the base whose functions extensions call as imports of their module.
///
/// For each import something has to be looked up whenever an instance is made, which takes longer than
/// to call it through the table a few times. But what a C library has is called in inner loops, to
/// compute a sine for each number of an array.
const CALLED_DIRECTLY: &str = "libc.so";

/// How many globals may be written, in all. Each is copied into every instance; libraries have a
/// handful, and the compiler panics where a function has to do with 65536 of them.
const VARIABLES: usize = 10_000;

/// What was found out.
pub(super) struct Facts {
    pub(super) places: Places,
    pub(super) start_actions: Vec<Action>,
    /// The functions that the base's libraries export, each once, with the names under which the
    /// base's module exports them.
    pub(super) base_exports: Vec<(String, Item)>,
    /// The instances of the base's libraries, in the order of linking; then those of the others.
    pub(super) order: Vec<u32>,
    pub(super) base: Reach,
    pub(super) extensions: Reach,
    stubs: Stubs,
    /// The functions in the extensions' table.
    is_far: HashSet<Item>,
    /// The layer of each instance of a library.
    layers: HashMap<u32, Layer>,
    /// The values of the globals that a start function sets.
    set: HashMap<Item, Value>,
    /// The globals that are no constants.
    variable: HashSet<Item>,
}

/// What can be reached in one layer.
#[derive(Default)]
pub(super) struct Reach {
    /// The functions of the layer that can be called.
    pub(super) functions: HashSet<Item>,
    /// Those of the base or the host that they call directly, in the order in which they are first called
    /// when all are looked at in the order of [`Facts::functions`].
    pub(super) outside: Vec<Item>,
    /// The types of the functions that they call through the table, by the caller.
    pub(super) through_table: HashMap<Item, Vec<u32>>,
    /// The globals that they write.
    written: HashSet<Item>,
}

/// What a function does that concerns others.
#[derive(Default)]
struct Uses {
    calls: Vec<u32>,
    writes: Vec<u32>,
    tables: Vec<u32>,
    through_table: Vec<u32>,
}

/// Finds out what there is to know. `base` are the names of the base's libraries.
pub(super) fn analyse(graph: &Graph<'_>, base: &[&str]) -> Result<Facts, Unexpected> {
    let numbered = || (0..).zip(&graph.instances);
    let mut order = Vec::new();
    for name in base {
        let found = numbered().find(|(_, instance)| instance.library == Some(name));
        order.extend(found.map(|(own, _)| own));
    }
    let of_base = order.clone();
    order.extend(
        numbered()
            .map(|(own, _)| own)
            .filter(|own| !of_base.contains(own)),
    );
    let layers = numbered().filter_map(|(own, instance)| {
        instance.library?;
        let is_base = of_base.contains(&own);
        Some((
            own,
            if is_base {
                Layer::Base
            } else {
                Layer::Extensions
            },
        ))
    });
    let layers: HashMap<u32, Layer> = layers.collect();

    let slots = tables::read(graph)?;
    let stubs = Stubs::find(graph, &slots)?;
    let none = tables::Slots::new();
    let shared = graph.table.and_then(|table| slots.get(&table));
    let base_exports = base_exports(graph, &of_base, &stubs);
    let exported = base_exports.iter().map(|(_, item)| *item);
    let places = Places::new(graph, &of_base, exported, shared.unwrap_or(&none), &stubs)?;
    let Start {
        actions,
        globals,
        late,
        ..
    } = start(graph, &places)?;
    let mut facts = Facts {
        is_far: places.far.values().copied().collect(),
        base_exports,
        places,
        start_actions: actions,
        order,
        base: Reach::default(),
        extensions: Reach::default(),
        stubs,
        layers,
        set: globals,
        variable: HashSet::new(),
    };
    facts.base = facts.reach(graph, Layer::Base)?;
    facts.extensions = facts.reach(graph, Layer::Extensions)?;
    facts.settle_globals(graph, &late)?;
    Ok(facts)
}

impl Facts {
    /// What is called when this is called.
    pub(super) fn target(&self, function: Item) -> Item {
        self.stubs.target(function)
    }

    pub(super) fn reached(&self, layer: Layer) -> &Reach {
        match layer {
            Layer::Base => &self.base,
            Layer::Extensions => &self.extensions,
        }
    }

    /// The layer that something belongs to. What the linker makes goes where it is used.
    pub(super) fn layer(&self, item: Item) -> Option<Layer> {
        match item {
            Item::Own { instance, .. } => self.layers.get(&instance).copied(),
            Item::Host(_) => None,
        }
    }

    /// The place of a function of the base in the table, if extensions call it there.
    pub(super) fn through_table(&self, graph: &Graph<'_>, function: Item) -> Option<u32> {
        let Item::Own { instance, .. } = function else {
            return None;
        };
        let library = graph.instances.get(instance as usize)?.library;
        let is_direct = library == Some(CALLED_DIRECTLY) || self.is_far.contains(&function);
        let place = self.places.exported.get(&function).copied();
        place.filter(|_| !is_direct)
    }

    /// The value of a global, if it is a constant.
    pub(super) fn constant(&self, global: Item) -> Option<Value> {
        if self.variable.contains(&global) {
            return None;
        }
        self.value(global)
    }

    /// The value of a global when everything is about to begin.
    pub(super) fn value(&self, global: Item) -> Option<Value> {
        let set = self.set.get(&global).copied();
        set.or_else(|| self.places.initial(global))
    }

    /// The value that a global has in its module. That of one that moves is not the module's
    /// business, so that the module stays the same.
    pub(super) fn module_value(
        &self,
        graph: &Graph<'_>,
        global: Item,
    ) -> Result<Value, Unexpected> {
        if graph.moving.contains(&global) {
            return Ok(Value::I32(0));
        }
        let value = self.value(global);
        value.ok_or_else(|| unexpected("a global without a known value"))
    }

    /// The name of the extension's function whose address a global is with this value, if it is so.
    pub(super) fn far_function(
        &self,
        graph: &Graph<'_>,
        global: Item,
        value: Value,
    ) -> Option<String> {
        let Value::I32(place) = value else {
            return None;
        };
        let is_address = graph.function_places.contains(&global);
        let far = self.places.far.get(&place.cast_unsigned());
        match *far.filter(|_| is_address)? {
            Item::Own { instance, index } => Some(graph.name(instance, index)),
            Item::Host(_) => None,
        }
    }

    /// The name under which the base's module exports a function.
    pub(super) fn base_name(&self, function: Item) -> Option<&str> {
        let mut exports = self.base_exports.iter();
        let (name, _) = exports.find(|(_, item)| *item == function)?;
        Some(name)
    }

    /// The functions of a layer that are called at the start, with the names under which its module
    /// exports them.
    pub(super) fn called_at_start(&self, layer: Layer) -> Vec<(String, Item)> {
        let mut called = Vec::new();
        for action in &self.start_actions {
            let Action::Call { function, .. } = action else {
                continue;
            };
            let function = self.target(*function);
            if self.layer(function) != Some(layer) || called.iter().any(|(_, it)| *it == function) {
                continue;
            }
            let name = match self.base_name(function) {
                Some(name) if layer == Layer::Base => name.to_owned(),
                _ => format!("start:{}", called.len()),
            };
            called.push((name, function));
        }
        called
    }

    /// The globals that are no constants, in an order that does not depend on the extensions.
    pub(super) fn mutable_globals(&self, graph: &Graph<'_>, layer: Layer) -> Vec<Item> {
        let reach = self.reached(layer);
        let of_layer = |item: &Item| match layer {
            Layer::Base => self.layer(*item) != Some(Layer::Extensions),
            Layer::Extensions => self.layer(*item) == Some(Layer::Extensions),
        };
        let mut written: Vec<Item> = reach.written.iter().copied().filter(of_layer).collect();
        written.sort_by_key(|item| match *item {
            // Those of the linker's own come first: there are few, and always as many.
            Item::Own { instance, index } => {
                let place = self.order.iter().position(|own| *own == instance);
                (self.layer(*item).is_some(), place, index)
            }
            Item::Host(host) => (false, None, host),
        });
        if layer == Layer::Base {
            let moving = graph.moving.iter().copied();
            let moving: Vec<Item> = moving.filter(|item| !written.contains(item)).collect();
            written.extend(moving);
        }
        written
    }

    /// The functions that are reached, in the order of linking.
    pub(super) fn functions(&self, graph: &Graph<'_>, reach: &Reach) -> Vec<Item> {
        let mut functions = Vec::with_capacity(reach.functions.len());
        for &own in &self.order {
            let bodies = graph.instances.get(own as usize);
            let bodies = bodies.map_or(0, |instance| instance.bodies.len());
            let items = (0..).take(bodies).map(|index| Item::Own {
                instance: own,
                index,
            });
            functions.extend(items.filter(|item| reach.functions.contains(item)));
        }
        functions
    }

    /// Finds all of a layer that can be called, and what it writes.
    fn reach(&self, graph: &Graph<'_>, layer: Layer) -> Result<Reach, Unexpected> {
        let mut reach = Reach::default();
        let mut outside: HashMap<Item, Vec<Item>> = HashMap::new();
        let mut waiting: Vec<_> = self
            .roots(graph, layer)
            .into_iter()
            .map(|root| (root, root))
            .collect();
        while let Some((caller, function)) = waiting.pop() {
            let function = self.target(function);
            let its = self.layer(function);
            match (function, layer, its) {
                (Item::Host(_), Layer::Base, _) | (_, Layer::Extensions, Some(Layer::Base)) => {
                    if self.through_table(graph, function).is_none() {
                        outside.entry(caller).or_default().push(function);
                    }
                    continue;
                }
                (Item::Host(_), Layer::Extensions, _) => {
                    return Err(unexpected("an extension that calls the host"));
                }
                (Item::Own { instance, index }, Layer::Base, Some(Layer::Extensions)) => {
                    let name = graph.name(instance, index);
                    return Err(unexpected(format!("a base library that calls {name}")));
                }
                _ => {}
            }
            let Item::Own {
                instance: own,
                index,
            } = function
            else {
                continue;
            };
            if !reach.functions.insert(function) {
                continue;
            }
            let instance = graph.instances.get(own as usize);
            let (Some(instance), Some((body, _))) = (instance, graph.body(own, index)) else {
                return Err(unexpected("a call of a function that is not there"));
            };
            let uses = uses(body)?;
            let called = uses.calls.into_iter();
            let called = called.map(|call| instance.item(own, Kind::Function, call));
            waiting.extend(called.map(|called| (function, called)));
            for global in uses.writes {
                reach
                    .written
                    .insert(instance.item(own, Kind::Global, global));
            }
            if !uses.through_table.is_empty() {
                reach.through_table.insert(function, uses.through_table);
            }
            for table in uses.tables {
                if graph.table != Some(instance.item(own, Kind::Table, table)) {
                    return Err(unexpected("a call through a table of a module's own"));
                }
            }
        }
        let roots = self.roots(graph, layer);
        let callers = self.functions(graph, &reach).into_iter().chain(roots);
        let mut known = HashSet::new();
        for caller in callers {
            let mut called = outside.remove(&caller).unwrap_or_default();
            called.sort_unstable();
            reach
                .outside
                .extend(called.into_iter().filter(|item| known.insert(*item)));
        }
        Ok(reach)
    }

    /// What of a layer is called from elsewhere.
    fn roots(&self, graph: &Graph<'_>, layer: Layer) -> Vec<Item> {
        let mut roots = Vec::new();
        match layer {
            Layer::Base => {
                roots.extend(graph.exports.iter().map(|(_, item)| *item));
                roots.extend(self.places.near.iter().copied().flatten());
            }
            Layer::Extensions => roots.extend(self.places.far.values().copied()),
        }
        let called = self.start_actions.iter().filter_map(|action| match action {
            Action::Call { function, .. } => Some(self.target(*function)),
            Action::Store { .. } => None,
        });
        roots.extend(called.filter(|item| self.layer(*item) == Some(layer)));
        roots
    }

    /// Notes which globals are no constants.
    fn settle_globals(
        &mut self,
        graph: &Graph<'_>,
        late: &HashSet<Item>,
    ) -> Result<(), Unexpected> {
        for item in &self.extensions.written {
            let is_own = self.layer(*item) == Some(Layer::Extensions);
            if !is_own && !self.base.written.contains(item) {
                return Err(unexpected(
                    "an extension that writes a global which the base takes for a constant",
                ));
            }
        }
        self.variable.extend(&self.base.written);
        self.variable.extend(&self.extensions.written);
        self.variable.extend(&graph.moving);
        if self.variable.len() > VARIABLES {
            return Err(unexpected(format!(
                "more than {VARIABLES} globals that are written"
            )));
        }
        if late.iter().any(|item| self.variable.contains(item)) {
            return Err(unexpected(
                "a start function that comes after another one which may use the same global",
            ));
        }
        Ok(())
    }
}

/// What the base's libraries export, each function once.
fn base_exports(graph: &Graph<'_>, base: &[u32], stubs: &Stubs) -> Vec<(String, Item)> {
    let mut exports = Vec::new();
    let mut known = HashSet::new();
    for &own in base {
        let Some(instance) = graph.instances.get(own as usize) else {
            continue;
        };
        let library = instance.library.unwrap_or_default();
        for (symbol, &(kind, index)) in &instance.exports {
            if kind != Kind::Function {
                continue;
            }
            let item = stubs.target(instance.item(own, kind, index));
            let is_of_base = matches!(item, Item::Own { instance, .. } if base.contains(&instance));
            if is_of_base && known.insert(item) {
                exports.push((format!("{library}:{symbol}"), item));
            }
        }
    }
    exports
}

fn uses(body: &FunctionBody<'_>) -> Result<Uses, Unexpected> {
    let mut uses = Uses::default();
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                uses.calls.push(function_index);
            }
            Operator::CallIndirect {
                type_index,
                table_index,
            } => {
                uses.tables.push(table_index);
                uses.through_table.push(type_index);
            }
            Operator::GlobalSet { global_index } => uses.writes.push(global_index),
            Operator::ReturnCallIndirect { .. } => {
                return Err(unexpected("a tail call through a table"));
            }
            Operator::TableSize { .. }
            | Operator::TableSet { .. }
            | Operator::TableGet { .. }
            | Operator::TableFill { .. }
            | Operator::TableGrow { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. }
            | Operator::RefFunc { .. } => {
                return Err(unexpected("code that handles tables or references"));
            }
            Operator::MemoryInit { .. } | Operator::DataDrop { .. } => {
                return Err(unexpected("code that handles data segments"));
            }
            _ => {}
        }
    }
    Ok(uses)
}
