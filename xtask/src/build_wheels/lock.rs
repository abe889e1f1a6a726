//! `wheel.lock` of an extension crate: the inputs of its wheel, and the pinned result.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::workspace::{read, sha256, write};

/// The contents of a `wheel.lock`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Lock {
    pub(super) version: u32,
    pub(super) wheel: Wheel,
    pub(super) sdist: Sdist,
    /// The versions of the tools that built the wheel.
    #[serde(default)]
    pub(super) build: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) patch: Vec<Patch>,
}

/// The wheel in the crate.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wheel {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) abi: String,
    pub(super) tags: Vec<String>,
    pub(super) file: String,
    pub(super) size: u64,
    pub(super) sha256: String,
    #[serde(default)]
    pub(super) urls: Vec<String>,
    #[serde(default)]
    pub(super) requires: Vec<String>,
    #[serde(default)]
    pub(super) preimport: Vec<String>,
}

/// The source distribution from which the wheel is built.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sdist {
    pub(super) file: String,
    pub(super) size: u64,
    pub(super) sha256: String,
    pub(super) licence: String,
}

/// A patch to the source.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Patch {
    /// The path of the patch, relative to the crate.
    pub(super) file: String,
    pub(super) sha256: String,
    /// The reason for the patch: the text before its first file.
    pub(super) why: String,
}

impl Lock {
    /// Reads the lock of the crate in `directory`.
    pub(super) fn read(directory: &Path) -> Result<Self> {
        let path = directory.join("wheel.lock");
        let text = String::from_utf8(read(&path)?)
            .with_context(|| format!("{} is not UTF-8", path.display()))?;
        let lock: Self = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
        if lock.version != 1 {
            bail!(
                "{}: it has version {}; this command reads version 1",
                path.display(),
                lock.version
            );
        }
        if lock.wheel.abi != eryx_extension::ABI {
            bail!(
                "{}: it names the ABI {}; this eryx has {}",
                path.display(),
                lock.wheel.abi,
                eryx_extension::ABI
            );
        }
        Ok(lock)
    }

    /// Writes the lock of the crate in `directory`.
    pub(super) fn write(&self, directory: &Path, name: &str) -> Result<()> {
        let text = toml::to_string_pretty(self).context("cannot write wheel.lock as TOML")?;
        let text = format!("# Written by `cargo xtask build-wheels {name} --update`.\n{text}");
        write(&directory.join("wheel.lock"), text.as_bytes())
    }
}

impl Patch {
    /// Lists the patches of the crate in `directory`, in the order of their application.
    pub(super) fn all(directory: &Path) -> Result<Vec<Self>> {
        let patches = directory.join("patches");
        if !patches.exists() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&patches)
            .with_context(|| format!("cannot list {}", patches.display()))?
        {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if Path::new(&name)
                .extension()
                .is_some_and(|extension| extension == "patch")
            {
                names.push(name);
            }
        }
        names.sort();
        names
            .into_iter()
            .map(|name| {
                let bytes = read(&patches.join(&name))?;
                let text = String::from_utf8_lossy(&bytes);
                let why: Vec<&str> = text
                    .lines()
                    .take_while(|line| !line.starts_with("--- "))
                    .filter(|line| !line.is_empty())
                    .collect();
                if why.is_empty() {
                    bail!("patches/{name}: no reason; begin the file with a line that states it");
                }
                Ok(Self {
                    file: format!("patches/{name}"),
                    sha256: sha256(&bytes),
                    why: why.join(" "),
                })
            })
            .collect()
    }
}
