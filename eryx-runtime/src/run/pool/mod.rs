//! The pool: reusable slots for the linear memories and stacks of instances.
//!
//! Page faults would dominate the start of an instance: the first write to a page takes ten times
//! as long as copying one. So the pool does not unmap the memory of an instance that ends. It
//! overwrites the pages that the instance changed with the snapshot, and the next instance reuses
//! them.
//!
//! ```text
//!                 new_memory                            drop            reset
//! Snapshot ─ map ─► Slot ──────► Memory of an instance ─────► used Slot ─────► free Slot ─► …
//!     └─────────────────── overwrites the changed pages ──────────────────────┘
//! ```
//!
//! - [`Snapshot`] is the initial contents of a memory: a part of a file. A slot maps it
//!   copy-on-write, so all instances share the pages that they only read.
//! - [`with_contents`] and [`with_contents_async`] choose the snapshot of new memories, because
//!   wasmtime creates a memory without a parameter for it.
//! - [`Memories`] hands out slots. A used slot is reset before it is free again: the kernel reports
//!   which pages differ from the mapping (`scan`), and these are overwritten or discarded (`slot`).
//!   If a step fails, all pages are discarded; if that fails too, the whole slot is dropped. So no
//!   instance can read a byte that another wrote.
//! - [`Stacks`] does the same for the stacks that instances run on.
//!
//! The pool needs Linux. On other systems wasmtime allocates memories and stacks.

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

// Tests on Linux compile it too, so that it cannot break unnoticed.
#[cfg(any(not(target_os = "linux"), test))]
#[cfg_attr(target_os = "linux", expect(dead_code, reason = "Linux has a pool"))]
mod unsupported;

#[cfg(test)]
pub(crate) use initial_contents::with_contents;
pub(crate) use initial_contents::with_contents_async;
#[cfg(target_os = "linux")]
pub(crate) use memories::Memories;
pub(crate) use snapshot::Snapshot;
#[cfg(target_os = "linux")]
pub(crate) use stacks::Stacks;
#[cfg(not(target_os = "linux"))]
pub(crate) use unsupported::{Memories, Stacks};
