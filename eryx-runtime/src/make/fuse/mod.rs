//! Fusing: merging the many core modules of a linked component into two, one for the base and one for
//! all extensions.
//!
//! The linker's output is a component with some 70 core instances, which import each other's exports:
//!
//! ```text
//!   env ──────── memory, table, addresses of everything as globals ────────┐
//!   libc.so  libpython3.14.so  liberyx_guest.so  …  numpy's  ◄─────────────┘
//!     │ call each other by import, or by stubs that look the function up in the table
//!   init ─────── fills the table, writes addresses into memory, calls constructors
//!   shim, fix-up ─ a table of their own, through which host functions are called
//! ```
//!
//! Creating all these instances takes milliseconds for every run: the engine resolves thousands of
//! imports, and fills the table function by function because its slots are only known from globals. But
//! everything is already known when the component has been linked. So fusing works it out once, and its
//! result is:
//!
//! ```text
//!   base ─────── libc, CPython, … as one module: memory, table, stack pointer
//!   extensions ─ all others as one module, which imports those and some functions of the base
//!   start plan ─ the initial contents of memory, and the functions to call once
//! ```
//!
//! Calls go directly to the function they end in, addresses are constants, and unreachable functions are
//! left out. The base's module is the same bytes whatever is linked to it, so it is compiled once and
//! never again: that is why it is a module of its own. For this to hold, the base does not move (see
//! [`link`](crate::make::link)), the start of the heap is a global, and the table is divided (see
//! [`table_layout`]).
//!
//! 1. [`graph`] and [`module`] read the component and resolve every import.
//! 2. [`tables`], [`stubs`], [`table_layout`], [`start`] and [`analysis`] find the contents of the
//!    table, the functions that only call another, the slot of each function, what start functions do,
//!    the functions that can be called, and the globals that are constants.
//! 3. [`emit`], [`indices`], [`bodies`], [`bulk`] and [`names`] write the modules.
//!
//! The state of a live instance is its memory and its few mutable globals, which
//! [`StartPlan::globals`] lists: the stack pointer, the bounds of the heap, and the globals that
//! extensions write, which is rare. Tables never change. So copying memory and these globals into a new
//! instance of the same modules copies the instance, as long as no call is active: its native stack
//! cannot be copied. Every instance begins this way, see `run::instance`.
//!
//! Whatever the linker is not known to write is an error: exception tags, types of the GC proposal,
//! passive segments, tables that are written to, modules that are instantiated twice.

mod analysis;
mod bodies;
mod bulk;
mod emit;
mod graph;
mod indices;
mod item;
mod module;
mod names;
mod start;
mod stubs;
mod table_layout;
mod tables;
#[cfg(test)]
mod tests;
mod values;

use wasm_encoder::reencode;
use wasmparser::DataKind;

use crate::error::ImageError;
use crate::module::layout::{Global, Layer, StartAction, StartPlan, Value};

use analysis::Analysis;
use graph::Graph;
use item::{Item, Kind};

/// The result of fusing a component.
pub(crate) struct Fused {
    /// The module of the base.
    pub(crate) base: Vec<u8>,
    /// The module of the extensions, if there are any.
    pub(crate) extensions: Option<Vec<u8>>,
    pub(crate) start: StartPlan,
}

/// Something in a component that the linker was not known to write, as a noun phrase.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unexpected(String);

fn unexpected(what: impl Into<String>) -> Unexpected {
    Unexpected(what.into())
}

/// Converts a count or position to the 32 bits that WebAssembly has for it.
fn to_u32(number: usize) -> Result<u32, Unexpected> {
    u32::try_from(number).map_err(|_| unexpected("more items than WebAssembly can number"))
}

impl From<wasmparser::BinaryReaderError> for Unexpected {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self(error.to_string())
    }
}

impl From<reencode::Error> for Unexpected {
    fn from(error: reencode::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<reencode::Error<Self>> for Unexpected {
    fn from(error: reencode::Error<Self>) -> Self {
        match error {
            reencode::Error::UserError(unexpected) => unexpected,
            error => Self(error.to_string()),
        }
    }
}

/// Fuses a linked component into one or two core modules. `base` are the names of the libraries that
/// go into the first.
pub(crate) fn fuse(component: &[u8], base: &[&str]) -> Result<Fused, ImageError> {
    let fuse = || {
        let graph = graph::read(component)?;
        let analysis = analysis::analyse(&graph, base)?;
        let trampoline_types = emit::trampoline_types(&graph, &analysis)?;
        let emit = |layer| emit::emit(&graph, &analysis, layer, &trampoline_types);
        // Extensions may have no functions of their own, and only re-export some of the base's.
        let has_extensions = !analysis.extensions.functions.is_empty()
            || !analysis.layout.extension_slots.is_empty();
        Ok(Fused {
            base: emit(Layer::Base)?,
            extensions: has_extensions
                .then(|| emit(Layer::Extensions))
                .transpose()?,
            start: start_plan(&graph, &analysis)?,
        })
    };
    fuse().map_err(|Unexpected(reason)| ImageError::Link {
        reason: format!("the linked component has something that fuse does not support: {reason}"),
    })
}

fn start_plan(graph: &Graph<'_>, analysis: &Analysis) -> Result<StartPlan, Unexpected> {
    let mut globals = Vec::new();
    for layer in [Layer::Base, Layer::Extensions] {
        for (index, item) in (0..).zip(analysis.mutable_globals(graph, layer)) {
            let value = analysis.value(item);
            globals.push(Global {
                layer,
                index,
                value: value.ok_or_else(|| unexpected("a global whose value is unknown"))?,
            });
        }
    }
    let mut actions = Vec::new();
    for action in &analysis.start_actions {
        actions.push(match action {
            start::Action::Store { address, value } => StartAction::Store {
                address: *address,
                value: *value,
            },
            start::Action::Call {
                function,
                arguments,
            } => {
                let function = analysis.target(*function);
                let layer = analysis.layer(function);
                let layer = layer
                    .ok_or_else(|| unexpected("a start function that belongs to no library"))?;
                let mut functions = analysis.start_functions(layer).into_iter();
                let name = functions.find(|(_, item)| *item == function);
                let (name, _) = name.ok_or_else(|| unexpected("an unknown start function"))?;
                StartAction::Call {
                    layer,
                    name,
                    arguments: arguments.clone(),
                }
            }
        });
    }
    Ok(StartPlan {
        pages: graph.pages()?,
        data: data(graph)?,
        actions,
        globals,
    })
}

/// Returns the data segments of all modules, with their addresses.
fn data(graph: &Graph<'_>) -> Result<Vec<(u32, Vec<u8>)>, Unexpected> {
    let mut data = Vec::new();
    for instance in &graph.instances {
        for segment in &instance.data {
            let DataKind::Active {
                memory_index,
                offset_expr,
            } = &segment.kind
            else {
                return Err(unexpected("a passive data segment"));
            };
            let memory = instance.item(Kind::Memory, *memory_index);
            if graph.memory != Some(memory) {
                return Err(unexpected("a second memory"));
            }
            let address = values::evaluate(instance, offset_expr, &graph.linked_values);
            let Some(Value::I32(address)) = address else {
                return Err(unexpected("a data segment whose address is not constant"));
            };
            data.push((address.cast_unsigned(), segment.data.to_vec()));
        }
    }
    Ok(data)
}

impl Graph<'_> {
    /// Returns the initial size of the memory in pages.
    fn pages(&self) -> Result<u64, Unexpected> {
        let Some(Item::Defined { instance, index }) = self.memory else {
            return Err(unexpected("no memory"));
        };
        let memory = self.instance(instance)?.memories.get(index as usize);
        Ok(memory.ok_or_else(|| unexpected("no memory"))?.initial)
    }
}
