//! Start functions, which run when their module is instantiated.
//!
//! The linker's start functions, and those of libraries, are lists of a few instructions without
//! branches: write an address to memory, set a global, call a constructor. They are interpreted here as
//! far as possible, which leaves a list of [`Action`]s. A global that only they set is a constant from
//! then on.

use std::collections::{HashMap, HashSet};

use wasmparser::{FunctionBody, Operator};

use super::graph::Graph;
use super::item::{Item, Kind};
use super::module::Instance;
use super::table_layout::TableLayout;
use super::{Unexpected, unexpected};
use crate::module::layout::Value;

/// What a start function does that cannot be done before the memory exists.
pub(super) enum Action {
    /// Writes a number to memory.
    Store { address: u32, value: i32 },
    /// Calls a function with these arguments.
    Call { function: Item, arguments: Vec<i32> },
}

/// The effects of all start functions.
#[derive(Default)]
pub(super) struct Start {
    /// What is left to do, in this order.
    pub(super) actions: Vec<Action>,
    /// The globals that start functions set, with their final values.
    pub(super) globals: HashMap<Item, Value>,
    /// The globals that start functions read or set after an [`Action::Call`]. They are interpreted
    /// before that call, so the called function must not write them.
    pub(super) used_after_call: HashSet<Item>,
    has_called: bool,
}

/// Interprets the start functions of all instances, in the order of instantiation.
pub(super) fn start(graph: &Graph<'_>, layout: &TableLayout) -> Result<Start, Unexpected> {
    let mut start = Start::default();
    for instance in &graph.instances {
        let Some(function) = instance.start else {
            continue;
        };
        let function = instance.item(Kind::Function, function);
        let Item::Defined { instance, index } = function else {
            return Err(unexpected("a host function as a start function"));
        };
        let defining = graph.instance(instance)?;
        let (body, _) = graph.body(instance, index)?;
        if can_interpret(defining, body)? {
            start.interpret(layout, graph, defining, body)?;
        } else {
            start.call(function, Vec::new());
        }
    }
    Ok(start)
}

/// Returns whether [`Start::interpret`] knows all instructions of a function.
///
/// A library's function must also not call anything, nor set a global of another module. The linker's
/// own function may: it does so in an order that is known to be harmless.
fn can_interpret(instance: &Instance<'_>, body: &FunctionBody<'_>) -> Result<bool, Unexpected> {
    let is_library = instance.library.is_some();
    for operator in body.get_operators_reader()? {
        let is_known = match operator? {
            Operator::I32Const { .. }
            | Operator::I32Add
            | Operator::I32Store { .. }
            | Operator::GlobalGet { .. }
            | Operator::End => true,
            Operator::GlobalSet { global_index } => {
                let global = instance.item(Kind::Global, global_index);
                let is_own =
                    matches!(global, Item::Defined { instance: id, .. } if id == instance.id);
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
    fn interpret(
        &mut self,
        layout: &TableLayout,
        graph: &Graph<'_>,
        instance: &Instance<'_>,
        body: &FunctionBody<'_>,
    ) -> Result<(), Unexpected> {
        let unclear = || unexpected("a start function that uses unknown values");
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
                    let memory = instance.item(Kind::Memory, memarg.memory);
                    if graph.memory != Some(memory) {
                        return Err(unexpected("a second memory"));
                    }
                    let address = u64::from(address.cast_unsigned()).checked_add(memarg.offset);
                    let address = address.and_then(|address| u32::try_from(address).ok());
                    let address = address.ok_or_else(unclear)?;
                    self.actions.push(Action::Store { address, value });
                }
                Operator::GlobalGet { global_index } => {
                    let global = self.note_use(instance.item(Kind::Global, global_index));
                    let value = self.globals.get(&global).copied();
                    let value = value.or_else(|| layout.initial_value(global));
                    let Some(Value::I32(value)) = value else {
                        return Err(unclear());
                    };
                    stack.push(value);
                }
                Operator::GlobalSet { global_index } => {
                    let global = self.note_use(instance.item(Kind::Global, global_index));
                    let value = stack.pop().ok_or_else(unclear)?;
                    self.globals.insert(global, Value::I32(value));
                }
                Operator::Call { function_index } => {
                    let function = instance.item(Kind::Function, function_index);
                    let ty = instance.function_type(function_index);
                    let ty = ty.ok_or_else(unclear)?;
                    let first = stack.len().checked_sub(ty.params().len());
                    let arguments = stack.split_off(first.ok_or_else(unclear)?);
                    if !ty.results().is_empty() {
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

    /// Notes that a start function reads or sets a global.
    fn note_use(&mut self, global: Item) -> Item {
        if self.has_called {
            self.used_after_call.insert(global);
        }
        global
    }
}
