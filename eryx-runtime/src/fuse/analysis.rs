//! What can be known of a component before it runs: constants, tables, and what is ever used.

use std::collections::{BTreeMap, HashMap, HashSet};

use wasmparser::{ConstExpr, Element, ElementItems, ElementKind, FuncType, FunctionBody, Operator};

use super::graph::{Graph, Instance, Item, Kind};
use super::{Unexpected, unexpected};

/// What was found out.
pub(super) struct Facts {
    /// What is in each table, by its place.
    pub(super) tables: HashMap<Item, BTreeMap<u32, Item>>,
    /// The functions that can be called.
    pub(super) live: HashSet<Item>,
    /// The tables that functions are called through.
    pub(super) live_tables: HashSet<Item>,
    /// Functions that do nothing but call another, which they look up in a table.
    stubs: HashMap<Item, Item>,
    /// The globals that some function writes, and those that are to stay globals.
    variable: HashSet<Item>,
}

/// The value of a constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
}

/// What a function does that concerns others.
#[derive(Default)]
struct Uses {
    calls: Vec<u32>,
    writes: Vec<u32>,
    tables: Vec<u32>,
}

impl Facts {
    /// What is called when this is called.
    pub(super) fn target(&self, function: Item) -> Item {
        self.stubs.get(&function).copied().unwrap_or(function)
    }

    /// The value of a global, if it is a constant.
    pub(super) fn constant(&self, graph: &Graph<'_>, global: Item) -> Option<Value> {
        if self.variable.contains(&global) {
            return None;
        }
        initial(graph, global)
    }
}

/// Finds out what there is to know.
pub(super) fn analyse(graph: &Graph<'_>) -> Result<Facts, Unexpected> {
    let mut facts = Facts {
        tables: HashMap::new(),
        live: HashSet::new(),
        live_tables: HashSet::new(),
        stubs: HashMap::new(),
        variable: HashSet::new(),
    };
    for (own, instance) in numbered(graph) {
        // As constants they would make other code of every function that knows them.
        facts.variable.extend(&instance.moving);
        if instance.starts {
            return Err(unexpected(
                "a module with a start function, after it was started",
            ));
        }
        for element in &instance.elements {
            fill(graph, own, instance, element, &mut facts.tables)?;
        }
    }
    for (own, instance) in numbered(graph) {
        for (index, body) in (0..).zip(&instance.bodies) {
            let item = Item::Own {
                instance: own,
                index,
            };
            let Some((_, of_type)) = graph.body(own, index) else {
                return Err(unexpected("a function without a type"));
            };
            if let Some(target) = stub(own, instance, body, of_type, &facts.tables) {
                facts.stubs.insert(item, target);
            }
        }
    }
    follow_stubs(&mut facts.stubs)?;
    reach(graph, &mut facts)?;
    Ok(facts)
}

/// Instances with their numbers: libraries first, so that what comes of the base does not depend on
/// what the linker makes for the others.
pub(super) fn numbered<'g, 'a>(
    graph: &'g Graph<'a>,
) -> impl Iterator<Item = (u32, &'g Instance<'a>)> {
    let all = || (0..).zip(&graph.instances);
    let libraries = all().filter(|(_, instance)| instance.is_library);
    libraries.chain(all().filter(|(_, instance)| !instance.is_library))
}

/// Puts the functions of an element segment into their table.
fn fill(
    graph: &Graph<'_>,
    own: u32,
    instance: &Instance<'_>,
    element: &Element<'_>,
    tables: &mut HashMap<Item, BTreeMap<u32, Item>>,
) -> Result<(), Unexpected> {
    let (table, offset) = match &element.kind {
        ElementKind::Active {
            table_index,
            offset_expr,
        } => (table_index.unwrap_or(0), offset_expr),
        ElementKind::Declared => return Ok(()),
        ElementKind::Passive => return Err(unexpected("a passive element segment")),
    };
    let Some(Value::I32(offset)) = evaluate(graph, own, offset) else {
        return Err(unexpected("an element segment whose place is not constant"));
    };
    let ElementItems::Functions(functions) = element.items.clone() else {
        return Err(unexpected("an element segment of expressions"));
    };
    let slots = tables.entry(instance.item(own, Kind::Table, table));
    let slots = slots.or_default();
    for (place, function) in (offset.cast_unsigned()..).zip(functions) {
        slots.insert(place, instance.item(own, Kind::Function, function?));
    }
    Ok(())
}

/// What a function calls that has nothing but `local.get` of each parameter, a constant, and
/// `call_indirect`: so the linker calls libraries that come later, and components the host.
fn stub(
    own: u32,
    instance: &Instance<'_>,
    body: &FunctionBody<'_>,
    of_type: &FuncType,
    tables: &HashMap<Item, BTreeMap<u32, Item>>,
) -> Option<Item> {
    if body.get_locals_reader().ok()?.get_count() != 0 {
        return None;
    }
    let mut operators = body.get_operators_reader().ok()?;
    for parameter in (0..).take(of_type.params().len()) {
        let Operator::LocalGet { local_index } = operators.read().ok()? else {
            return None;
        };
        if local_index != parameter {
            return None;
        }
    }
    let Operator::I32Const { value } = operators.read().ok()? else {
        return None;
    };
    let Operator::CallIndirect {
        type_index,
        table_index,
    } = operators.read().ok()?
    else {
        return None;
    };
    let Operator::End = operators.read().ok()? else {
        return None;
    };
    // Otherwise it would be a trap, and has to stay one.
    if instance.types.get(type_index as usize)? != of_type {
        return None;
    }
    let table = instance.item(own, Kind::Table, table_index);
    let slots = tables.get(&table)?;
    slots.get(&value.cast_unsigned()).copied()
}

/// A stub may call a stub.
fn follow_stubs(stubs: &mut HashMap<Item, Item>) -> Result<(), Unexpected> {
    let from: Vec<Item> = stubs.keys().copied().collect();
    for stub in from {
        let mut target = stub;
        let mut steps = 0;
        while let Some(next) = stubs.get(&target) {
            target = *next;
            steps += 1;
            if steps > 10 {
                return Err(unexpected("functions that call each other in a circle"));
            }
        }
        stubs.insert(stub, target);
    }
    Ok(())
}

/// Finds all that can be called from the exports, and what it writes.
fn reach(graph: &Graph<'_>, facts: &mut Facts) -> Result<(), Unexpected> {
    let exports = graph.exports.iter().map(|(_, item)| *item);
    let mut waiting: Vec<Item> = exports.map(|item| facts.target(item)).collect();
    while let Some(function) = waiting.pop() {
        if !facts.live.insert(function) {
            continue;
        }
        let Item::Own {
            instance: own,
            index,
        } = function
        else {
            continue;
        };
        let instance = graph.instances.get(own as usize);
        let (Some(instance), Some((body, _))) = (instance, graph.body(own, index)) else {
            return Err(unexpected("a call of a function that is not there"));
        };
        let uses = uses(body)?;
        let called = uses.calls.into_iter();
        waiting.extend(called.map(|call| facts.target(instance.item(own, Kind::Function, call))));
        for global in uses.writes {
            facts
                .variable
                .insert(instance.item(own, Kind::Global, global));
        }
        for table in uses.tables {
            let table = instance.item(own, Kind::Table, table);
            if facts.live_tables.insert(table) {
                let functions = facts.tables.get(&table).into_iter();
                let functions = functions.flat_map(BTreeMap::values).copied();
                waiting.extend(functions.map(|function| facts.target(function)));
            }
        }
    }
    Ok(())
}

fn uses(body: &FunctionBody<'_>) -> Result<Uses, Unexpected> {
    let mut uses = Uses::default();
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        match operators.read()? {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                uses.calls.push(function_index);
            }
            Operator::CallIndirect { table_index, .. }
            | Operator::ReturnCallIndirect { table_index, .. } => uses.tables.push(table_index),
            Operator::TableSize { table } => uses.tables.push(table),
            Operator::GlobalSet { global_index } => uses.writes.push(global_index),
            Operator::TableSet { .. }
            | Operator::TableGet { .. }
            | Operator::TableFill { .. }
            | Operator::TableGrow { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. }
            | Operator::RefFunc { .. } => {
                return Err(unexpected("code that handles tables or references"));
            }
            _ => {}
        }
    }
    Ok(uses)
}

/// The value that a global begins with.
pub(super) fn initial(graph: &Graph<'_>, global: Item) -> Option<Value> {
    let Item::Own {
        instance: own,
        index,
    } = global
    else {
        return None;
    };
    let instance = graph.instances.get(own as usize)?;
    evaluate(graph, own, &instance.globals.get(index as usize)?.init_expr)
}

/// The value of a constant expression of an instance.
pub(super) fn evaluate(graph: &Graph<'_>, own: u32, expression: &ConstExpr<'_>) -> Option<Value> {
    let instance = graph.instances.get(own as usize)?;
    let mut stack = Vec::new();
    for operator in expression.get_operators_reader() {
        match operator.ok()? {
            Operator::I32Const { value } => stack.push(Value::I32(value)),
            Operator::I64Const { value } => stack.push(Value::I64(value)),
            Operator::F32Const { value } => stack.push(Value::F32(value.bits())),
            Operator::F64Const { value } => stack.push(Value::F64(value.bits())),
            // A module is instantiated after what it imports, so this comes to an end.
            Operator::GlobalGet { global_index } => {
                let global = instance.item(own, Kind::Global, global_index);
                stack.push(initial(graph, global)?);
            }
            Operator::I32Add => {
                let (Value::I32(one), Value::I32(other)) = (stack.pop()?, stack.pop()?) else {
                    return None;
                };
                stack.push(Value::I32(one.wrapping_add(other)));
            }
            Operator::End => {}
            _ => return None,
        }
    }
    match *stack {
        [value] => Some(value),
        _ => None,
    }
}
