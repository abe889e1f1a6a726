//! `bench`: measures what eryx claims.
//!
//! The program that measures is a package of its own, so that the other commands need not wait for
//! the compiler of WebAssembly to be built.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use crate::workspace::{root, run as run_command};

#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// What goes to the program that measures; --help lists it.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command
        .args(["run", "--quiet", "--release", "--package", "eryx-bench"])
        .arg("--manifest-path")
        .arg(root().join("Cargo.toml"))
        .arg("--")
        .args(&arguments.rest);
    run_command(&mut command)
}
