//! `eryx-runtime/libs.lock`, which pins the base libraries and the standard library, and the crate
//! that carries them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::metadata::Metadata;
use crate::workspace::{read, root, sha256, size_and_digest, write};

/// The part of `libs.lock` that is about what the crate carries; `eryx-runtime/build.rs` reads it
/// all.
#[derive(Deserialize)]
pub(crate) struct Lock {
    pub(crate) source: Source,
    pub(crate) library: Vec<File>,
    pub(crate) stdlib: File,
}

/// The crate.
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
    /// The digest of the crate's file, where the committed one was made of it.
    source_sha256: Option<String>,
    /// The crate that carries it, if that is another one. There it is not compressed.
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

/// The text of the lock with a new entry for a file that is made here: the lines that say what it is,
/// followed by its sizes and digests.
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
    /// The folder where cargo keeps the sources of the crate, which it downloads if need be.
    pub(crate) fn locate(&self) -> Result<PathBuf> {
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
    /// Its name, and that of the crate's file.
    pub(crate) fn file_name(&self) -> String {
        format!("{}.zst", self.name)
    }

    /// Where it is committed.
    pub(crate) fn path(&self) -> PathBuf {
        root().join("eryx-runtime/libs").join(self.file_name())
    }

    /// Whether it was made of the crate's file, and is not the crate's file itself.
    pub(crate) fn is_made(&self) -> bool {
        self.source_sha256.is_some()
    }

    /// The crate's file that this one is made of, compared with the lock and decompressed.
    pub(crate) fn original(&self, crate_folder: &Path) -> Result<Vec<u8>> {
        let bytes = read(&crate_folder.join(self.file_name()))?;
        let digest = self
            .source_sha256
            .as_ref()
            .context("the lock has no source-sha256 for it")?;
        expect("source-sha256", digest, &sha256(&bytes))?;
        Ok(zstd::decode_all(&*bytes)?)
    }

    /// The file of a crate that has it uncompressed, as it is to be committed.
    pub(crate) fn compressed(&self, source: &Source) -> Result<Vec<u8>> {
        let bytes = read(&source.locate()?.join(&self.name))?;
        Ok(zstd::bulk::compress(&bytes, 19)?)
    }

    /// The lines of its entry that say what it is.
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

    /// Compares what is to be committed, as it is and decompressed, with the lock.
    pub(crate) fn verify(&self, bytes: &[u8]) -> Result<()> {
        expect("size", &self.size, &bytes.len())?;
        expect("sha256", &self.sha256, &sha256(bytes))?;
        let unpacked = zstd::bulk::decompress(bytes, self.unpacked_size)
            .context("cannot decompress it to the size that the lock states")?;
        expect("unpacked-size", &self.unpacked_size, &unpacked.len())?;
        expect("unpacked-sha256", &self.unpacked_sha256, &sha256(&unpacked))
    }
}

fn expect<T: PartialEq + std::fmt::Display>(field: &str, locked: &T, found: &T) -> Result<()> {
    if locked != found {
        bail!("{field} is {found}, the lock says {locked}");
    }
    Ok(())
}
