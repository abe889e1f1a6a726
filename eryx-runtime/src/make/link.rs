//! Late linking: joining the base libraries and the extensions' libraries into one component.
//!
//! WebAssembly has no `dlopen`. Instead `wit_component::Linker` assigns each library its part of one
//! memory and one table, resolves symbols between libraries, and writes a table of library names, in
//! which the `dlopen` of `libdl.so` looks libraries up. CPython opens an extension module by its full
//! path, so the name of a library here is its path in the sandbox.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use wasm_encoder::{CustomSection, Encode as _, Section as _};
use wasmparser::{Dylink0Subsection, KnownCustom, Parser, Payload};
use wit_component::Linker;

use super::weak_stubs;
use crate::error::ImageError;
use crate::module::world::host::INTERFACE;
use crate::run::runtime::NATIVE_STACK;

/// The size of the stack in linear memory, in bytes. CPython checks its depth.
const STACK: u32 = 1 << 20;

// The stack in linear memory must overflow first: nothing in the guest checks the native stack.
const _: () = assert!(NATIVE_STACK >= 32 * STACK as usize);

/// The alignment of the base in linear memory and in the table, as powers of two.
///
/// The linker puts a list of the extensions before the first library, so any other extension would move
/// the whole base. With this alignment the base stays where it is while the list is shorter than the
/// alignment, and its compiled code can be reused. In the table, the room before the base must be
/// enough for all functions of extensions, see `fuse::table_layout`.
const BASE_ALIGNMENT: [u8; 2] = [16, 17];

/// Links the libraries of `base` and then `libraries` into a component; each has a name and its bytes.
/// A library must come after those that it needs.
pub(crate) fn link(
    base: &[(&str, &[u8])],
    libraries: &[(&str, &[u8])],
) -> Result<Vec<u8>, ImageError> {
    let base = pin_base_layout(base);
    let all = base.iter().map(|(_, bytes)| &**bytes);
    let stubs = weak_stubs::stubs(all.chain(libraries.iter().map(|(_, bytes)| *bytes)));
    let encode = || {
        let mut linker = Linker::default().validate(true).stack_size(STACK);
        for (name, bytes) in &base {
            linker = linker.library(name, bytes, false)?;
        }
        for (name, bytes) in libraries {
            linker = linker.library(name, bytes, true)?;
        }
        if let Some(stubs) = &stubs {
            linker = linker.library(weak_stubs::STUBS, stubs, false)?;
        }
        linker.encode()
    };
    // `check` refuses everything that is known to make the linker panic. An unknown cause must not end
    // the host.
    let component = catch_unwind(AssertUnwindSafe(encode))
        .map_err(|_| ImageError::Link {
            reason: "the linker panicked; this is a bug in eryx, please report it".to_owned(),
        })?
        .map_err(|error| ImageError::Link {
            reason: format!("{error:#}"),
        })?;
    check_imports(&component)?;
    Ok(component)
}

/// Changes the base's metadata so that the linker lays out the base in the same way whatever else it
/// links: aligns the first library, and lets the last one need all others.
fn pin_base_layout<'b>(base: &[(&'b str, &'b [u8])]) -> Vec<(&'b str, Cow<'b, [u8]>)> {
    let mut libraries: Vec<_> = base
        .iter()
        .map(|(name, bytes)| (*name, Cow::Borrowed(*bytes)))
        .collect();
    if let Some((_, first)) = libraries.first_mut() {
        *first = align(first).into();
    }
    if let Some(((_, last), others)) = libraries.split_last_mut() {
        let names: Vec<_> = others.iter().map(|(name, _)| *name).collect();
        *last = with_needed(last, &names).into();
    }
    libraries
}

/// Returns a library that declares that it needs others. The linker leaves out a library that no other
/// needs, so without this the base would be different with an extension that needs one more.
fn with_needed(library: &[u8], names: &[&str]) -> Vec<u8> {
    /// The kind of the `dylink.0` subsection that lists the needed libraries.
    const NEEDED: u8 = 2;

    for payload in Parser::new(0).parse_all(library).flatten() {
        let Payload::CustomSection(section) = payload else {
            continue;
        };
        let range = section.range();
        if let KnownCustom::Dylink0(_) = section.as_known()
            // It is the first section, after the module's header.
            && let (Some(before), Some(after)) = (library.get(..8), library.get(range.end..))
        {
            let mut needed = Vec::new();
            names.encode(&mut needed);
            let mut data = section.data().to_vec();
            data.push(NEEDED);
            needed.encode(&mut data);
            let section = CustomSection {
                name: section.name().into(),
                data: data.into(),
            };
            let mut library = before.to_vec();
            section.append_to(&mut library);
            library.extend_from_slice(after);
            return library;
        }
    }
    library.to_vec()
}

/// Returns a library with [`BASE_ALIGNMENT`]. In the `dylink.0` subsection for memory and table, the
/// alignments are the second and the fourth number, each of which takes one byte.
fn align(library: &[u8]) -> Vec<u8> {
    let mut aligned = library.to_vec();
    for payload in Parser::new(0).parse_all(library).flatten() {
        let Payload::CustomSection(section) = payload else {
            continue;
        };
        let KnownCustom::Dylink0(subsections) = section.as_known() else {
            continue;
        };
        for subsection in subsections.into_iter().flatten() {
            let Dylink0Subsection::MemInfo(info) = subsection else {
                continue;
            };
            // The numbers follow the subsection's kind and its length, which take a byte each.
            let memory = section.data_offset() + 2 + leb128_length(info.memory_size);
            let table = memory + 1 + leb128_length(info.table_size);
            for (offset, alignment) in [memory, table].into_iter().zip(BASE_ALIGNMENT) {
                if let Some(byte) = aligned.get_mut(offset) {
                    *byte = alignment;
                }
            }
        }
    }
    aligned
}

/// Returns how many bytes a number takes in LEB128, the encoding of WebAssembly files.
fn leb128_length(number: u32) -> usize {
    let bits = u32::BITS - number.leading_zeros();
    bits.div_ceil(7).max(1) as usize
}

/// Checks that the component imports the host's [`INTERFACE`] and nothing else.
pub(crate) fn check_imports(component: &[u8]) -> Result<(), ImageError> {
    // How many modules and components enclose the payload: only the outermost component's imports
    // reach the host.
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component).flatten() {
        match payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(imports) if depth == 1 => {
                let mut names = imports.into_iter().flatten().map(|import| import.name.name);
                if let Some(name) = names.find(|name| *name != INTERFACE) {
                    return Err(ImageError::Link {
                        reason: format!(
                            "they import {name} from the host; a sandbox offers only {INTERFACE}"
                        ),
                    });
                }
            }
            _ => {}
        }
    }
    Ok(())
}
