//! The protocol between cargo and a build script: environment variables in, printed lines out.
#![expect(
    clippy::print_stdout,
    reason = "cargo reads the instructions of a build script from its standard output"
)]

use std::env::VarError;
use std::path::PathBuf;

use crate::location::Location;
use crate::lock;
use crate::obtain::{self, Obtained, Origin, SearchConfig, obtain};
use crate::{Error, emit, package, prepare};

/// The beginning of `links` in the `Cargo.toml` of every extension crate.
pub const LINKS: &str = "eryx-ext-";

/// Runs all steps, as the build script of an extension crate.
pub(crate) fn build() -> Result<(), Error> {
    let crate_dir = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out_dir = PathBuf::from(variable("OUT_DIR")?);
    let package = variable("CARGO_PKG_NAME")?;
    let links = variable("CARGO_MANIFEST_LINKS").unwrap_or_default();
    if !links.starts_with(LINKS) {
        return Err(Error::Links { package });
    }
    // Because of `links`, the build scripts of crates that depend on this one get it as the variable
    // `DEP_ERYX_EXT_NAME_CRATE`.
    println!("cargo::metadata=CRATE={}", package.replace('-', "_"));
    // Once a file or variable is named, cargo runs the script again for the named ones only.
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
    let config = SearchConfig::from_environment(&crate_dir);
    let obtained = obtain(&wheel, &config, &mut |_| ())?;
    report(&obtained);
    let package = prepare(&wheel, &obtained.bytes)?;
    let streams = package::streams(&wheel, &obtained.bytes);
    emit::emit(&wheel, &package, &streams, &out_dir)?;
    Ok(())
}

/// Prints an error, each line as an instruction of its own: for cargo a message is one line.
pub(crate) fn print_error(error: &Error) {
    for line in error.to_string().lines() {
        println!("cargo::error={line}");
    }
}

/// Has cargo watch the archive if a person may replace it, and show the warning if there is one.
/// Files in the cache never change.
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
