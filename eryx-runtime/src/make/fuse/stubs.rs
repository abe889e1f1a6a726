//! Stubs: functions that only call another function, which they look up in a table. Through stubs the
//! linker lets a library call later libraries, and a component call the host.

use std::collections::HashMap;

use wasmparser::{FuncType, FunctionBody, Operator};

use super::graph::Graph;
use super::item::{Item, Kind};
use super::module::Instance;
use super::tables::Slots;
use super::{Unexpected, unexpected};

/// How many stubs may call each other in a row.
const LONGEST_CHAIN: usize = 10;

/// All stubs, each with the function at the end of its chain.
#[derive(Default)]
pub(super) struct Stubs(HashMap<Item, Item>);

impl Stubs {
    /// Finds all stubs.
    pub(super) fn find(
        graph: &Graph<'_>,
        tables: &HashMap<Item, Slots>,
    ) -> Result<Self, Unexpected> {
        let mut stubs = HashMap::new();
        let host_types = graph.host_types();
        for instance in &graph.instances {
            for (index, body) in (0..).zip(&instance.bodies) {
                let (_, ty) = graph.body(instance.id, index)?;
                let Some(target) = target(instance, body, ty, tables) else {
                    continue;
                };
                let target_type = match target {
                    Item::Defined { instance, index } => Some(graph.body(instance, index)?.1),
                    Item::Host(host) => host_types.get(&host).copied(),
                };
                if target_type == Some(ty) {
                    stubs.insert(instance.defined(index), target);
                } else if instance.library.is_none() {
                    return Err(unexpected("a stub whose type differs from its target's"));
                }
            }
        }
        // A stub may call a stub.
        let all: Vec<Item> = stubs.keys().copied().collect();
        for stub in all {
            let mut target = stub;
            let mut steps = 0;
            while let Some(next) = stubs.get(&target) {
                target = *next;
                steps += 1;
                if steps > LONGEST_CHAIN {
                    return Err(unexpected("stubs that call each other in a circle"));
                }
            }
            stubs.insert(stub, target);
        }
        Ok(Self(stubs))
    }

    /// Returns the function that a call ends in: the target of a stub, or else the function itself.
    pub(super) fn target(&self, function: Item) -> Item {
        self.0.get(&function).copied().unwrap_or(function)
    }
}

/// Returns the function that a stub calls. A stub has nothing but `local.get` of each parameter, a
/// constant, and `call_indirect`; for any other function this returns `None`.
fn target(
    instance: &Instance<'_>,
    body: &FunctionBody<'_>,
    ty: &FuncType,
    tables: &HashMap<Item, Slots>,
) -> Option<Item> {
    if body.get_locals_reader().ok()?.get_count() != 0 {
        return None;
    }
    let mut operators = body.get_operators_reader().ok()?;
    for parameter in (0..).take(ty.params().len()) {
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
    // With any other type the call traps, and must still do so. The same holds if the function in the
    // table is of another type, which `find` checks.
    if instance.types.get(type_index as usize)? != ty {
        return None;
    }
    let table = instance.item(Kind::Table, table_index);
    let slots = tables.get(&table)?;
    slots.get(&value.cast_unsigned()).copied()
}
