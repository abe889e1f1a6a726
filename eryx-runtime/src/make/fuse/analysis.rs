//! Finding the functions that can be called, the globals that are constants, and the layer that each
//! function goes into.

use std::collections::{HashMap, HashSet};

use wasmparser::{FunctionBody, Operator};

use super::graph::Graph;
use super::item::{Item, Kind};
use super::module::Instance;
use super::start::{Action, Start, start};
use super::stubs::Stubs;
use super::table_layout::TableLayout;
use super::{Unexpected, tables, unexpected};
use crate::module::layout::{Layer, Value};

/// The base library whose functions extensions import and call directly. They call all other functions
/// of the base through its table.
///
/// Every import costs a look-up whenever an instance is made, which takes longer than a few calls
/// through the table. But extensions call the C library in inner loops, for example to compute the sine
/// of each number in an array.
const CALLED_DIRECTLY: &str = "libc.so";

/// How many globals may be written, in all libraries together. Each is copied into every instance;
/// libraries have a handful, and the compiler panics where a function uses 65536 of them.
const MUTABLE_GLOBALS_LIMIT: usize = 10_000;

/// The results of the analysis.
pub(super) struct Analysis {
    pub(super) layout: TableLayout,
    pub(super) start_actions: Vec<Action>,
    /// The functions that the base's libraries export, each once, with the names under which the
    /// base's module exports them.
    pub(super) base_exports: Vec<(String, Item)>,
    /// The ids of all instances: the base's libraries in the order of linking, then the others.
    pub(super) order: Vec<u32>,
    pub(super) base: Reachable,
    pub(super) extensions: Reachable,
    stubs: Stubs,
    /// The functions in the extensions' table.
    in_extension_table: HashSet<Item>,
    /// The layer of each library, by the id of its instance.
    layers: HashMap<u32, Layer>,
    /// The values of the globals that start functions set.
    set_at_start: HashMap<Item, Value>,
    /// The globals that are not constants.
    mutable: HashSet<Item>,
}

/// What the functions of a layer can reach.
#[derive(Default)]
pub(super) struct Reachable {
    /// The functions of the layer that can be called.
    pub(super) functions: HashSet<Item>,
    /// The functions that the module of the layer imports, from the host or the base, in the order of
    /// their first direct call as [`Analysis::functions`] orders the callers.
    pub(super) imports: Vec<Item>,
    /// The type indices with which each function calls through the table.
    pub(super) indirect_calls: HashMap<Item, Vec<u32>>,
    /// The globals that the functions write.
    written: HashSet<Item>,
}

/// What a function uses beyond its own locals and memory, by index.
#[derive(Default)]
struct Uses {
    calls: Vec<u32>,
    written_globals: Vec<u32>,
    tables: Vec<u32>,
    indirect_calls: Vec<u32>,
}

/// Analyses a component. `base` are the names of the base's libraries.
pub(super) fn analyse(graph: &Graph<'_>, base: &[&str]) -> Result<Analysis, Unexpected> {
    let base = base.iter().filter_map(|name| {
        let mut instances = graph.instances.iter();
        instances.find(|instance| instance.library == Some(name))
    });
    let base: Vec<&Instance<'_>> = base.collect();
    let is_base = |id: u32| base.iter().any(|instance| instance.id == id);
    let ids = graph.instances.iter().map(|instance| instance.id);
    let base_ids = base.iter().map(|instance| instance.id);
    let libraries = graph.instances.iter();
    let libraries = libraries.filter(|instance| instance.library.is_some());

    let slots = tables::read(graph)?;
    let stubs = Stubs::find(graph, &slots)?;
    let none = tables::Slots::new();
    let shared = graph.table.and_then(|table| slots.get(&table));
    let base_exports = base_exports(&base, &stubs);
    let exported = base_exports.iter().map(|(_, item)| *item);
    let layout = TableLayout::new(graph, &base, exported, shared.unwrap_or(&none), &stubs)?;
    let Start {
        actions,
        globals,
        used_after_call,
        ..
    } = start(graph, &layout)?;
    let mut analysis = Analysis {
        in_extension_table: layout.extension_slots.values().copied().collect(),
        base_exports,
        layout,
        start_actions: actions,
        order: base_ids.chain(ids.filter(|id| !is_base(*id))).collect(),
        base: Reachable::default(),
        extensions: Reachable::default(),
        stubs,
        layers: libraries
            .map(|instance| {
                let layer = if is_base(instance.id) {
                    Layer::Base
                } else {
                    Layer::Extensions
                };
                (instance.id, layer)
            })
            .collect(),
        set_at_start: globals,
        mutable: HashSet::new(),
    };
    analysis.base = analysis.reach(graph, Layer::Base)?;
    analysis.extensions = analysis.reach(graph, Layer::Extensions)?;
    analysis.finalize_globals(graph, &used_after_call)?;
    Ok(analysis)
}

impl Analysis {
    /// Returns the function that a call ends in: the target of a stub, or else the function itself.
    pub(super) fn target(&self, function: Item) -> Item {
        self.stubs.target(function)
    }

    pub(super) fn reachable(&self, layer: Layer) -> &Reachable {
        match layer {
            Layer::Base => &self.base,
            Layer::Extensions => &self.extensions,
        }
    }

    /// Returns the layer of a library's item. An item that the linker generated has none: its code goes
    /// into each module that uses it.
    pub(super) fn layer(&self, item: Item) -> Option<Layer> {
        match item {
            Item::Defined { instance, .. } => self.layers.get(&instance).copied(),
            Item::Host(_) => None,
        }
    }

    /// Returns the slot through which extensions call a function of the base, unless they import it.
    pub(super) fn slot_to_call(&self, graph: &Graph<'_>, function: Item) -> Option<u32> {
        let Item::Defined { instance, .. } = function else {
            return None;
        };
        let library = graph.instance(instance).ok()?.library;
        let is_direct =
            library == Some(CALLED_DIRECTLY) || self.in_extension_table.contains(&function);
        let slot = self.layout.exported.get(&function).copied();
        slot.filter(|_| !is_direct)
    }

    /// Returns the value of a global that is a constant.
    pub(super) fn constant(&self, global: Item) -> Option<Value> {
        if self.mutable.contains(&global) {
            return None;
        }
        self.value(global)
    }

    /// Returns the value of a global after the interpreted part of the start functions.
    pub(super) fn value(&self, global: Item) -> Option<Value> {
        let set = self.set_at_start.get(&global).copied();
        set.or_else(|| self.layout.initial_value(global))
    }

    /// Returns the initial value of a global in the emitted module.
    ///
    /// The heap's bounds are 0 there and set in the instance, so that the base's module is the same for
    /// all extensions.
    pub(super) fn module_value(
        &self,
        graph: &Graph<'_>,
        global: Item,
    ) -> Result<Value, Unexpected> {
        if graph.heap_bounds.contains(&global) {
            return Ok(Value::I32(0));
        }
        let value = self.value(global);
        value.ok_or_else(|| unexpected("a global whose value is unknown"))
    }

    /// Returns the name of the extension function whose address `global` holds, if it has the value of
    /// an extension slot.
    pub(super) fn extension_function(
        &self,
        graph: &Graph<'_>,
        global: Item,
        value: Value,
    ) -> Result<Option<String>, Unexpected> {
        let Value::I32(slot) = value else {
            return Ok(None);
        };
        let slot = slot.cast_unsigned();
        match self.layout.extension_slots.get(&slot) {
            Some(&Item::Defined { instance, index }) if graph.got_functions.contains(&global) => {
                graph.name(instance, index).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Returns the name under which the base's module exports a function.
    pub(super) fn base_name(&self, function: Item) -> Option<&str> {
        let mut exports = self.base_exports.iter();
        let (name, _) = exports.find(|(_, item)| *item == function)?;
        Some(name)
    }

    /// Returns the functions of a layer that start actions call, with the names under which its module
    /// exports them.
    pub(super) fn start_functions(&self, layer: Layer) -> Vec<(String, Item)> {
        let mut functions = Vec::new();
        for action in &self.start_actions {
            let Action::Call { function, .. } = action else {
                continue;
            };
            let function = self.target(*function);
            let is_known = functions.iter().any(|(_, it)| *it == function);
            if self.layer(function) != Some(layer) || is_known {
                continue;
            }
            let name = match self.base_name(function) {
                Some(name) if layer == Layer::Base => name.to_owned(),
                _ => format!("start:{}", functions.len()),
            };
            functions.push((name, function));
        }
        functions
    }

    /// Returns the globals that are not constants. Their order in the base does not depend on the
    /// extensions.
    pub(super) fn mutable_globals(&self, graph: &Graph<'_>, layer: Layer) -> Vec<Item> {
        let reachable = self.reachable(layer);
        let is_in_layer = |item: &Item| match layer {
            Layer::Base => self.layer(*item) != Some(Layer::Extensions),
            Layer::Extensions => self.layer(*item) == Some(Layer::Extensions),
        };
        let written = reachable.written.iter().copied();
        let mut globals: Vec<Item> = written.filter(is_in_layer).collect();
        globals.sort_by_key(|item| match *item {
            // The linker's globals come first: there are a few, and always as many.
            Item::Defined { instance, index } => {
                let position = self.order.iter().position(|id| *id == instance);
                (self.layer(*item).is_some(), position, index)
            }
            Item::Host(host) => (false, None, host),
        });
        if layer == Layer::Base {
            let heap_bounds = graph.heap_bounds.iter().copied();
            let heap_bounds: Vec<_> = heap_bounds.filter(|it| !globals.contains(it)).collect();
            globals.extend(heap_bounds);
        }
        globals
    }

    /// Returns the reachable functions, in the order of linking.
    pub(super) fn functions(
        &self,
        graph: &Graph<'_>,
        reachable: &Reachable,
    ) -> Result<Vec<Item>, Unexpected> {
        let mut functions = Vec::with_capacity(reachable.functions.len());
        for &id in &self.order {
            let instance = graph.instance(id)?;
            let items = (0..)
                .zip(&instance.bodies)
                .map(|(index, _)| instance.defined(index));
            functions.extend(items.filter(|item| reachable.functions.contains(item)));
        }
        Ok(functions)
    }

    /// Finds all functions of a layer that can be called, and what they use.
    fn reach(&self, graph: &Graph<'_>, layer: Layer) -> Result<Reachable, Unexpected> {
        let mut reachable = Reachable::default();
        let mut imports_of: HashMap<Item, Vec<Item>> = HashMap::new();
        let roots = self.roots(graph, layer);
        // Pairs of a caller and what it calls; a root calls itself.
        let mut worklist: Vec<_> = roots.iter().map(|root| (*root, *root)).collect();
        while let Some((caller, function)) = worklist.pop() {
            let function = self.target(function);
            if self.leaves_layer(graph, function, layer)? {
                if self.slot_to_call(graph, function).is_none() {
                    imports_of.entry(caller).or_default().push(function);
                }
                continue;
            }
            if let Item::Defined { instance, index } = function
                && reachable.functions.insert(function)
            {
                let called = reachable.visit(graph, instance, index)?;
                worklist.extend(called.into_iter().map(|called| (function, called)));
            }
        }
        let mut known = HashSet::new();
        for caller in self.functions(graph, &reachable)?.into_iter().chain(roots) {
            let mut imports = imports_of.remove(&caller).unwrap_or_default();
            imports.sort_unstable();
            let new = imports.into_iter().filter(|item| known.insert(*item));
            reachable.imports.extend(new);
        }
        Ok(reachable)
    }

    /// Returns whether a function that a layer calls is outside of it: a host function, or for
    /// extensions a function of the base.
    fn leaves_layer(
        &self,
        graph: &Graph<'_>,
        function: Item,
        layer: Layer,
    ) -> Result<bool, Unexpected> {
        match (function, layer, self.layer(function)) {
            (Item::Host(_), Layer::Base, _) | (_, Layer::Extensions, Some(Layer::Base)) => Ok(true),
            (Item::Host(_), Layer::Extensions, _) => {
                Err(unexpected("an extension that calls a host function"))
            }
            (Item::Defined { instance, index }, Layer::Base, Some(Layer::Extensions)) => {
                let name = graph.name(instance, index)?;
                Err(unexpected(format!("a base library that calls {name}")))
            }
            _ => Ok(false),
        }
    }

    /// Returns the functions of a layer that can be called from outside of it.
    fn roots(&self, graph: &Graph<'_>, layer: Layer) -> Vec<Item> {
        let mut roots = Vec::new();
        match layer {
            Layer::Base => {
                roots.extend(graph.exports.iter().map(|(_, item)| *item));
                roots.extend(self.layout.base_slots.iter().copied().flatten());
            }
            Layer::Extensions => roots.extend(self.layout.extension_slots.values().copied()),
        }
        let called = self.start_actions.iter().filter_map(|action| match action {
            Action::Call { function, .. } => Some(self.target(*function)),
            Action::Store { .. } => None,
        });
        roots.extend(called.filter(|item| self.layer(*item) == Some(layer)));
        roots
    }

    /// Determines which globals are not constants.
    fn finalize_globals(
        &mut self,
        graph: &Graph<'_>,
        used_after_call: &HashSet<Item>,
    ) -> Result<(), Unexpected> {
        for item in &self.extensions.written {
            let is_own = self.layer(*item) == Some(Layer::Extensions);
            if !is_own && !self.base.written.contains(item) {
                return Err(unexpected(
                    "an extension that writes a global which is constant in the base",
                ));
            }
        }
        self.mutable.extend(&self.base.written);
        self.mutable.extend(&self.extensions.written);
        self.mutable.extend(&graph.heap_bounds);
        if self.mutable.len() > MUTABLE_GLOBALS_LIMIT {
            return Err(unexpected(format!(
                "more than {MUTABLE_GLOBALS_LIMIT} mutable globals"
            )));
        }
        if used_after_call.iter().any(|it| self.mutable.contains(it)) {
            return Err(unexpected(
                "a start function that uses a global which an earlier start function may write",
            ));
        }
        Ok(())
    }
}

impl Reachable {
    /// Records what a function uses, and returns the functions that it calls directly.
    fn visit(
        &mut self,
        graph: &Graph<'_>,
        instance: u32,
        index: u32,
    ) -> Result<Vec<Item>, Unexpected> {
        let (body, _) = graph.body(instance, index)?;
        let instance = graph.instance(instance)?;
        let uses = uses(body)?;
        let written = uses.written_globals.into_iter();
        self.written
            .extend(written.map(|global| instance.item(Kind::Global, global)));
        if !uses.indirect_calls.is_empty() {
            self.indirect_calls
                .insert(instance.defined(index), uses.indirect_calls);
        }
        for table in uses.tables {
            if graph.table != Some(instance.item(Kind::Table, table)) {
                return Err(unexpected("a call through a module's own table"));
            }
        }
        let calls = uses.calls.into_iter();
        Ok(calls
            .map(|function| instance.item(Kind::Function, function))
            .collect())
    }
}

/// Returns the functions that the base's libraries export, each once.
fn base_exports(base: &[&Instance<'_>], stubs: &Stubs) -> Vec<(String, Item)> {
    let is_base = |id: u32| base.iter().any(|instance| instance.id == id);
    let mut exports = Vec::new();
    let mut known = HashSet::new();
    for instance in base {
        let Some(library) = instance.library else {
            continue;
        };
        for (symbol, &(kind, index)) in &instance.exports {
            if kind != Kind::Function {
                continue;
            }
            let item = stubs.target(instance.item(kind, index));
            let is_of_base = matches!(item, Item::Defined { instance, .. } if is_base(instance));
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
                uses.indirect_calls.push(type_index);
            }
            Operator::GlobalSet { global_index } => uses.written_globals.push(global_index),
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
                return Err(unexpected("code that uses tables or references"));
            }
            Operator::MemoryInit { .. } | Operator::DataDrop { .. } => {
                return Err(unexpected("code that uses data segments"));
            }
            _ => {}
        }
    }
    Ok(uses)
}
