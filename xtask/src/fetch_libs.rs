//! `fetch-libs`: copies the base libraries from the crates that contain them.
//!
//! `eryx-runtime/libs.lock` pins each file. cargo downloads the crates like any dependency, so this
//! works wherever cargo does. Each file is compared with the lock before it is written. libc is
//! [prepared](prepare) first. The standard library is only checked: `build-stdlib` builds it.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::libs::{File, Lock};
use crate::prepare_libc::prepare;
use crate::stdlib;
use crate::workspace::{read, write};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing, and fail if a committed file differs from the lock or from its source.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let lock = Lock::read()?;
    let directory = lock.source.locate()?;
    let mut differing = Vec::new();
    for file in &lock.library {
        let name = file.file_name();
        let bytes = obtain(file, &directory).with_context(|| {
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
            "{}: missing, or not the files that libs.lock pins\nrun `cargo xtask fetch-libs` to \
             restore them",
            differing.join(", ")
        );
    }
    let size = stdlib::check(&lock.stdlib, &stdlib::original(&lock, &directory)?).context(
        "the standard library differs; run `cargo xtask build-stdlib` to build it again",
    )?;
    println!("{}: as locked, {size} bytes", lock.stdlib.file_name());
    Ok(())
}

/// Returns the bytes to commit for a file of the crate, after comparing them with the lock.
fn obtain(file: &File, crate_directory: &Path) -> Result<Vec<u8>> {
    let bytes = if let Some(source) = &file.source {
        file.compressed(source)?
    } else if file.is_built() {
        zstd::bulk::compress(&prepare(&file.original(crate_directory)?)?, 19)?
    } else {
        read(&crate_directory.join(file.file_name()))?
    };
    file.verify(&bytes)?;
    Ok(bytes)
}
