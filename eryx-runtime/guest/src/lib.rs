//! The guest library: the component's exports, the Python interpreter behind them, and the system
//! that both stand on.
//!
//! It is linked as `liberyx_runtime.so` with CPython, libc and the extensions of an image. What
//! the exports mean stands in `wit/world.wit`. Running programs is done in Python, by `driver.py`;
//! the Rust here starts the interpreter and carries values across. [`system`] answers what libc
//! asks of a system: files, streams, clocks, sockets.

mod allocate;
mod driver;
mod generators;
mod python;
mod settle;
mod start;
mod system;

use std::cell::Cell;

use exports::eryx::sandbox::files::{File, Guest as Files};
use exports::eryx::sandbox::python::{Failure, Guest as Python, Program};

wit_bindgen::generate!({ path: "../wit", world: "sandbox" });

struct Sandbox;

export!(Sandbox);

impl Files for Sandbox {
    fn load(folder: String, tree: Vec<File>, contents: Vec<u8>) -> Result<(), String> {
        system::load(&folder, &tree, contents)
    }
}

impl Python for Sandbox {
    fn boot(preimports: Vec<String>) -> Result<(), String> {
        system::enter_home();
        start::interpreter()?;
        driver::load()?;
        driver::preimport(&preimports)?;
        // What is given back later would leave a hole in the heap.
        drop(preimports);
        settle::settle()
    }

    fn execute(program: Program) -> Result<(), Failure> {
        thread_local! {
            /// Whether this instance has run a program; a snapshot is taken before the first.
            static HAS_RUN: Cell<bool> = const { Cell::new(false) };
        }
        if !HAS_RUN.replace(true) {
            system::renew();
            generators::renew();
            driver::renew();
        }
        driver::execute(&program)
    }
}
