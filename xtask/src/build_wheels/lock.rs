//! `wheel.lock` of an extension crate: what its wheel is built from, and what it must be.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::workspace::{read, sha256, write};

/// The whole file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Lock {
    pub(super) version: u32,
    pub(super) wheel: Wheel,
    pub(super) sdist: Sdist,
    /// Tools and their versions, for people; this command warns where they differ.
    #[serde(default)]
    pub(super) build: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) patch: Vec<Patch>,
}

/// The wheel that the crate carries.
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

/// The source distribution that it is built from.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sdist {
    pub(super) file: String,
    pub(super) size: u64,
    pub(super) sha256: String,
    pub(super) licence: String,
}

/// One change to the source.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Patch {
    /// Relative to the crate's folder.
    pub(super) file: String,
    pub(super) sha256: String,
    /// The text before the patch's first file.
    pub(super) why: String,
}

impl Lock {
    /// Reads the lock of the crate in `folder`.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("wheel.lock");
        let text = String::from_utf8(read(&path)?)
            .with_context(|| format!("{} is not UTF-8", path.display()))?;
        let lock: Self = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
        if lock.version != 1 {
            bail!(
                "{} has version {}; this command knows 1",
                path.display(),
                lock.version
            );
        }
        if lock.wheel.abi != eryx_extension::ABI {
            bail!(
                "{} names the ABI {}; this eryx has {}",
                path.display(),
                lock.wheel.abi,
                eryx_extension::ABI
            );
        }
        Ok(lock)
    }

    /// Writes the lock of the crate in `folder`.
    pub(super) fn write(&self, folder: &Path, name: &str) -> Result<()> {
        let text = toml::to_string_pretty(self).context("cannot write wheel.lock as TOML")?;
        let text = format!("# Written by `cargo xtask build-wheels {name} --update`.\n{text}");
        write(&folder.join("wheel.lock"), text.as_bytes())
    }
}

impl Patch {
    /// The patches of the crate in `folder`, in the order in which they are applied.
    pub(super) fn all(folder: &Path) -> Result<Vec<Self>> {
        let patches = folder.join("patches");
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
                    bail!("patches/{name} does not begin with a line that says why it is needed");
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
