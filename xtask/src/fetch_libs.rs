//! `fetch-libs`: brings the base libraries out of the crate that carries them.
//!
//! `eryx-runtime/libs.lock` pins each file. cargo obtains the crate as it would any dependency, so
//! this works wherever cargo does, and what came is compared with the lock before it is written.
//! libc is not taken as it is, but [prepared](prepare); the lock then pins both forms.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cargo_metadata::MetadataCommand;
use serde::Deserialize;

use crate::prepare_libc::prepare;
use crate::workspace::{read, root, sha256, write};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Change nothing; fail if a committed file differs from the lock or from its source.
    #[arg(long)]
    check: bool,
}

/// The part of `libs.lock` that this command reads; `eryx-runtime/build.rs` reads it all.
#[derive(Deserialize)]
struct Lock {
    source: Source,
    library: Vec<File>,
    stdlib: File,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "crate")]
    name: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    name: String,
    size: usize,
    sha256: String,
    unpacked_size: usize,
    unpacked_sha256: String,
    /// The digest of the crate's file, where the committed one was prepared from it.
    source_sha256: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let runtime = root().join("eryx-runtime");
    let lock_path = runtime.join("libs.lock");
    let lock = String::from_utf8(read(&lock_path)?)?;
    let lock: Lock =
        toml::from_str(&lock).with_context(|| format!("in {}", lock_path.display()))?;

    let source = locate(&lock.source)?;
    let mut differing = Vec::new();
    for file in lock.library.iter().chain([&lock.stdlib]) {
        let name = format!("{}.zst", file.name);
        let mut bytes = read(&source.join(&name))?;
        let verified = move || -> Result<Vec<u8>> {
            if let Some(digest) = &file.source_sha256 {
                expect("source-sha256", digest, &sha256(&bytes))?;
                let prepared = prepare(&zstd::decode_all(&*bytes)?)?;
                bytes = zstd::bulk::compress(&prepared, 19)?;
            }
            verify(file, &bytes)?;
            Ok(bytes)
        };
        let bytes = verified().with_context(|| {
            let Source { name: of, version } = &lock.source;
            format!("{name} of the crate {of} {version} is not what libs.lock pins")
        })?;
        let path = runtime.join("libs").join(&name);
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
    Ok(())
}

/// The folder where cargo keeps the sources of the crate, which it downloads if need be.
fn locate(source: &Source) -> Result<PathBuf> {
    // A package of its own, so that the crate's dependencies stay out of our lock file.
    let package = tempfile::tempdir()?;
    let manifest = package.path().join("Cargo.toml");
    write(
        &manifest,
        format!(
            "[package]\nname = \"locate\"\nedition = \"2024\"\n\
             [lib]\npath = \"lib.rs\"\n\
             [dependencies]\n{} = \"={}\"\n\
             [workspace]\n",
            source.name, source.version
        )
        .as_bytes(),
    )?;
    write(&package.path().join("lib.rs"), b"")?;
    let metadata = MetadataCommand::new()
        .manifest_path(&manifest)
        .exec()
        .with_context(|| {
            format!(
                "cargo cannot obtain the crate {} {}",
                source.name, source.version
            )
        })?;
    let package = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == source.name)
        .with_context(|| format!("cargo did not resolve the crate {}", source.name))?;
    package
        .manifest_path
        .parent()
        .map(|folder| Path::new(folder).to_path_buf())
        .context("the crate's manifest has no folder")
}

/// Compares a file, as it came and unpacked, with the lock.
fn verify(file: &File, bytes: &[u8]) -> Result<()> {
    expect("size", &file.size, &bytes.len())?;
    expect("sha256", &file.sha256, &sha256(bytes))?;
    let unpacked = zstd::bulk::decompress(bytes, file.unpacked_size)
        .context("cannot decompress it to the size that the lock states")?;
    expect("unpacked-size", &file.unpacked_size, &unpacked.len())?;
    expect("unpacked-sha256", &file.unpacked_sha256, &sha256(&unpacked))
}

fn expect<T: PartialEq + std::fmt::Display>(field: &str, locked: &T, found: &T) -> Result<()> {
    if locked != found {
        bail!("{field} is {found}, the lock says {locked}");
    }
    Ok(())
}
