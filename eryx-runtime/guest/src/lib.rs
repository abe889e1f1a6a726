//! The guest library: the exports of a sandbox, the Python interpreter behind them, and the
//! operating system that both run on.
//!
//! It is linked as `liberyx_guest.so` with CPython, libc and the extensions of an image.
//! `wit/world.wit` defines the exports. From the top down; no module imports one above it:
//!
//! | module | what it is |
//! |---|---|
//! | this one | the exports |
//! | [`warm_up`] | what is done before a snapshot, so that runs are fast |
//! | [`driver`] | calls of the driver: the Python code of `driver/`, which runs programs |
//! | [`native`] | the functions that the driver calls |
//! | [`python`] | CPython's C API |
//! | [`system`] | the operating system: files, streams, clocks, sockets |
//! | [`bindings`], [`allocator`] | what is generated from the WIT, and the allocator for its values |

mod allocator;
mod bindings;
mod driver;
mod native;
mod python;
mod system;
mod warm_up;

use std::cell::Cell;

use bindings::exports::eryx::sandbox::files::{Entry, File, FileError, Guest as Files};
use bindings::exports::eryx::sandbox::python::{
    Failure, Function, Guest as Python, Program, Value,
};

struct Sandbox;

bindings::export!(Sandbox with_types_in bindings);

impl Files for Sandbox {
    fn load(directory: String, tree: Vec<File>, contents: Vec<u8>) -> Result<(), String> {
        system::preload(&directory, &tree, contents)
    }

    fn write(path: String, contents: Vec<u8>) -> Result<(), FileError> {
        reseed();
        system::write_file(&path, &contents)
    }

    fn read(path: String, limit: u64) -> Result<Vec<u8>, FileError> {
        system::return_file(&path, limit)
    }

    fn list(path: String) -> Result<Vec<Entry>, FileError> {
        system::list_directory(&path)
    }

    fn remove(path: String) -> Result<(), FileError> {
        reseed();
        system::remove(&path)
    }
}

impl Python for Sandbox {
    fn boot(preimports: Vec<String>) -> Result<(), String> {
        system::enter_home();
        python::interpreter::start()?;
        driver::load()?;
        driver::preimport(&preimports)?;
        // Dropped later, it would leave a hole in the heap.
        drop(preimports);
        warm_up::warm_up()
    }

    fn configure(environment: Vec<(String, String)>, functions: Vec<Function>) {
        reseed();
        driver::configure(&environment, &functions);
    }

    fn execute(program: Program) -> Result<Option<Value>, Failure> {
        reseed();
        driver::execute(&program)
    }
}

/// Replaces what the snapshot froze and instances must not share: seeds and clocks. Only the first
/// call in an instance does anything.
fn reseed() {
    thread_local! {
        static IS_FROZEN: Cell<bool> = const { Cell::new(true) };
    }
    if IS_FROZEN.replace(false) {
        system::resume_clock();
        native::random_state::reseed();
        driver::reseed();
    }
}
