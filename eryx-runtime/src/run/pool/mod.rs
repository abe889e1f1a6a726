//! Where the linear memories and the stacks of instances come from.
//!
//! Most of the time that a fresh instance takes would go to page faults: a page that is written to
//! for the first time costs ten times what it takes to copy one. So nothing of an instance is
//! unmapped when it ends. What it wrote to is written over with what was there before, and the next
//! instance finds its pages in place.
//!
//! ```text
//!                     new_memory                       drop
//! Snapshot ─ mapped ─► Slot ─────────► Memory of an instance ─► Slot, as new ─► Free ─► ...
//!   └──────────────────────── copied over what changed ────────────┘
//! ```
//!
//! - [`Snapshot`] is what a memory begins with: a part of a file. A slot maps it, privately, so that
//!   all instances share the pages that they only read.
//! - [`with_contents`] and [`created_with`] say which one, since wasmtime asks for a memory without
//!   saying for whom.
//! - [`Memories`] hands out slots. One that comes back is made as new before it can be handed out
//!   again: the kernel is asked which pages are no longer those of the file (`scan`), and these are
//!   written over or given back (`slot`). Whatever goes wrong on the way, more is given back, down
//!   to the slot itself: no byte that one instance wrote can be read by another.
//! - [`Stacks`] does the same for the stacks that instances run on.
//!
//! All this is for Linux. Elsewhere there are no `Memories` and no `Stacks`, and wasmtime's own do.

mod initial_contents;
mod snapshot;

#[cfg(target_os = "linux")]
mod free_list;
#[cfg(target_os = "linux")]
mod memories;
#[cfg(target_os = "linux")]
mod region;
#[cfg(target_os = "linux")]
mod scan;
#[cfg(target_os = "linux")]
mod slot;
#[cfg(target_os = "linux")]
mod stacks;
#[cfg(all(test, target_os = "linux"))]
mod tests;

// Compiled for tests on Linux as well, so that it stays right.
#[cfg(any(not(target_os = "linux"), test))]
#[cfg_attr(target_os = "linux", expect(dead_code, reason = "Linux has a pool"))]
mod unsupported;

pub(crate) use initial_contents::created_with;
#[cfg(test)]
pub(crate) use initial_contents::with_contents;
#[cfg(target_os = "linux")]
pub(crate) use memories::Memories;
pub(crate) use snapshot::Snapshot;
#[cfg(target_os = "linux")]
pub(crate) use stacks::Stacks;
#[cfg(not(target_os = "linux"))]
pub(crate) use unsupported::{Memories, Stacks};
