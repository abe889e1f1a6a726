//! Functions that do nothing but call another one, which they look up in a table: so the linker
//! calls libraries that come later, and components the host.

use std::collections::HashMap;

use wasmparser::{FuncType, FunctionBody, Operator};

use super::graph::Graph;
use super::item::{Item, Kind};
use super::module::Instance;
use super::tables::Slots;
use super::{Unexpected, unexpected};

/// How many stubs may call each other in a row.
const LONGEST: usize = 10;

/// What each stub calls in the end.
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
        for (own, instance) in (0..).zip(&graph.instances) {
            for (index, body) in (0..).zip(&instance.bodies) {
                let Some((_, of_type)) = graph.body(own, index) else {
                    return Err(unexpected("a function without a type"));
                };
                let Some(target) = stub(own, instance, body, of_type, tables) else {
                    continue;
                };
                let target_type = match target {
                    Item::Own { instance, index } => graph.body(instance, index).map(|(_, it)| it),
                    Item::Host(host) => host_types.get(&host).copied(),
                };
                let item = Item::Own {
                    instance: own,
                    index,
                };
                if target_type == Some(of_type) {
                    stubs.insert(item, target);
                } else if instance.library.is_none() {
                    return Err(unexpected("a stub of another type than what it calls"));
                }
            }
        }
        // A stub may call a stub.
        let from: Vec<Item> = stubs.keys().copied().collect();
        for stub in from {
            let mut target = stub;
            let mut steps = 0;
            while let Some(next) = stubs.get(&target) {
                target = *next;
                steps += 1;
                if steps > LONGEST {
                    return Err(unexpected("functions that call each other in a circle"));
                }
            }
            stubs.insert(stub, target);
        }
        Ok(Self(stubs))
    }

    /// What is called when this is called.
    pub(super) fn target(&self, function: Item) -> Item {
        self.0.get(&function).copied().unwrap_or(function)
    }
}

/// What a function calls that has nothing but `local.get` of each parameter, a constant, and
/// `call_indirect`.
fn stub(
    own: u32,
    instance: &Instance<'_>,
    body: &FunctionBody<'_>,
    of_type: &FuncType,
    tables: &HashMap<Item, Slots>,
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
    // Otherwise it would be a trap, and has to stay one; so where what is there is of another type.
    if instance.types.get(type_index as usize)? != of_type {
        return None;
    }
    let table = instance.item(own, Kind::Table, table_index);
    let slots = tables.get(&table)?;
    slots.get(&value.cast_unsigned()).copied()
}
