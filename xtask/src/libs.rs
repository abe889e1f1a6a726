//! `eryx-runtime/libs.lock`: the pins of the base libraries, of the standard library, and of the crates
//! that contain them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::metadata::Metadata;
use crate::workspace::{read, root, sha256, size_and_digest, write};

/// The part of `libs.lock` about files from crates. `eryx-runtime/build.rs` reads the whole file.
#[derive(Deserialize)]
pub(crate) struct Lock {
    pub(crate) source: Source,
    pub(crate) library: Vec<File>,
    pub(crate) stdlib: File,
}

/// A crate that contains base libraries.
#[derive(Deserialize)]
pub(crate) struct Source {
    #[serde(rename = "crate")]
    name: String,
    version: String,
}

/// A file of `eryx-runtime/libs`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct File {
    name: String,
    licence: String,
    size: usize,
    sha256: String,
    unpacked_size: usize,
    unpacked_sha256: String,
    /// The digest of the crate's file, if the committed file is built from it.
    source_sha256: Option<String>,
    /// The crate that contains the file uncompressed, if it is not the lock's main crate.
    pub(crate) source: Option<Source>,
}

impl Lock {
    pub(crate) fn path() -> PathBuf {
        root().join("eryx-runtime/libs.lock")
    }

    pub(crate) fn read() -> Result<Self> {
        let path = Self::path();
        let lock = String::from_utf8(read(&path)?)?;
        toml::from_str(&lock).with_context(|| format!("in {}", path.display()))
    }
}

/// Returns the text of the lock with a new entry for a file that is built here: its description, then
/// its sizes and digests.
pub(crate) fn with_entry(
    lock: &str,
    table: &str,
    lines: &str,
    compressed: &[u8],
    unpacked: &[u8],
) -> Result<String> {
    let header = format!("[{table}]\n");
    let (before, old) = lock
        .split_once(&header)
        .with_context(|| format!("eryx-runtime/libs.lock has no [{table}]"))?;
    let after = old.find("\n[").map_or("", |end| &old[end..]);
    Ok(format!(
        "{before}{header}{lines}{}unpacked-size = {}\nunpacked-sha256 = \"{}\"\n{after}",
        size_and_digest(compressed),
        unpacked.len(),
        sha256(unpacked),
    ))
}

impl Source {
    /// Returns the directory of the crate's sources, after cargo has downloaded them if needed.
    pub(crate) fn locate(&self) -> Result<PathBuf> {
        // A temporary package, so that the crate's dependencies stay out of the workspace's Cargo.lock.
        let package = tempfile::tempdir()?;
        let manifest = package.path().join("Cargo.toml");
        write(
            &manifest,
            format!(
                "[package]\nname = \"locate\"\nedition = \"2024\"\n\
                 [lib]\npath = \"lib.rs\"\n\
                 [dependencies]\n{} = \"={}\"\n\
                 [workspace]\n",
                self.name, self.version
            )
            .as_bytes(),
        )?;
        write(&package.path().join("lib.rs"), b"")?;
        let metadata = Metadata::with_dependencies(&manifest)
            .with_context(|| format!("cargo cannot obtain the crate {self}"))?;
        let package = metadata
            .packages
            .iter()
            .find(|package| package.name == self.name)
            .with_context(|| format!("cargo did not resolve the crate {}", self.name))?;
        Ok(package.directory().to_path_buf())
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

impl File {
    /// Returns the file's name, in the repository and in the crate.
    pub(crate) fn file_name(&self) -> String {
        format!("{}.zst", self.name)
    }

    /// Returns the path at which the file is committed.
    pub(crate) fn path(&self) -> PathBuf {
        root().join("eryx-runtime/libs").join(self.file_name())
    }

    /// Whether the committed file is built from the crate's file, and not a copy of it.
    pub(crate) fn is_built(&self) -> bool {
        self.source_sha256.is_some()
    }

    /// Reads the crate's file from which this one is built, compares it with the lock and decompresses
    /// it.
    pub(crate) fn original(&self, crate_directory: &Path) -> Result<Vec<u8>> {
        let bytes = read(&crate_directory.join(self.file_name()))?;
        let digest = self
            .source_sha256
            .as_ref()
            .with_context(|| format!("libs.lock: {} has no source-sha256", self.name))?;
        expect("source-sha256", digest, &sha256(&bytes))?;
        Ok(zstd::decode_all(&*bytes)?)
    }

    /// Reads the file from a crate that contains it uncompressed, and compresses it for the commit.
    pub(crate) fn compressed(&self, source: &Source) -> Result<Vec<u8>> {
        let bytes = read(&source.locate()?.join(&self.name))?;
        Ok(zstd::bulk::compress(&bytes, 19)?)
    }

    /// Returns the lines of the file's entry that precede its sizes and digests.
    pub(crate) fn description(&self) -> String {
        let source = self.source_sha256.iter();
        let source = source.map(|digest| format!("source-sha256 = \"{digest}\"\n"));
        format!(
            "name = \"{}\"\nlicence = \"{}\"\n{}",
            self.name,
            self.licence,
            source.collect::<String>()
        )
    }

    /// Compares the bytes to commit, compressed and decompressed, with the lock.
    pub(crate) fn verify(&self, bytes: &[u8]) -> Result<()> {
        expect("size", &self.size, &bytes.len())?;
        expect("sha256", &self.sha256, &sha256(bytes))?;
        let unpacked = zstd::bulk::decompress(bytes, self.unpacked_size)
            .context("it does not decompress to the size that the lock states")?;
        expect("unpacked-size", &self.unpacked_size, &unpacked.len())?;
        expect("unpacked-sha256", &self.unpacked_sha256, &sha256(&unpacked))
    }
}

fn expect<T: PartialEq + std::fmt::Display>(field: &str, locked: &T, found: &T) -> Result<()> {
    if locked != found {
        bail!("{field} is {found}, and the lock pins {locked}");
    }
    Ok(())
}
