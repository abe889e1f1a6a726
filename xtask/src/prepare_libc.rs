//! Prepares libc: turns its WASI imports into imports from the guest library.
//!
//! `libc.so` is built for WASI 0.2 and imports `wasi:*` functions, lowered by the canonical ABI. The
//! guest library implements these functions inside the sandbox, under symbols of its own
//! (`eryx-runtime/guest/src/system/wasi`). So this module renames the imports to symbols of `env`, the
//! module through which the linker connects libraries. It removes the custom sections that describe the
//! WASI interfaces. And it renames two of libc's functions that the guest library replaces
//! (`system/libc`): the new `write` reports errors more precisely, and the new `chdir` resolves paths.

use anyhow::{Context, Result, bail};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{EntityType, ExportSection, ImportSection, Module};
use wasmparser::{
    CustomSectionReader, Export, Import, ImportSectionReader, Parser, Payload, TypeRef,
};

/// The prefix of the guest library's symbols for WASI functions.
const PREFIX: &str = "wasi_";

/// Renames the imports of libc.
pub(crate) fn prepare(libc: &[u8]) -> Result<Vec<u8>> {
    let mut module = Module::new();
    Preparation
        .parse_core_module(&mut module, Parser::new(0), libc)
        .context("cannot rename the imports of libc.so")?;
    Ok(module.finish())
}

/// Returns the symbols of the guest library that a prepared libc imports.
pub(crate) fn symbols(prepared: &[u8]) -> Result<Vec<String>> {
    let mut symbols = Vec::new();
    for import in imports(prepared)? {
        if import.module == "env" && import.name.starts_with(PREFIX) {
            symbols.push(import.name.to_owned());
        } else if import.module.starts_with("wasi") {
            bail!("libc.so: it still has WASI imports; run `cargo xtask fetch-libs`");
        }
    }
    Ok(symbols)
}

/// Returns the imports of a core module.
pub(crate) fn imports(module: &[u8]) -> Result<Vec<Import<'_>>> {
    let mut imports = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                imports.push(import?);
            }
        }
    }
    Ok(imports)
}

/// Returns the guest library's symbol for a WASI function: `[method]input-stream.read` of
/// `wasi:io/streams@0.2.0` is `wasi_io_streams_input_stream_read`.
fn symbol(interface: &str, function: &str) -> String {
    let interface = interface.trim_start_matches("wasi:");
    let interface = interface.split('@').next().unwrap_or_default();
    let function = function
        .replace("[resource-drop]", "drop-")
        .replace("[method]", "");
    format!("{PREFIX}{interface}-{function}").replace(['/', '-', '.'], "_")
}

/// The functions of libc that the guest library replaces, and the new names of libc's versions.
pub(crate) const REPLACED: &[(&str, &str)] = &[("chdir", "libc_chdir"), ("write", "libc_write")];

struct Preparation;

impl Reencode for Preparation {
    type Error = std::convert::Infallible;

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        for import in section.into_imports() {
            let import = import?;
            let entity: EntityType = self.entity_type(import.ty)?;
            if import.module.starts_with("wasi:") && matches!(import.ty, TypeRef::Func(_)) {
                imports.import("env", &symbol(import.module, import.name), entity);
            } else {
                imports.import(import.module, import.name, entity);
            }
        }
        Ok(())
    }

    fn parse_export(
        &mut self,
        exports: &mut ExportSection,
        mut export: Export<'_>,
    ) -> Result<(), reencode::Error> {
        if let Some((_, name)) = REPLACED.iter().find(|(name, _)| *name == export.name) {
            export.name = name;
        }
        reencode::utils::parse_export(self, exports, export)
    }

    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        if section.name().starts_with("component-type") {
            return Ok(());
        }
        reencode::utils::parse_custom_section(self, module, section)
    }
}
