//! `bench`: measures builds, runs and memory.
//!
//! The benchmark is a package of its own, so that the other commands do not have to compile wasmtime.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use crate::metadata::Metadata;
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
    let manifest = root().join("Cargo.toml");
    // `--workspace` selects the features of the whole workspace; `cargo run` would select other ones
    // and compile wasmtime again.
    let mut build = Command::new(&cargo);
    build
        .args([
            "build",
            "--quiet",
            "--release",
            "--workspace",
            "--bin",
            "eryx-bench",
        ])
        .arg("--manifest-path")
        .arg(&manifest);
    run_command(&mut build)?;
    let metadata = Metadata::of_workspace(&manifest)?;
    let program = metadata.target_directory.join("release/eryx-bench");
    run_command(Command::new(program).args(&arguments.rest))
}
