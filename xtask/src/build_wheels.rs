//! `build-wheels`: builds the wheel of an extension crate from its sdist, always to the same bytes.
//!
//! The crate's `wheel.lock` says what goes in (the sdist, the patches) and what must come out. The
//! steps, each in a file of its own:
//!
//! ```text
//! tools ─► python ─► sdist ─► sysroot ─► recipe (numpy) ─► audit ─► pack ─► lock
//! ```
//!
//! Another package is another recipe: a file like `numpy.rs`, and a line in [`Name::recipe`].

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
    /// Write what was built into the extension crate, and its hashes into wheel.lock.
    #[arg(long)]
    update: bool,
    /// Reuse the object files of the last run.
    #[arg(long)]
    keep: bool,
    /// Also write a wheel of the package's own tests, which no crate carries, to target/wheels.
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

/// How one package is built.
struct Recipe {
    /// The package's normalised name.
    name: &'static str,
    /// The folder of the extension crate in this workspace.
    folder: &'static str,
    /// What the build needs from the package index, as pip's requirements with exact versions.
    requirements: &'static [&'static str],
    /// Compiles the unpacked and patched source.
    build: fn(&Workshop) -> Result<Built>,
}

/// What a recipe works with. All its paths are absolute.
struct Workshop {
    /// The extension crate.
    folder: PathBuf,
    /// The folder for whatever the recipe writes.
    work: PathBuf,
    /// The sdist, unpacked and patched.
    source: PathBuf,
    python: Python,
    sysroot: Sysroot,
}

/// Files by their path relative to `site-packages`, with `/` between the parts.
type Files = BTreeMap<String, Vec<u8>>;

/// What a recipe makes.
struct Built {
    /// What users need.
    runtime: Files,
    /// What only the package's own tests need.
    tests: Files,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let recipe = arguments.name.recipe();
    let wheels = target()?.join("wheels");
    let mut lock = Lock::read(&root().join(recipe.folder))?;
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
        write(&workshop.folder.join(&lock.wheel.file), &wheel)?;
        lock.write(&workshop.folder, recipe.name)?;
        println!(
            "  wrote {0}/{1} and {0}/wheel.lock",
            recipe.folder, lock.wheel.file
        );
    } else if sha256(&wheel) != lock.wheel.sha256 {
        bail!(
            "the wheel is not the one that {}/wheel.lock pins\n  built:  {}\n  pinned: {}\n\
             if the difference is meant, run again with --update",
            recipe.folder,
            sha256(&wheel),
            lock.wheel.sha256
        );
    } else {
        println!("  the same bytes as {}/wheel.lock pins", recipe.folder);
    }
    Ok(())
}

/// Brings together in `work` what a recipe works with. `lock` is compared with it, and brought up to
/// date if the arguments say so.
fn prepare(
    recipe: &Recipe,
    work: &Path,
    lock: &mut Lock,
    arguments: &Arguments,
) -> Result<Workshop> {
    let folder = root().join(recipe.folder);
    step("looking for the tools");
    tools::check()?;
    let python = Python::make(&work.join("python"), recipe.requirements)?;

    step(&format!(
        "the source of {} {}",
        lock.wheel.name, lock.wheel.version
    ));
    let archive = sdist::obtain(&work.join("downloads"), &python, lock, arguments.update)?;
    let patches = lock::Patch::all(&folder)?;
    if patches != lock.patch && !arguments.update {
        bail!(
            "{}/patches is not what wheel.lock lists; if that is meant, run again with --update",
            recipe.folder
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
            sdist::patch(&source, &folder.join(&patch.file))?;
        }
    }

    step("the system root");
    let sysroot = Sysroot::make(work, &mut lock.build, arguments.keep)?;
    lock.build.extend(python.versions()?);
    lock.build
        .insert("clang".to_owned(), tools::clang_version()?);
    Ok(Workshop {
        folder,
        work: work.to_path_buf(),
        source,
        python,
        sysroot,
    })
}

/// Cargo's target directory.
fn target() -> Result<PathBuf> {
    let metadata = Metadata::of_workspace(&root().join("Cargo.toml"))
        .context("cannot ask cargo where its target directory is")?;
    Ok(metadata.target_directory)
}

/// The user's home directory; the current one if there is none.
fn home() -> PathBuf {
    std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from)
}

fn step(what: &str) {
    println!("{what}");
}

/// Removes a folder and all that is in it, if it exists.
fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Makes a folder, with its parents.
fn create(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}
