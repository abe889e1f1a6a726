//! Late-linking: base libraries and extensions become one component.
//!
//! WebAssembly has no `dlopen`. `wit_component::Linker` gives each library its place in one memory
//! and one table, resolves their symbols, and writes the table in which the `dlopen` of its
//! built-in libdl then looks libraries up by name. CPython asks for an extension module by its
//! full path, so that is a library's name here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmparser::{Parser, Payload};
use wit_component::Linker;

use crate::error::ImageError;

/// The stack in linear memory, in bytes. CPython itself guards this one; the native stack that
/// the engine gives (`engine::NATIVE_STACK`) must be large enough that this one ends first.
pub(crate) const STACK: u32 = 1 << 20;

/// All that a component may import.
const HOST: &str = "eryx:sandbox/host@0.1.0";

/// Links `base` and then `libraries`, each with its name and bytes, into a component. A library
/// must come after those it needs.
pub(crate) fn link(
    base: &[(&str, &[u8])],
    libraries: &[(&str, &[u8])],
) -> Result<Vec<u8>, ImageError> {
    let encode = || {
        let mut linker = Linker::default()
            .validate(true)
            .use_built_in_libdl(true)
            .stack_size(STACK);
        for (name, bytes) in base {
            linker = linker.library(name, bytes, false)?;
        }
        for (name, bytes) in libraries {
            linker = linker.library(name, bytes, true)?;
        }
        linker.encode()
    };
    // `check` keeps out all that is known to make the linker panic. What it does not know of must
    // still not end the host.
    let component = catch_unwind(AssertUnwindSafe(encode))
        .map_err(|_| ImageError::Link {
            reason: "the linker itself failed on them; this is a bug in eryx".to_owned(),
        })?
        .map_err(|error| ImageError::Link {
            reason: format!("{error:#}"),
        })?;
    check_imports(&component)?;
    Ok(component)
}

/// Checks that the component asks the host for nothing but what [`HOST`] has.
fn check_imports(component: &[u8]) -> Result<(), ImageError> {
    // How many modules and components are open: what is within others is theirs.
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component).flatten() {
        match payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(imports) if depth == 1 => {
                let mut names = imports.into_iter().flatten().map(|import| import.name.name);
                if let Some(name) = names.find(|name| *name != HOST) {
                    return Err(ImageError::Link {
                        reason: format!("they would ask the host for {name}"),
                    });
                }
            }
            _ => {}
        }
    }
    Ok(())
}
