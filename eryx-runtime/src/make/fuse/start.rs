//! What has to be done once, before anything else runs: what the linker has put into functions that
//! are called when their module is instantiated.
//!
//! The linker's own, and those of libraries, are lists of a few instructions without any branch:
//! write an address to memory, set a global, call a constructor. So they are carried out here as far
//! as that is possible, and what is left is a list of [`Action`]s. A global that is set here and nowhere
//! else is a constant from then on.

use std::collections::{HashMap, HashSet};

use wasmparser::{FunctionBody, Operator};

use super::graph::Graph;
use super::item::{Item, Kind};
use super::places::Places;
use super::{Unexpected, unexpected};
use crate::module::layout::Value;

/// Something that is left to be done, in this order.
pub(super) enum Action {
    /// Writes a number to memory.
    Store { address: u32, value: i32 },
    /// Calls a function with these arguments.
    Call { function: Item, arguments: Vec<i32> },
}

/// What is to be done, and the values of the globals that are set on the way.
#[derive(Default)]
pub(super) struct Start {
    pub(super) actions: Vec<Action>,
    pub(super) globals: HashMap<Item, Value>,
    /// The globals that are read or set here although something is called before that: what is
    /// called must not have to do with them.
    pub(super) late: HashSet<Item>,
    has_called: bool,
}

/// Carries out the start functions of all instances, in their order.
pub(super) fn start(graph: &Graph<'_>, places: &Places) -> Result<Start, Unexpected> {
    let mut start = Start::default();
    for (own, instance) in (0..).zip(&graph.instances) {
        let Some(function) = instance.start else {
            continue;
        };
        let function = instance.item(own, Kind::Function, function);
        let Item::Own {
            instance: defining,
            index,
        } = function
        else {
            return Err(unexpected("a start function of the host's"));
        };
        let Some((body, _)) = graph.body(defining, index) else {
            return Err(unexpected("a start function that is not there"));
        };
        if is_plain(graph, defining, body)? {
            start.carry_out(places, graph, defining, body)?;
        } else {
            start.call(function, Vec::new());
        }
    }
    Ok(start)
}

/// Whether a function is nothing but a list of what [`Start::carry_out`] knows. A library's must not
/// call anything, nor set what is not its own: the linker's own function does so in an order that is
/// known to do no harm.
fn is_plain(graph: &Graph<'_>, own: u32, body: &FunctionBody<'_>) -> Result<bool, Unexpected> {
    let instance = graph.instances.get(own as usize);
    let instance = instance.ok_or_else(|| unexpected("a start function of no instance"))?;
    let is_library = instance.library.is_some();
    for operator in body.get_operators_reader()? {
        let is_known = match operator? {
            Operator::I32Const { .. }
            | Operator::I32Add
            | Operator::I32Store { .. }
            | Operator::GlobalGet { .. }
            | Operator::End => true,
            Operator::GlobalSet { global_index } => {
                let global = instance.item(own, Kind::Global, global_index);
                let is_own = matches!(global, Item::Own { instance, .. } if instance == own);
                is_own || !is_library
            }
            Operator::Call { .. } => !is_library,
            _ => false,
        };
        if !is_known {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Start {
    fn carry_out(
        &mut self,
        places: &Places,
        graph: &Graph<'_>,
        own: u32,
        body: &FunctionBody<'_>,
    ) -> Result<(), Unexpected> {
        let unclear = || unexpected("a start function whose values are not known");
        let instance = graph.instances.get(own as usize).ok_or_else(unclear)?;
        let mut stack: Vec<i32> = Vec::new();
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::I32Const { value } => stack.push(value),
                Operator::I32Add => {
                    let (one, other) = (stack.pop(), stack.pop());
                    let (one, other) = one.zip(other).ok_or_else(unclear)?;
                    stack.push(one.wrapping_add(other));
                }
                Operator::I32Store { memarg } => {
                    let (value, address) = (stack.pop(), stack.pop());
                    let (value, address) = value.zip(address).ok_or_else(unclear)?;
                    let memory = instance.item(own, Kind::Memory, memarg.memory);
                    if graph.memory != Some(memory) {
                        return Err(unexpected("a second memory"));
                    }
                    let address = u64::from(address.cast_unsigned()).checked_add(memarg.offset);
                    let address = address.and_then(|address| u32::try_from(address).ok());
                    let address = address.ok_or_else(unclear)?;
                    self.actions.push(Action::Store { address, value });
                }
                Operator::GlobalGet { global_index } => {
                    let global = self.note(instance.item(own, Kind::Global, global_index));
                    let value = self.globals.get(&global).copied();
                    let value = value.or_else(|| places.initial(global));
                    let Some(Value::I32(value)) = value else {
                        return Err(unclear());
                    };
                    stack.push(value);
                }
                Operator::GlobalSet { global_index } => {
                    let global = self.note(instance.item(own, Kind::Global, global_index));
                    let value = stack.pop().ok_or_else(unclear)?;
                    self.globals.insert(global, Value::I32(value));
                }
                Operator::Call { function_index } => {
                    let function = instance.item(own, Kind::Function, function_index);
                    let of_type = instance.function_type(function_index);
                    let of_type = of_type.ok_or_else(unclear)?;
                    let first = stack.len().checked_sub(of_type.params().len());
                    let arguments = stack.split_off(first.ok_or_else(unclear)?);
                    if !of_type.results().is_empty() {
                        return Err(unclear());
                    }
                    self.call(function, arguments);
                }
                Operator::End => {}
                _ => return Err(unclear()),
            }
        }
        Ok(())
    }

    fn call(&mut self, function: Item, arguments: Vec<i32>) {
        self.has_called = true;
        self.actions.push(Action::Call {
            function,
            arguments,
        });
    }

    /// Notes a global that is used now.
    fn note(&mut self, global: Item) -> Item {
        if self.has_called {
            self.late.insert(global);
        }
        global
    }
}
