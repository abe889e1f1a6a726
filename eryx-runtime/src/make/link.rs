//! Late-linking: base libraries and extensions become one component.
//!
//! WebAssembly has no `dlopen`. `wit_component::Linker` gives each library its place in one memory
//! and one table, resolves their symbols, and writes the table in which the `dlopen` of `libdl.so`
//! then looks libraries up by name. CPython asks for an extension module by its
//! full path, so that is a library's name here.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use wasm_encoder::{CustomSection, Encode as _, Section as _};
use wasmparser::{Dylink0Subsection, KnownCustom, Parser, Payload};
use wit_component::Linker;

use super::weak_stubs;
use crate::error::ImageError;
use crate::module::world::host::INTERFACE as HOST;
use crate::run::runtime::NATIVE_STACK;

/// The stack in linear memory, in bytes. CPython itself guards this one.
const STACK: u32 = 1 << 20;

// The native stack must be large enough that the one in linear memory ends first.
const _: () = assert!(NATIVE_STACK >= 32 * STACK as usize);

/// Where the base begins, in linear memory and in the table: at a multiple of these powers of two.
///
/// The linker puts a list of the extensions before the first library, and with that all of the base
/// would move whenever there is another extension. So the first library is said to want such places:
/// while the list is shorter than they are, the base stays where it is, and what was compiled of it
/// can be used again. In the table there is to be room before the base for all functions of
/// extensions, see `fuse::places`.
const BASE_ALIGNMENT: [u8; 2] = [16, 17];

/// Links `base` and then `libraries`, each with its name and bytes, into a component. A library
/// must come after those it needs.
pub(crate) fn link(
    base: &[(&str, &[u8])],
    libraries: &[(&str, &[u8])],
) -> Result<Vec<u8>, ImageError> {
    let base = as_ever(base);
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

/// The base, such that all of it is linked, and lies where it always does.
fn as_ever<'b>(base: &[(&'b str, &'b [u8])]) -> Vec<(&'b str, Cow<'b, [u8]>)> {
    let mut libraries: Vec<_> = base
        .iter()
        .map(|(name, bytes)| (*name, Cow::Borrowed(*bytes)))
        .collect();
    if let Some((_, first)) = libraries.first_mut() {
        *first = settle(first).into();
    }
    if let Some(((_, last), others)) = libraries.split_last_mut() {
        let names: Vec<_> = others.iter().map(|(name, _)| *name).collect();
        *last = needing(last, &names).into();
    }
    libraries
}

/// A library that says that it needs these others: the linker leaves out what nobody needs, and the
/// base would be another one with an extension that does.
fn needing(library: &[u8], names: &[&str]) -> Vec<u8> {
    /// The kind of the subsection of `dylink.0` that names what a library needs.
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

/// A library with [`BASE_ALIGNMENT`]: in the subsection of `dylink.0` that says what it needs, the
/// second and the fourth number, each of which is one byte.
fn settle(library: &[u8]) -> Vec<u8> {
    let mut settled = library.to_vec();
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
            // After the kind of the subsection and its length.
            let memory = section.data_offset() + 2 + leb128_length(info.memory_size);
            let table = memory + 1 + leb128_length(info.table_size);
            for (place, alignment) in [memory, table].into_iter().zip(BASE_ALIGNMENT) {
                if let Some(byte) = settled.get_mut(place) {
                    *byte = alignment;
                }
            }
        }
    }
    settled
}

/// How many bytes a number has in a WebAssembly file.
fn leb128_length(number: u32) -> usize {
    let bits = u32::BITS - number.leading_zeros();
    bits.div_ceil(7).max(1) as usize
}

/// Checks that the component asks the host for nothing but what [`HOST`] has.
pub(crate) fn check_imports(component: &[u8]) -> Result<(), ImageError> {
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
