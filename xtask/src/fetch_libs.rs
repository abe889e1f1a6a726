//! `fetch-libs`: brings the base libraries out of the crates that carry them.
//!
//! `eryx-runtime/libs.lock` pins each file. cargo obtains the crate as it would any dependency, so
//! this works wherever cargo does, and what came is compared with the lock before it is written.
//! libc is not taken as it is, but [prepared](prepare). The standard library is only compared with
//! the crate's: `build-stdlib` makes it.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::libs::{File, Lock};
use crate::prepare_libc::prepare;
use crate::stdlib;
use crate::workspace::{read, write};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Change nothing; fail if a committed file differs from the lock or from its source.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let lock = Lock::read()?;
    let folder = lock.source.locate()?;
    let mut differing = Vec::new();
    for file in &lock.library {
        let name = file.file_name();
        let bytes = obtain(file, &folder).with_context(|| {
            let source = file.source.as_ref().unwrap_or(&lock.source);
            format!("{name} of the crate {source} is not what libs.lock pins")
        })?;
        let path = file.path();
        let same = std::fs::read(&path).is_ok_and(|committed| committed == bytes);
        match (same, arguments.check) {
            (true, _) => println!("{name}: as locked, {} bytes", bytes.len()),
            (false, true) => differing.push(path.display().to_string()),
            (false, false) => {
                write(&path, &bytes)?;
                println!("{name}: written, {} bytes", bytes.len());
            }
        }
    }
    if !differing.is_empty() {
        bail!(
            "missing, or not what libs.lock pins: {}\nrun `cargo xtask fetch-libs` to bring them again",
            differing.join(", ")
        );
    }
    let size = stdlib::check(&lock.stdlib, &stdlib::original(&lock, &folder)?)
        .context("run `cargo xtask build-stdlib` to make it again")?;
    println!("{}: as locked, {size} bytes", lock.stdlib.file_name());
    Ok(())
}

/// The crate's file as it is to be committed, compared with the lock.
fn obtain(file: &File, crate_folder: &Path) -> Result<Vec<u8>> {
    let bytes = if let Some(source) = &file.source {
        file.compressed(source)?
    } else if file.is_made() {
        zstd::bulk::compress(&prepare(&file.original(crate_folder)?)?, 19)?
    } else {
        read(&crate_folder.join(file.file_name()))?
    };
    file.verify(&bytes)?;
    Ok(bytes)
}
