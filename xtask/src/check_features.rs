//! `check-features`: checks that the usual commands compile each dependency only once.
//!
//! Cargo selects the features of dependencies for each set of packages that it builds, and compiles a
//! dependency again if its features differ. The package `eryx-features` makes all sets select the same
//! features. This command asks cargo for the plans of the usual commands, and compares them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, bail};
use eryx_artifact::Digest;
use serde::Deserialize;
use serde_json::Value;

use crate::workspace::root;

/// The usual commands, as cargo builds for them. Each may add dependencies to those of earlier ones.
const COMMANDS: [&[&str]; 6] = [
    &["build"],
    &["build", "--package", "xtask"],
    &["build", "--package", "eryx-bench"],
    &["build", "--package", "eryx-examples"],
    &["build", "--workspace"],
    &["test", "--workspace"],
];

/// Cargo's plan of a build.
#[derive(Deserialize)]
struct Plan {
    units: Vec<Unit>,
}

/// A target to compile, or a build script to run.
#[derive(Deserialize)]
struct Unit {
    pkg_id: String,
    target: Target,
    profile: Value,
    mode: String,
    features: BTreeSet<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    name: String,
}

#[derive(Deserialize)]
struct Dependency {
    index: usize,
}

/// A package, and the kind, mode and optimisation level of one of its units. The level distinguishes the
/// dependencies of build scripts from those of programs.
type Part = (String, Vec<String>, String, String);

pub(crate) fn run() -> Result<()> {
    let mut compiled: BTreeMap<Part, BTreeSet<Digest>> = BTreeMap::new();
    let mut again = Vec::new();
    for command in COMMANDS {
        let plan = plan(command)?;
        let mut digests = vec![None; plan.units.len()];
        let mut parts: BTreeMap<Part, BTreeSet<Digest>> = BTreeMap::new();
        for (index, unit) in plan.units.iter().enumerate() {
            let digest = digest(&plan, index, &mut digests)?;
            if unit.pkg_id.starts_with("registry+") {
                parts.entry(unit.part()).or_default().insert(digest);
            }
        }
        for (part, digests) in parts {
            let known = compiled.entry(part.clone()).or_default();
            if !known.is_empty() && !digests.is_subset(known) {
                let (package, kind, ..) = part;
                again.push(format!(
                    "cargo {}: {package} ({})",
                    command.join(" "),
                    kind.join(", ")
                ));
            }
            known.extend(digests);
        }
    }
    if again.is_empty() {
        return Ok(());
    }
    bail!(
        "compiled a second time, with other features; add what differs to features/Cargo.toml:\n{}",
        again.join("\n")
    )
}

/// Asks cargo for the plan of a command in the profile `release`.
fn plan(command: &[&str]) -> Result<Plan> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(command)
        .args(["--release", "--unit-graph", "-Z", "unstable-options"])
        // The option is unstable: this variable makes a stable cargo accept it.
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(root())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    serde_json::from_slice(&output.stdout).context("cargo printed an unexpected plan")
}

/// Returns a digest of a unit and its dependencies. Cargo compiles units with equal digests once.
fn digest(plan: &Plan, index: usize, digests: &mut [Option<Digest>]) -> Result<Digest> {
    let unit = plan.units.get(index).context("cargo's plan lacks a unit")?;
    if let Some(digest) = digests[index] {
        return Ok(digest);
    }
    let mut dependencies = BTreeSet::new();
    for dependency in &unit.dependencies {
        dependencies.insert(digest(plan, dependency.index, digests)?);
    }
    let Unit {
        pkg_id,
        target: Target { kind, name },
        profile,
        mode,
        features,
        ..
    } = unit;
    let text = format!("{pkg_id} {kind:?} {name} {profile} {mode} {features:?} {dependencies:?}");
    let digest = Digest::of(text.as_bytes());
    digests[index] = Some(digest);
    Ok(digest)
}

impl Unit {
    fn part(&self) -> Part {
        let level = self.profile["opt_level"].to_string();
        (
            self.pkg_id.clone(),
            self.target.kind.clone(),
            self.mode.clone(),
            level,
        )
    }
}
