//! `check-features`: checks that no dependency is compiled twice because of other features.
//!
//! Cargo chooses the features of dependencies anew for each set of packages that it builds. The
//! package `eryx-features` is there so that it always chooses the same; this command asks cargo what
//! it would compile for each of the usual commands, and compares.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, bail};
use eryx_artifact::Digest;
use serde::Deserialize;
use serde_json::Value;

use crate::workspace::root;

/// What people run, as what cargo builds for it. Each may add dependencies to those before it.
const COMMANDS: [&[&str]; 6] = [
    &["build"],
    &["build", "--package", "xtask"],
    &["build", "--package", "eryx-bench"],
    &["build", "--package", "eryx-examples"],
    &["build", "--workspace"],
    &["test", "--workspace"],
];

/// What cargo would do.
#[derive(Deserialize)]
struct Plan {
    units: Vec<Unit>,
}

/// One thing to compile, or one build script to run.
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

/// Which part of which package; the level of optimisation tells what build scripts need from what
/// programs need.
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

/// Asks cargo what it would do in the profile `release`.
fn plan(command: &[&str]) -> Result<Plan> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(command)
        .args(["--release", "--unit-graph", "-Z", "unstable-options"])
        // Only a nightly cargo tells its plans, or one that takes itself for that.
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(root())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    serde_json::from_slice(&output.stdout).context("cargo printed something else than its plan")
}

/// What is compiled: two units of one digest are compiled once.
fn digest(plan: &Plan, index: usize, digests: &mut [Option<Digest>]) -> Result<Digest> {
    let unit = plan.units.get(index).context("cargo's plan has a gap")?;
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
