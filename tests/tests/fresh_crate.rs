//! The section "In a program" of the README, done as it says: a fresh crate that depends on a clone.
//!
//! To compile nothing twice, the crate is a member of a workspace that has the profiles, the lock file
//! and the target directory of this one, and beside it a member that chooses the same features. So only
//! the packages of this workspace are compiled once more, the first time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of this workspace: what a user has cloned.
fn clone() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    root.expect("this package is in a directory of the workspace")
        .to_owned()
}

/// The README's section "In a program".
fn section() -> String {
    let readme = fs::read_to_string(clone().join("README.md")).expect("the README");
    let (_, section) = readme
        .split_once("\n## In a program\n")
        .expect("the section");
    let end = section.find("\n## ").expect("a section after it");
    section[..end].to_owned()
}

/// The first code block of the section in a language.
fn block<'s>(section: &'s str, language: &str) -> &'s str {
    let begin = format!("```{language}\n");
    let (_, block) = section.split_once(&begin).expect("a code block");
    let end = block.find("```").expect("the end of the code block");
    &block[..end]
}

/// Writes the workspace in which the fresh crate is to be, and returns its directory.
fn workspace() -> PathBuf {
    // Always the same place: cargo knows packages outside a registry by their paths.
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fresh-crate");
    if directory.exists() {
        fs::remove_dir_all(&directory).expect("an earlier one can be removed");
    }
    let features = directory.join("features");
    fs::create_dir_all(features.join("src")).expect("a directory can be created");
    fs::write(features.join("src/lib.rs"), "").expect("a file can be written");
    let path = clone().join("features");
    let manifest = format!(
        "[package]\nname = \"features\"\nedition = \"2024\"\n\n[dependencies]\n\
         eryx-features.path = {:?}\n",
        path.display().to_string()
    );
    fs::write(features.join("Cargo.toml"), manifest).expect("a file can be written");

    let own = fs::read_to_string(clone().join("Cargo.toml")).expect("the manifest");
    let profiles = own.find("[profile.").expect("it has profiles");
    let workspace = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\"features\"]\n\n{}",
        &own[profiles..]
    );
    fs::write(directory.join("Cargo.toml"), workspace).expect("a file can be written");
    fs::copy(clone().join("Cargo.lock"), directory.join("Cargo.lock")).expect("a lock file");
    directory
}

/// Runs cargo as a user would, but offline, and returns what it prints to stdout.
fn cargo(directory: &Path, arguments: &[&str]) -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .current_dir(directory)
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_TARGET_DIR", target.expect("the target directory"))
        .env("ERYX_CACHE_DIR", eryx_tests::image_cache())
        .output()
        .expect("cargo starts");
    assert!(
        output.status.success(),
        "cargo {arguments:?}:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn runs_as_the_readme_says() {
    let (section, workspace) = (section(), workspace());
    let mut directory = workspace.clone();
    for line in block(&section, "sh").lines() {
        let words: Vec<String> = line
            .split_whitespace()
            .map(|word| match word.strip_prefix("../eryx/") {
                Some(path) => clone().join(path).display().to_string(),
                None => word.to_owned(),
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match &*words {
            ["cd", path] => directory.push(path),
            ["cargo", arguments @ ..] => drop(cargo(&directory, arguments)),
            _ => panic!("the README has another command: {line}"),
        }
    }

    let manifest = directory.join("Cargo.toml");
    let profile = block(&section, "toml");
    let own = fs::read_to_string(workspace.join("Cargo.toml")).expect("the manifest");
    assert!(
        own.contains(profile.trim_end()),
        "in a workspace only the root's profiles count, and it has not:\n{profile}"
    );
    let new = fs::read_to_string(&manifest).expect("cargo wrote it");
    fs::write(&manifest, format!("{new}\n{profile}")).expect("it can be changed");
    fs::write(directory.join("src/main.rs"), block(&section, "rust")).expect("a source file");

    assert!(section.contains("`cargo run` runs it"), "the README's text");
    // From the workspace's directory, so that both members choose the features.
    let arguments: &[&str] = if cfg!(debug_assertions) {
        &["run"]
    } else {
        &["run", "--release"]
    };
    let output = cargo(&workspace, arguments);
    assert!(
        output.starts_with("ZeroDivisionError: division by zero\nTraceback"),
        "{output}"
    );
}
