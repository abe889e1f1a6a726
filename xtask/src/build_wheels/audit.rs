//! What must hold for files before they are packed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wasmparser::{Dylink0Subsection, ExternalKind, KnownCustom, Parser, Payload};

use super::Files;
use super::sysroot::LIBRARIES;

/// What every library exports for whoever links it: its constructors and its relocations.
const ALWAYS: [&str; 2] = ["__wasm_call_ctors", "__wasm_apply_data_relocs"];

/// Fails if a library exports or needs more than it may, or if a file names one of `paths`.
pub(super) fn check(files: &Files, paths: &[PathBuf]) -> Result<()> {
    let mut libraries = 0;
    for (name, bytes) in files {
        for path in paths {
            if names(bytes, path) {
                bail!("{name} has the path {} in it", path.display());
            }
        }
        if Path::new(name)
            .extension()
            .is_some_and(|extension| extension == "so")
        {
            libraries += 1;
            library(name, bytes).with_context(|| name.clone())?;
        }
    }
    println!("  {} files, {libraries} libraries", files.len());
    Ok(())
}

/// Whether a folder's path stands in a file. The root folder's says nothing.
fn names(bytes: &[u8], path: &Path) -> bool {
    let text = [path.as_os_str().as_encoded_bytes(), b"/"].concat();
    text.len() > 2 && bytes.windows(text.len()).any(|window| window == text)
}

fn library(name: &str, bytes: &[u8]) -> Result<()> {
    let module = name
        .rsplit('/')
        .next()
        .unwrap_or(name)
        .split('.')
        .next()
        .unwrap_or_default();
    let initialiser = format!("PyInit_{module}");
    let mut exported = false;
    let mut dylink = false;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::CustomSection(section) => {
                let KnownCustom::Dylink0(subsections) = section.as_known() else {
                    continue;
                };
                dylink = true;
                for subsection in subsections {
                    let Dylink0Subsection::Needed(needed) = subsection? else {
                        continue;
                    };
                    if let Some(other) = needed.iter().find(|name| !LIBRARIES.contains(*name)) {
                        bail!("it needs {other}, which is not in the base");
                    }
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.name == initialiser && export.kind == ExternalKind::Func {
                        exported = true;
                    } else if !ALWAYS.contains(&export.name) {
                        bail!(
                            "it exports {}; only {initialiser} is for others",
                            export.name
                        );
                    }
                }
            }
            _ => {}
        }
    }
    if !dylink {
        bail!("it is not a shared library: it has no dylink.0 section");
    }
    if !exported {
        bail!("it does not export {initialiser}");
    }
    Ok(())
}
