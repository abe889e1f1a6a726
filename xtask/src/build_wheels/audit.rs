//! Audits the files of a package before they are packed into a wheel.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use eryx_artifact::dylink::{ItemType, SharedLibrary};
use eryx_artifact::library_name::{check_python_tag, is_native_library};
use eryx_artifact::package_path::file_name;

use super::Files;
use super::sysroot::LIBRARIES;

/// The functions that every library exports for the linker: constructors and relocations.
const ALWAYS: [&str; 2] = ["__wasm_call_ctors", "__wasm_apply_data_relocs"];

/// Fails if a library exports or needs more than allowed, or if a file contains one of `paths`.
pub(super) fn check(files: &Files, paths: &[PathBuf]) -> Result<()> {
    let mut libraries = 0;
    for (name, bytes) in files {
        for path in paths {
            if names(bytes, path) {
                bail!("{name}: it contains the path {}", path.display());
            }
        }
        if is_native_library(name) {
            libraries += 1;
            library(name, bytes).with_context(|| name.clone())?;
        }
    }
    println!("  {} files, {libraries} libraries", files.len());
    Ok(())
}

/// Whether a file contains the path of a directory other than the root directory.
fn names(bytes: &[u8], path: &Path) -> bool {
    let text = [path.as_os_str().as_encoded_bytes(), b"/"].concat();
    text.len() > 2 && bytes.windows(text.len()).any(|window| window == text)
}

fn library(name: &str, bytes: &[u8]) -> Result<()> {
    let library = match SharedLibrary::read(bytes) {
        Ok(library) => library,
        Err(error) => bail!("it {error}"),
    };
    if let Err(error) = check_python_tag(name) {
        bail!("it {error}");
    }
    if let Some(other) = library
        .needed
        .iter()
        .find(|name| !LIBRARIES.contains(*name))
    {
        bail!("it needs {other}, which is not in the base");
    }
    let file_name = file_name(name);
    let module = file_name
        .split_once('.')
        .map_or(file_name, |(stem, _)| stem);
    let initialiser = format!("PyInit_{module}");
    let mut exported = false;
    for export in library.exports {
        if export.name == initialiser && matches!(export.ty, ItemType::Function(_)) {
            exported = true;
        } else if !ALWAYS.contains(&export.name) {
            let name = export.name;
            bail!("it exports {name}; only {initialiser} may be exported");
        }
    }
    if !exported {
        bail!("it does not export {initialiser}");
    }
    Ok(())
}
