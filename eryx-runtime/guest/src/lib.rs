//! The guest library: the component's exports, and the Python interpreter behind them.
//!
//! It is linked as `liberyx_runtime.so` with CPython, libc and the extensions of an image. What
//! the exports mean stands in `wit/world.wit`. The work itself is done in Python, by `driver.py`;
//! the Rust here starts the interpreter and carries values across.

mod allocate;
mod driver;
mod python;
mod start;

use exports::eryx::sandbox::python::{Failure, Guest, Program};

wit_bindgen::generate!({ path: "../wit", world: "sandbox" });

struct Sandbox;

export!(Sandbox);

impl Guest for Sandbox {
    fn boot(preimports: Vec<String>) -> Result<(), String> {
        start::interpreter()?;
        driver::load()?;
        driver::preimport(&preimports)
    }

    fn execute(program: Program) -> Result<(), Failure> {
        driver::execute(&program)
    }
}
