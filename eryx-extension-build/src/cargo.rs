//! The conversation with cargo: what a build script is told in variables, and what it prints.
#![expect(
    clippy::print_stdout,
    reason = "a build script tells cargo what it has to say on its standard output"
)]

use std::env::VarError;
use std::path::PathBuf;

use crate::location::Location;
use crate::lock;
use crate::obtain::{self, Obtained, Origin, Sources, obtain};
use crate::{Error, emit, prepare};

/// How `links` begins in the `Cargo.toml` of every extension crate.
pub const LINKS: &str = "eryx-ext-";

/// Does the work of a build script.
pub(crate) fn build() -> Result<(), Error> {
    let crate_dir = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out_dir = PathBuf::from(variable("OUT_DIR")?);
    let package = variable("CARGO_PKG_NAME")?;
    let links = variable("CARGO_MANIFEST_LINKS").unwrap_or_default();
    if !links.starts_with(LINKS) {
        return Err(Error::Links { package });
    }
    // With `links`, the build scripts of crates that depend on this one see it as
    // `DEP_ERYX_EXT_NAME_CRATE`.
    println!("cargo::metadata=CRATE={}", package.replace('-', "_"));
    // To name any file or variable here is to be run again for these alone.
    println!("cargo::rerun-if-changed={}", lock::FILE);
    println!("cargo::rerun-if-env-changed=DOCS_RS");

    let wheel = lock::read(&crate_dir)?;
    if std::env::var_os("DOCS_RS").is_some() {
        return Ok(emit::emit_empty(&wheel, &out_dir)?);
    }
    for name in [
        obtain::WHEEL_DIR,
        obtain::CACHE_DIR,
        obtain::WHEEL_MIRROR,
        obtain::OFFLINE,
    ] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let sources = Sources::from_environment(&crate_dir);
    let obtained = obtain(&wheel, &sources, &mut |_| ())?;
    report(&obtained);
    let package = prepare(&wheel, &obtained.bytes)?;
    emit::emit(&wheel, &package, &out_dir)?;
    Ok(())
}

/// Says what is wrong, and to what it will come, line by line: cargo takes a message to end with
/// its line.
pub(crate) fn print_error(error: &Error) {
    for line in error.to_string().lines() {
        println!("cargo::error={line}");
    }
}

/// A file that a person may replace is watched. The cache is not: what is in it never changes.
fn report(obtained: &Obtained) {
    if let Origin::WheelDir | Origin::Crate = obtained.place.origin
        && let Location::File(path) = &obtained.place.location
    {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    if let Some(warning) = &obtained.warning {
        println!("cargo::warning={warning}");
    }
}

fn variable(name: &'static str) -> Result<String, Error> {
    std::env::var(name).map_err(|error| Error::Environment {
        name,
        reason: match error {
            VarError::NotPresent => "not set",
            VarError::NotUnicode(_) => "not Unicode",
        },
    })
}
