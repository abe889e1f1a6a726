//! The guest library: the component's exports, the Python interpreter behind them, and the system
//! that both stand on.
//!
//! It is linked as `liberyx_runtime.so` with CPython, libc and the extensions of an image. What
//! the exports mean stands in `wit/world.wit`. Running programs is done in Python, by `driver.py`;
//! the Rust here starts the interpreter and carries values across. [`system`] answers what libc
//! asks of a system: files, streams, clocks, sockets.

mod allocate;
mod calls;
mod driver;
mod generators;
mod python;
mod settle;
mod start;
mod system;

use std::cell::Cell;

use exports::eryx::sandbox::files::{Entry, File, Guest as Files};
use exports::eryx::sandbox::python::{Failure, Function, Guest as Python, Program, Value};

wit_bindgen::generate!({ path: "../wit", world: "sandbox" });

struct Sandbox;

export!(Sandbox);

impl Files for Sandbox {
    fn load(folder: String, tree: Vec<File>, contents: Vec<u8>) -> Result<(), String> {
        system::load(&folder, &tree, contents)
    }

    fn write(path: String, contents: Vec<u8>) -> Result<(), String> {
        renew();
        system::write_at(&path, &contents)
    }

    fn read(path: String, most: u64) -> Result<Vec<u8>, String> {
        system::read_at(&path, most)
    }

    fn list(path: String) -> Result<Vec<Entry>, String> {
        system::list_at(&path)
    }

    fn remove(path: String) -> Result<(), String> {
        renew();
        system::remove_at(&path)
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

    fn equip(environment: Vec<(String, String)>, functions: Vec<Function>) {
        renew();
        driver::equip(&environment, &functions);
    }

    fn execute(program: Program) -> Result<Option<Value>, Failure> {
        renew();
        driver::execute(&program)
    }
}

/// Makes new what a snapshot has frozen, in an instance that is one, before anything is done in it.
fn renew() {
    thread_local! {
        static IS_NEW: Cell<bool> = const { Cell::new(true) };
    }
    if IS_NEW.replace(false) {
        system::renew();
        generators::renew();
        driver::renew();
    }
}
