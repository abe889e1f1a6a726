//! `fetch-wheels`: collects the wheels that the extension crates of this workspace pin in one directory,
//! or checks the wheels in the crates.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use eryx_extension_build::cargo::LINKS;
use eryx_extension_build::lock::{self, Wheel};
use eryx_extension_build::obtain::{SearchConfig, WHEEL_DIR, obtain};
use eryx_extension_build::prepare;
use indicatif::{ProgressBar, ProgressStyle};

use crate::metadata::Metadata;
use crate::workspace;

/// The options of `cargo xtask fetch-wheels`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write the wheels to this directory, for use as `ERYX_WHEEL_DIR` [default: target/wheels].
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "check")]
    out: Option<PathBuf>,
    /// Write nothing, and verify the wheels in the crates.
    #[arg(long)]
    check: bool,
}

/// An extension crate of the workspace.
struct ExtensionCrate {
    name: String,
    directory: PathBuf,
    wheel: Wheel,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let default = || workspace::root().join("target/wheels");
    let out = arguments.out.clone().unwrap_or_else(default);
    let crates = extension_crates()?;
    if crates.is_empty() {
        bail!(
            "no crate of this workspace has a {} and links = \"{LINKS}…\"",
            lock::FILE
        );
    }
    for extension in &crates {
        if arguments.check {
            check(extension)?;
        } else {
            fetch(extension, &out)?;
        }
    }
    if !arguments.check {
        println!("{WHEEL_DIR}={}", std::path::absolute(&out)?.display());
    }
    Ok(())
}

/// Returns the crates that declare an extension (`links`) and pin its archive.
fn extension_crates() -> Result<Vec<ExtensionCrate>> {
    let metadata = Metadata::of_workspace(&workspace::root().join("Cargo.toml"))
        .context("cannot ask cargo for the crates of this workspace")?;
    let mut crates = Vec::new();
    for package in metadata.packages {
        let directory = package.directory().to_path_buf();
        let announced = package.links.as_deref().unwrap_or_default();
        if announced.starts_with(LINKS) && directory.join(lock::FILE).exists() {
            crates.push(ExtensionCrate {
                name: package.name,
                wheel: lock::read(&directory)?,
                directory,
            });
        }
    }
    Ok(crates)
}

/// Verifies the archive in the crate's own directory; other places are not searched.
fn check(extension: &ExtensionCrate) -> Result<()> {
    let ExtensionCrate {
        name,
        directory,
        wheel,
    } = extension;
    if !directory.join(&wheel.file).exists() {
        bail!("{name}: {} is not in {}", wheel.file, directory.display());
    }
    let config = SearchConfig {
        wheel_dir: None,
        crate_dir: directory.clone(),
        cache_dir: None,
        mirror: None,
        offline: true,
        fetcher: eryx_extension_build::Fetcher::default(),
    };
    let obtained = obtain(wheel, &config, &mut |_| ())?;
    let package = prepare(wheel, &obtained.bytes)?;
    println!(
        "{name}: {} verified: {} bytes, {} libraries, {} other files",
        wheel.file,
        wheel.size,
        package.libraries.len(),
        package.tree.len()
    );
    Ok(())
}

/// Obtains the archive as the crate's build script does, and copies it to `out`.
fn fetch(extension: &ExtensionCrate, out: &Path) -> Result<()> {
    let wheel = &extension.wheel;
    let style = ProgressStyle::with_template("{msg} [{wide_bar}] {bytes}/{total_bytes}")?;
    // indicatif draws it only on a terminal.
    let bar = ProgressBar::new(wheel.size)
        .with_style(style)
        .with_message(wheel.file.clone());
    let config = SearchConfig::from_environment(&extension.directory);
    let result = obtain(wheel, &config, &mut |bytes| bar.set_position(bytes));
    bar.finish_and_clear();
    let obtained = result?;
    if let Some(warning) = &obtained.warning {
        eprintln!("warning: {warning}");
    }
    prepare(wheel, &obtained.bytes)?;
    workspace::write(&out.join(&wheel.file), &obtained.bytes)?;
    println!("{}: {}", extension.name, obtained.place);
    Ok(())
}
