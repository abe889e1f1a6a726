//! The description of a workspace by `cargo metadata`.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The part of `cargo metadata`'s output that the commands use.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    /// The packages of the workspace, and their dependencies if requested.
    pub(crate) packages: Vec<Package>,
    /// The ids of the workspace's own packages.
    pub(crate) workspace_members: BTreeSet<String>,
    /// The graph of dependencies, if requested.
    pub(crate) resolve: Option<Resolve>,
    /// Cargo's target directory.
    pub(crate) target_directory: PathBuf,
}

/// The graph of dependencies.
#[derive(Deserialize)]
pub(crate) struct Resolve {
    pub(crate) nodes: Vec<Node>,
}

/// A package and its dependencies, by id.
#[derive(Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) dependencies: Vec<String>,
}

/// A package of the workspace, or a dependency.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    /// The registry or repository of the package; `None` for a package of the workspace.
    pub(crate) source: Option<String>,
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

    /// Describes a workspace and all packages in its lock file, which must be complete.
    pub(crate) fn locked(manifest: &Path) -> Result<Self> {
        Self::read(manifest, &["--locked"])
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

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}
