//! Fusing: from the many core modules of a linked component to one for the base and one for all
//! extensions.
//!
//! What the linker leaves is a component with some 70 core instances, each of which imports what
//! others export:
//!
//! ```text
//!   env ──────── memory, table, addresses of everything as globals ────────┐
//!   libc.so  libpython3.14.so  liberyx_guest.so  …  numpy's  ◄─────────────┘
//!     │ call each other by import, or by stubs that look the function up in the table
//!   init ─────── fills the table, writes addresses into memory, calls constructors
//!   shim, fix-up ─ a table of their own, through which the host's functions are called
//! ```
//!
//! To make all these instances takes milliseconds whenever one program runs: thousands of imports
//! are handed on, and the table is filled with functions one by one, as its places are only known
//! from globals. But nothing of that depends on anything that is not known when the component is
//! linked. So it is worked out here, once, and what comes of it is this:
//!
//! ```text
//!   base ─────── libc, CPython, … as one module: memory, table, stack pointer
//!   extensions ─ all others as one module, which imports those and some functions of the base
//!   boot ─────── what is in memory at the beginning, and what is to be called once
//! ```
//!
//! Calls go where they end, addresses are constants, and what cannot be reached is left out. The
//! base's module is the same bytes whatever is linked to it, so it is compiled once and never again:
//! that is why it is a module of its own. For this the base does not move (see [`link`](crate::make::link)),
//! where the heap begins is a global, and the table is divided (see [`places`]).
//!
//! 1. [`graph`] and [`module`] read the component, and follow every import to what it stands for.
//! 2. [`tables`], [`stubs`], [`places`], [`start`] and [`analysis`] find what is in the table, which
//!    functions only call another, where functions are to be, what has to be done once, what can be
//!    called, and which globals are never written after that.
//! 3. [`emit`], [`indices`], [`bodies`], [`bulk`] and [`names`] write the modules.
//!
//! What a live instance has that is its own is its memory and the few globals that are written, of
//! which [`StartPlan::globals`] is the list: the stack pointer, where the heap begins, and what extensions
//! keep in globals of theirs, which is rare. Its tables never change. So whoever copies memory and
//! these globals into a new instance of the same modules has copied the instance (as long as it is
//! not in the middle of a call, whose native stack nobody can copy); that is how every instance
//! begins, see `run::instance`.
//!
//! What the linker never writes is refused by name: tags, types of the GC proposal, passive
//! segments, tables that are written to, modules that are instantiated twice.

mod analysis;
mod bodies;
mod bulk;
mod emit;
mod graph;
mod indices;
mod item;
mod module;
mod names;
mod places;
mod start;
mod stubs;
mod tables;
#[cfg(test)]
mod tests;
mod values;

use wasmparser::DataKind;

use crate::error::ImageError;
use crate::module::layout::{Global, Layer, StartAction, StartPlan, Value};

use analysis::Facts;
use graph::Graph;
use item::{Item, Kind};

/// What a linked component comes to.
pub(crate) struct Fused {
    /// The module of the base.
    pub(crate) base: Vec<u8>,
    /// The module of the extensions, if there are any.
    pub(crate) extensions: Option<Vec<u8>>,
    pub(crate) start: StartPlan,
}

/// Something that the linker was not known to write.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unexpected(String);

fn unexpected(what: impl Into<String>) -> Unexpected {
    Unexpected(what.into())
}

impl From<wasmparser::BinaryReaderError> for Unexpected {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self(error.to_string())
    }
}

impl From<wasm_encoder::reencode::Error> for Unexpected {
    fn from(error: wasm_encoder::reencode::Error) -> Self {
        Self(error.to_string())
    }
}

/// Makes two core modules of all that a linked component has; `base` are the names of the libraries
/// that go into the first.
pub(crate) fn fuse(component: &[u8], base: &[&str]) -> Result<Fused, ImageError> {
    let fuse = || {
        let graph = graph::read(component)?;
        let facts = analysis::analyse(&graph, base)?;
        let passed = emit::passed_types(&graph, &facts)?;
        let emit = |layer| emit::emit(&graph, &facts, layer, &passed);
        // An extension may have no functions of its own, and pass on some of the base's.
        let has_extensions = !facts.extensions.functions.is_empty() || !facts.places.far.is_empty();
        Ok(Fused {
            base: emit(Layer::Base)?,
            extensions: has_extensions
                .then(|| emit(Layer::Extensions))
                .transpose()?,
            start: start_plan(&graph, &facts)?,
        })
    };
    fuse().map_err(|Unexpected(reason)| ImageError::Link {
        reason: format!("what came of linking cannot be made one module: {reason}"),
    })
}

fn start_plan(graph: &Graph<'_>, facts: &Facts) -> Result<StartPlan, Unexpected> {
    let mut globals = Vec::new();
    for layer in [Layer::Base, Layer::Extensions] {
        for (index, item) in (0..).zip(facts.mutable_globals(graph, layer)) {
            let value = facts.value(item);
            globals.push(Global {
                layer,
                index,
                value: value.ok_or_else(|| unexpected("a global without a known value"))?,
            });
        }
    }
    let mut actions = Vec::new();
    for action in &facts.start_actions {
        actions.push(match action {
            start::Action::Store { address, value } => StartAction::Store {
                address: *address,
                value: *value,
            },
            start::Action::Call {
                function,
                arguments,
            } => {
                let function = facts.target(*function);
                let layer = facts.layer(function);
                let layer = layer.ok_or_else(|| unexpected("a start of no library's"))?;
                let mut called = facts.called_at_start(layer).into_iter();
                let name = called.find(|(_, item)| *item == function);
                let (name, _) = name.ok_or_else(|| unexpected("a start that is not there"))?;
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

/// What the modules put into memory.
fn data(graph: &Graph<'_>) -> Result<Vec<(u32, Vec<u8>)>, Unexpected> {
    let mut data = Vec::new();
    for (own, instance) in (0..).zip(&graph.instances) {
        for segment in &instance.data {
            let DataKind::Active {
                memory_index,
                offset_expr,
            } = &segment.kind
            else {
                return Err(unexpected("a passive data segment"));
            };
            let memory = instance.item(own, Kind::Memory, *memory_index);
            if graph.memory != Some(memory) {
                return Err(unexpected("a second memory"));
            }
            let offset = values::evaluate(instance, own, offset_expr, &graph.initial);
            let Some(Value::I32(offset)) = offset else {
                return Err(unexpected("data whose place is not constant"));
            };
            data.push((offset.cast_unsigned(), segment.data.to_vec()));
        }
    }
    Ok(data)
}

impl Graph<'_> {
    /// The size of the memory, in pages.
    fn pages(&self) -> Result<u64, Unexpected> {
        let Some(Item::Own { instance, index }) = self.memory else {
            return Err(unexpected("no memory"));
        };
        let memories = self.instances.get(instance as usize);
        let memory = memories.and_then(|instance| instance.memories.get(index as usize));
        Ok(memory.ok_or_else(|| unexpected("no memory"))?.initial)
    }
}
