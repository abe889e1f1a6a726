//! `build-wheels`: builds the wheel of an extension crate from its sdist, reproducibly.
//!
//! The crate's `wheel.lock` pins the inputs (the sdist, the patches) and the resulting wheel. Each step
//! has a file of its own:
//!
//! ```text
//! tools ─► python ─► sdist ─► sysroot ─► recipe (numpy) ─► audit ─► pack ─► lock
//! ```
//!
//! To add a package, write a recipe like `numpy.rs` and name it in [`Name::recipe`].

mod audit;
mod debian;
mod headers;
mod lock;
mod numpy;
mod pack;
mod python;
mod sdist;
mod sysroot;
mod tools;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use self::lock::Lock;
use self::python::Python;
use self::sysroot::Sysroot;
use crate::metadata::Metadata;
use crate::workspace::{root, sha256, write};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The package to build.
    name: Name,
    /// Write the wheel into the extension crate, and its hashes into wheel.lock.
    #[arg(long)]
    update: bool,
    /// Reuse the object files of the last build.
    #[arg(long)]
    keep: bool,
    /// Also write a wheel of the package's own tests to target/wheels.
    #[arg(long)]
    with_tests: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Name {
    Numpy,
}

impl Name {
    fn recipe(self) -> &'static Recipe {
        match self {
            Self::Numpy => &numpy::RECIPE,
        }
    }
}

/// The instructions for building one package.
struct Recipe {
    /// The package's normalised name.
    name: &'static str,
    /// The directory of the extension crate in this workspace.
    directory: &'static str,
    /// The Python packages that the build needs, as pip requirements with exact versions.
    requirements: &'static [&'static str],
    /// The function that compiles the patched source.
    build: fn(&Workshop) -> Result<Built>,
}

/// The inputs and tools of a build. All paths are absolute.
struct Workshop {
    /// The directory of the extension crate.
    directory: PathBuf,
    /// The directory for the recipe's output.
    work: PathBuf,
    /// The directory of the unpacked and patched sdist.
    source: PathBuf,
    python: Python,
    sysroot: Sysroot,
}

/// Files by their path relative to `site-packages`, with `/` between the parts.
type Files = BTreeMap<String, Vec<u8>>;

/// The files that a recipe builds.
struct Built {
    /// The files of the package.
    runtime: Files,
    /// The files that only the package's own tests need.
    tests: Files,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let recipe = arguments.name.recipe();
    let wheels = target()?.join("wheels");
    let mut lock = Lock::read(&root().join(recipe.directory))?;
    let workshop = prepare(recipe, &wheels.join(recipe.name), &mut lock, arguments)?;
    let Built {
        mut runtime,
        mut tests,
    } = (recipe.build)(&workshop)?;

    step("packing");
    audit::check(&runtime, &[root(), target()?, home()])?;
    pack::add_metadata(&mut runtime, &workshop.source, &lock.wheel)?;
    let wheel = pack::wheel(runtime)?;
    let path = wheels.join(&lock.wheel.file);
    write(&path, &wheel)?;
    println!(
        "  {}\n  {} bytes, sha256 {}",
        path.display(),
        wheel.len(),
        sha256(&wheel)
    );
    if arguments.with_tests {
        let path = wheels.join(lock.wheel.file.replacen('-', "_tests-", 1));
        pack::add_tests_metadata(&mut tests, &lock.wheel)?;
        write(&path, &pack::wheel(tests)?)?;
        println!("  {}", path.display());
    }

    if arguments.update {
        lock.wheel.size = wheel.len() as u64;
        lock.wheel.sha256 = sha256(&wheel);
        write(&workshop.directory.join(&lock.wheel.file), &wheel)?;
        lock.write(&workshop.directory, recipe.name)?;
        println!(
            "  wrote {0}/{1} and {0}/wheel.lock",
            recipe.directory, lock.wheel.file
        );
    } else if sha256(&wheel) != lock.wheel.sha256 {
        bail!(
            "{}/wheel.lock: it pins another wheel\n  built:  {}\n  pinned: {}\n\
             if the change is intended, run again with --update",
            recipe.directory,
            sha256(&wheel),
            lock.wheel.sha256
        );
    } else {
        println!(
            "  identical to the wheel that {}/wheel.lock pins",
            recipe.directory
        );
    }
    Ok(())
}

/// Prepares the inputs and tools of a build in `work`, and compares them with `lock`, or updates `lock`
/// if the arguments say so.
fn prepare(
    recipe: &Recipe,
    work: &Path,
    lock: &mut Lock,
    arguments: &Arguments,
) -> Result<Workshop> {
    let directory = root().join(recipe.directory);
    step("checking the tools");
    tools::check()?;
    let python = Python::make(&work.join("python"), recipe.requirements)?;

    step(&format!(
        "the source of {} {}",
        lock.wheel.name, lock.wheel.version
    ));
    let archive = sdist::obtain(&work.join("downloads"), &python, lock, arguments.update)?;
    let patches = lock::Patch::all(&directory)?;
    if patches != lock.patch && !arguments.update {
        bail!(
            "{}/patches: wheel.lock lists other patches; if the change is intended, run again with \
             --update",
            recipe.directory
        );
    }
    lock.patch = patches;
    if !arguments.keep {
        for name in ["source", "build", "install"] {
            remove(&work.join(name))?;
        }
    }
    let source = work.join("source");
    if !source.exists() {
        sdist::unpack(&archive, &source)?;
        for patch in &lock.patch {
            println!("  {}", patch.file);
            sdist::patch(&source, &directory.join(&patch.file))?;
        }
    }

    step("the system root");
    let sysroot = Sysroot::make(work, &mut lock.build, arguments.keep)?;
    lock.build.extend(python.versions()?);
    lock.build
        .insert("clang".to_owned(), tools::clang_version()?);
    Ok(Workshop {
        directory,
        work: work.to_path_buf(),
        source,
        python,
        sysroot,
    })
}

/// Returns cargo's target directory.
fn target() -> Result<PathBuf> {
    let metadata = Metadata::of_workspace(&root().join("Cargo.toml"))
        .context("cannot ask cargo where its target directory is")?;
    Ok(metadata.target_directory)
}

/// Returns the user's home directory, or the current directory if `HOME` is not set.
fn home() -> PathBuf {
    std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from)
}

fn step(what: &str) {
    println!("{what}");
}

/// Removes a directory and its contents, if it exists.
fn remove(directory: &Path) -> Result<()> {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", directory.display()))
        }
        _ => Ok(()),
    }
}

/// Creates a directory and its parents.
fn create(directory: &Path) -> Result<()> {
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot create {}", directory.display()))
}
