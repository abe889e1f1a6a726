//! The description of a workspace by `cargo metadata`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The part of `cargo metadata`'s output that the commands use.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    /// The packages of the workspace, and their dependencies if requested.
    pub(crate) packages: Vec<Package>,
    /// Cargo's target directory.
    pub(crate) target_directory: PathBuf,
}

/// A package of the workspace, or a dependency.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// The manifest's field `links`.
    pub(crate) links: Option<String>,
    manifest_path: PathBuf,
}

impl Metadata {
    /// Describes the workspace of a manifest, without dependencies.
    pub(crate) fn of_workspace(manifest: &Path) -> Result<Self> {
        Self::read(manifest, &["--no-deps"])
    }

    /// Describes a workspace and all its dependencies, which cargo downloads.
    pub(crate) fn with_dependencies(manifest: &Path) -> Result<Self> {
        Self::read(manifest, &[])
    }

    fn read(manifest: &Path, options: &[&str]) -> Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--manifest-path"])
            .arg(manifest)
            .args(options)
            .output()
            .context("cannot start cargo")?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            bail!("cargo metadata failed: {}", stderr.trim_end());
        }
        serde_json::from_slice(&output.stdout).context("cargo metadata printed unexpected JSON")
    }
}

impl Package {
    /// Returns the directory of the package's manifest.
    pub(crate) fn directory(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new(""))
    }
}
