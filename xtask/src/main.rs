//! What a maintainer of eryx runs: `cargo xtask COMMAND`.
//!
//! Users and their tests need none of it: what these commands make is committed.

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
#[command(name = "cargo xtask", about = "What a maintainer of eryx runs")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure what eryx claims, and print one table.
    Bench(bench::Arguments),
    /// Build the guest library, or check that the committed one is what its source gives.
    BuildGuest(build_guest::Arguments),
    /// Compile the standard library, or check that the committed one is what its source gives.
    BuildStdlib(build_stdlib::Arguments),
    /// Build the wheel of an extension crate from its sdist.
    BuildWheels(build_wheels::Arguments),
    /// Compare what the workspace depends on with deny.toml: licences, banned crates, sources.
    CheckDependencies(check_dependencies::Arguments),
    /// Check that the commands of this workspace share what they compile of their dependencies.
    CheckFeatures,
    /// Type-check eryx for other systems and processors.
    CheckPlatforms(check_platforms::Arguments),
    /// Bring the base libraries out of the crate that carries them, or check the committed ones.
    FetchLibs(fetch_libs::Arguments),
    /// Collect the wheels of all extension crates of this workspace in one directory.
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
