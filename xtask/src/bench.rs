//! `bench`: measures builds, runs and memory.
//!
//! The benchmark is a package of its own, so that the other commands do not have to compile wasmtime.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use crate::workspace::{root, run as run_command};

#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// The options of the benchmark; `bench --help` lists them.
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
