//! The system that a sandbox has: what libc asks of WASI is answered here, inside the sandbox.
//!
//! libc is built for WASI 0.2; `cargo xtask fetch-libs` renames its imports, so that
//! `[method]input-stream.read` of `wasi:io/streams` is asked for as
//! `wasi_io_streams_input_stream_read`. Each of these functions is defined in one of the files
//! here, with the meaning that WASI gives it:
//!
//! | file | what it answers |
//! |---|---|
//! | `descriptors` | `wasi:filesystem`: files and directories |
//! | `streams` | `wasi:io/streams` and `error`: reading and writing |
//! | `poll` | `wasi:io/poll`: waiting |
//! | `clocks` | `wasi:clocks` |
//! | `sockets`, `resolver` | `wasi:sockets`: TCP within the sandbox |
//! | `process` | `wasi:cli` and `wasi:random`: environment, exit, streams, randomness |
//! | `load`, `exchange` | what the host puts in before any program runs, and at any time |
//! | `refusals` | what there is not: UDP, terminals |
//!
//! Two functions of libc are replaced outright, in the files of their names: `chdir` and `write`.
//!
//! Behind them are `nodes`, `paths` and `content` (the file system), `pipes` (what sockets
//! exchange bytes through) and `handles` (what libc holds on to). Of the host these ask no more
//! than `host` in `wit/world.wit` has.
//!
//! libc asks as soon as it is instantiated, before any other code of this library has run; so the
//! state is made when it is first asked for. Nothing in it is taken from the clocks or from
//! randomness, but for the times of what a program writes.

use std::cell::RefCell;
use std::mem::ManuallyDrop;

mod abi;
mod chdir;
mod clocks;
mod content;
mod descriptors;
mod error;
mod exchange;
mod handles;
mod load;
mod nodes;
mod paths;
mod pipes;
mod poll;
mod process;
mod refusals;
mod resolver;
mod sockets;
mod streams;
mod write;

pub(crate) use exchange::{list_at, read_at, remove_at, write_at};
pub(crate) use load::load;
pub(crate) use process::{exit, fill_random};

use clocks::Clock;
use error::ErrorCode;
use handles::{Handles, Resource};
use nodes::FileSystem;
use sockets::Network;

struct System {
    files: FileSystem,
    handles: Handles,
    network: Network,
    clock: Clock,
    /// Whether a write has failed because there was no room for it.
    is_full: bool,
    /// Whether what is printed is not for the host.
    is_silent: bool,
}

impl System {
    fn new() -> Self {
        Self {
            files: FileSystem::new(),
            handles: Handles::default(),
            network: Network::default(),
            clock: Clock::default(),
            is_full: false,
            is_silent: false,
        }
    }

    /// A handle to something new. Nothing if there is no memory.
    fn add(&mut self, resource: Resource) -> Option<u32> {
        self.handles.add(&mut self.files, resource)
    }

    /// The same, for functions that can say so.
    fn open(&mut self, resource: Resource) -> Result<u32, ErrorCode> {
        self.add(resource).ok_or(ErrorCode::InsufficientMemory)
    }
}

/// Makes new what a snapshot has frozen: in an instance that is one, before its first program.
pub(crate) fn renew() {
    system(|system| system.clock.renew());
}

/// Does something of which the host is told nothing.
pub(crate) fn silently<T>(act: impl FnOnce() -> T) -> T {
    system(|system| system.is_silent = true);
    let result = act();
    system(|system| system.is_silent = false);
    result
}

/// Sets the working directory to the one place where a program can write, so that what it opens by
/// a bare name works as it does at home.
pub(crate) fn enter_home() {
    // SAFETY: a C string. The directory is there; were it not, we should stay in the root.
    unsafe { chdir::chdir(c"/tmp".as_ptr()) };
}

/// Does something with the state. It must not do so within itself.
fn system<T>(with: impl FnOnce(&mut System) -> T) -> T {
    thread_local! {
        // Never dropped: libc still asks when all else is gone.
        static SYSTEM: ManuallyDrop<RefCell<System>> =
            ManuallyDrop::new(RefCell::new(System::new()));
    }
    SYSTEM.with(|system| with(&mut system.borrow_mut()))
}

/// Gives up a handle.
fn close(handle: u32) {
    system(|system| system.handles.remove(&mut system.files, handle));
}

/// Ends the instance, for a reason that its output is to show.
fn end(reason: &str) -> ! {
    use crate::eryx::sandbox::host;

    let message = format!("eryx: {reason}\n");
    // If nobody takes it, there is nobody to tell.
    let _ = host::write(host::Output::Stderr, message.as_bytes());
    std::process::abort();
}
