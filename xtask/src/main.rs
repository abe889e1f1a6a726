//! The maintainer's commands: `cargo xtask COMMAND`.
//!
//! They build and check the binary artifacts of this repository. The artifacts are committed, so neither
//! users nor the tests need these commands.

mod bench;
mod build_guest;
mod build_stdlib;
mod build_wheels;
mod check_dependencies;
mod check_features;
mod check_platforms;
mod fetch_libs;
mod fetch_wheels;
mod libs;
mod metadata;
mod prepare_libc;
mod rust_library;
mod stdlib;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Build, check and measure what this repository commits"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure builds, runs and memory, and compare snippets with native Python.
    /// Needs a release build and an idle machine; takes 2 minutes with --quick, and many more without.
    Bench(bench::Arguments),
    /// Build or check the guest library and the test extension.
    /// Needs `rustup target add wasm32-wasip1`; takes about a minute.
    BuildGuest(build_guest::Arguments),
    /// Build or check the archive of the standard library with its bytecode.
    /// Needs the crate registry once; takes seconds, after a build of the workspace.
    BuildStdlib(build_stdlib::Arguments),
    /// Build the wheel of an extension crate from its sdist.
    /// Needs Debian with clang 22, its package mirror and the Python package index; takes minutes.
    BuildWheels(build_wheels::Arguments),
    /// Check the dependencies against deny.toml: licences, banned crates, second versions, sources.
    /// Needs no network; takes a second.
    CheckDependencies(check_dependencies::Arguments),
    /// Check that the workspace's commands share their compiled dependencies.
    /// Needs no network; takes a second.
    CheckFeatures,
    /// Type-check eryx for other systems and processors.
    /// Needs rustup and the network once for each target; takes minutes.
    CheckPlatforms(check_platforms::Arguments),
    /// Fetch or check the base libraries.
    /// Needs the crate registry once; takes seconds.
    FetchLibs(fetch_libs::Arguments),
    /// Collect or check the wheels of all extension crates.
    /// Needs the network only for wheels that are not in the crates; takes seconds.
    FetchWheels(fetch_wheels::Arguments),
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Bench(arguments) => bench::run(&arguments),
        Command::BuildGuest(arguments) => build_guest::run(&arguments),
        Command::BuildStdlib(arguments) => build_stdlib::run(&arguments),
        Command::BuildWheels(arguments) => build_wheels::run(&arguments),
        Command::CheckDependencies(arguments) => check_dependencies::run(&arguments),
        Command::CheckFeatures => check_features::run(),
        Command::CheckPlatforms(arguments) => check_platforms::run(&arguments),
        Command::FetchLibs(arguments) => fetch_libs::run(&arguments),
        Command::FetchWheels(arguments) => fetch_wheels::run(&arguments),
    }
}
