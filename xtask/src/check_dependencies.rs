//! `check-dependencies`: checks the workspace's dependencies against `deny.toml`.
//!
//! The file has cargo-deny's format. This command implements the part that needs no network: licences,
//! banned crates, second versions of direct dependencies, and sources. CI does not run cargo-deny
//! itself, because compiling it would take longer than all other checks.

mod licence;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::metadata::{Metadata, Package};
use crate::workspace::root;

#[derive(clap::Args)]
pub(crate) struct Arguments {}

/// The contents of `deny.toml`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Policy {
    licenses: Licences,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Licences {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Bans {
    #[serde(rename = "multiple-versions")]
    _multiple_versions: String,
    deny: Vec<Rule>,
    skip: Vec<Rule>,
}

/// A crate that is banned, or that may have a second version, with the reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// The crate's name, or `name@version` with a prefix of its version.
    #[serde(rename = "crate")]
    spec: String,
    /// The only packages that may depend on the crate. If empty, no package may.
    #[serde(default)]
    wrappers: BTreeSet<String>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Sources {
    unknown_registry: Level,
    unknown_git: Level,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    Allow,
    Deny,
}

pub(crate) fn run(_: &Arguments) -> Result<()> {
    let path = root().join("deny.toml");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let policy: Policy = toml::from_str(&text).with_context(|| path.display().to_string())?;
    let metadata = Metadata::locked(&root().join("Cargo.toml"))?;
    let faults = faults(&policy, &metadata);
    if !faults.is_empty() {
        bail!("deny.toml forbids:\n- {}", faults.join("\n- "));
    }
    Ok(())
}

/// Returns a message for each violation of the policy.
fn faults(policy: &Policy, metadata: &Metadata) -> Vec<String> {
    let mut faults = Vec::new();
    let registry = registry(&metadata.packages);
    let packages = metadata.packages.iter();
    let packages: BTreeMap<&str, &Package> = packages.map(|it| (it.id.as_str(), it)).collect();
    for package in packages.values() {
        faults.extend(wrong_licence(policy, package));
        faults.extend(wrong_source(policy, package, registry));
    }

    let mut direct = BTreeSet::new();
    for node in metadata.resolve.iter().flat_map(|it| &it.nodes) {
        let Some(dependent) = packages.get(node.id.as_str()) else {
            continue;
        };
        let own = metadata.workspace_members.contains(&node.id);
        let dependencies = node.dependencies.iter();
        for dependency in dependencies.filter_map(|id| packages.get(id.as_str())) {
            if own {
                direct.insert(dependency.name.as_str());
            }
            for rule in policy.bans.deny.iter().filter(|it| it.is_of(dependency)) {
                if !rule.wrappers.contains(&dependent.name) {
                    let reason = &rule.reason;
                    faults.push(format!("{dependent} depends on {dependency}: {reason}"));
                }
            }
        }
    }

    let mut versions: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
    for package in packages.values() {
        if direct.contains(package.name.as_str()) {
            versions.entry(&package.name).or_default().push(package);
        }
    }
    for rule in &policy.bans.skip {
        let mut of_name = versions.values().filter(|found| found.len() > 1).flatten();
        if !of_name.any(|package| rule.is_of(package)) {
            faults.push(format!(
                "there is no second version {}; remove it from `skip`",
                rule.spec
            ));
        }
    }
    for (name, mut found) in versions {
        found.retain(|package| !policy.bans.skip.iter().any(|rule| rule.is_of(package)));
        if found.len() > 1 {
            let found: Vec<&str> = found.iter().map(|it| it.version.as_str()).collect();
            let found = found.join(", ");
            faults.push(format!("there are several versions of {name}: {found}"));
        }
    }
    faults
}

fn wrong_licence(policy: &Policy, package: &Package) -> Option<String> {
    let Some(licence) = &package.license else {
        return Some(format!("{package} names no licence"));
    };
    match licence::is_satisfied(licence, &policy.licenses.allow) {
        Ok(true) => None,
        Ok(false) => Some(format!("{package} has the licence {licence}")),
        Err(reason) => Some(format!("{package}: cannot read {licence:?}: {reason}")),
    }
}

/// Returns the registry of most packages. Any other registry counts as unknown.
fn registry(packages: &[Package]) -> Option<&str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let sources = packages.iter().filter_map(|it| it.source.as_deref());
    for source in sources.filter(|it| !it.starts_with("git+")) {
        *counts.entry(source).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map(|(source, _)| source)
}

fn wrong_source(policy: &Policy, package: &Package, registry: Option<&str>) -> Option<String> {
    let source = package.source.as_deref();
    let source = source.filter(|it| Some(*it) != registry)?;
    let level = if source.starts_with("git+") {
        policy.sources.unknown_git
    } else {
        policy.sources.unknown_registry
    };
    (level == Level::Deny).then(|| format!("{package} comes from {source}"))
}

impl Rule {
    fn is_of(&self, package: &Package) -> bool {
        match self.spec.split_once('@') {
            None => self.spec == package.name,
            Some((name, version)) => {
                let rest = package.version.strip_prefix(version);
                name == package.name && rest.is_some_and(|it| it.is_empty() || it.starts_with('.'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const REGISTRY: &str = "registry+https://example.org/index";

    fn policy() -> Policy {
        toml::from_str(
            r#"
            [licenses]
            allow = ["MIT"]
            [bans]
            multiple-versions = "warn"
            deny = [
                { crate = "openssl", reason = "TLS is rustls" },
                { crate = "axum", wrappers = ["examples"], reason = "no service" },
            ]
            skip = [{ crate = "rand@0.8", reason = "of another crate" }]
            [sources]
            unknown-registry = "deny"
            unknown-git = "deny"
            "#,
        )
        .expect("the policy")
    }

    /// A workspace of `own` and `examples`, of which each depends on some packages.
    fn workspace(
        own: &[&str],
        examples: &[&str],
        packages: &[(&str, &str, &str, &str)],
    ) -> Metadata {
        let members = [("own 1.0", "own"), ("examples 1.0", "examples")];
        let members = members.map(|(id, name)| {
            json!({
                "id": id, "name": name, "version": "1.0", "license": "MIT", "source": null,
                "manifest_path": "",
            })
        });
        let others = packages.iter().map(|(name, version, license, source)| {
            let id = format!("{name} {version}");
            json!({
                "id": id, "name": name, "version": version, "license": license, "source": source,
                "manifest_path": "",
            })
        });
        serde_json::from_value(json!({
            "packages": members.into_iter().chain(others).collect::<Vec<_>>(),
            "resolve": { "nodes": [
                { "id": "own 1.0", "dependencies": own },
                { "id": "examples 1.0", "dependencies": examples },
            ] },
            "workspace_members": ["own 1.0", "examples 1.0"],
            "target_directory": "",
        }))
        .expect("the metadata")
    }

    /// Two versions, of which one may be there.
    const RAND: [(&str, &str, &str, &str); 2] = [
        ("rand", "0.8.5", "MIT", REGISTRY),
        ("rand", "0.9.0", "MIT", REGISTRY),
    ];

    #[track_caller]
    fn assert_faults(metadata: &Metadata, expected: &[&str]) {
        assert_eq!(faults(&policy(), metadata), expected);
    }

    #[test]
    fn what_is_allowed() {
        let axum = ("axum", "0.8.0", "MIT OR GPL-3.0", REGISTRY);
        let packages = [RAND[0], RAND[1], axum];
        assert_faults(&workspace(&["rand 0.9.0"], &["axum 0.8.0"], &packages), &[]);
    }

    #[test]
    fn licences_and_sources() {
        let packages = [
            RAND[0],
            RAND[1],
            ("a", "1.0.0", "GPL-3.0", REGISTRY),
            ("b", "1.0.0", "MIT", "git+https://example.org/b"),
            ("c", "1.0.0", "MIT", "registry+https://example.org/mine"),
        ];
        assert_faults(
            &workspace(&["rand 0.9.0"], &[], &packages),
            &[
                "a 1.0.0 has the licence GPL-3.0",
                "b 1.0.0 comes from git+https://example.org/b",
                "c 1.0.0 comes from registry+https://example.org/mine",
            ],
        );
    }

    #[test]
    fn banned_crates() {
        let packages = [
            RAND[0],
            RAND[1],
            ("axum", "0.8.0", "MIT", REGISTRY),
            ("openssl", "0.10.0", "MIT", REGISTRY),
        ];
        assert_faults(
            &workspace(
                &["rand 0.9.0", "axum 0.8.0"],
                &["axum 0.8.0", "openssl 0.10.0"],
                &packages,
            ),
            &[
                "own 1.0 depends on axum 0.8.0: no service",
                "examples 1.0 depends on openssl 0.10.0: TLS is rustls",
            ],
        );
    }

    #[test]
    fn second_versions() {
        let packages = [
            RAND[1],
            ("rand", "0.80.0", "MIT", REGISTRY),
            ("far", "1.0.0", "MIT", REGISTRY),
            ("far", "2.0.0", "MIT", REGISTRY),
        ];
        assert_faults(
            &workspace(&["rand 0.9.0"], &[], &packages),
            &[
                "there is no second version rand@0.8; remove it from `skip`",
                "there are several versions of rand: 0.80.0, 0.9.0",
            ],
        );
    }
}
