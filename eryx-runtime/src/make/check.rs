//! Looking at native libraries before they are linked.
//!
//! The linker would put a wrong library in without a word, or give up with a panic: a symbol that
//! two libraries define goes to the first, one that nobody defines is found out by a trap, an
//! import of another world becomes an import of the component. So everything that is linked on
//! top of the base is looked at here first.

use std::collections::BTreeMap;

use eryx_artifact::library_name::check_python_tag;

use super::dylink::{self, Export, Interface, Signature};
use crate::error::{ImageError, LibraryFault};

/// Static data of one library, in bytes.
const MEMORY_LIMIT: u32 = 256 << 20;
/// Static data of all libraries together, in bytes: the linker counts in 32 bits, and would begin
/// anew.
const ALL_MEMORY_LIMIT: u64 = 1 << 30;
/// Entries of the function table that one library takes.
const TABLE_LIMIT: u32 = 1 << 20;
/// As a power of two: one page of WebAssembly.
const ALIGNMENT_LIMIT: u32 = 16;
/// A component may have 1000 core instances, and a library takes about four.
const LIBRARIES_LIMIT: usize = 230;

/// Exports that every library may have: the linker calls them, library by library.
const PER_LIBRARY: [&str; 3] = [
    "__wasm_apply_data_relocs",
    "__wasm_call_ctors",
    "_initialize",
];
/// Exports that would change what the linker does.
const RESERVED: [&str; 4] = ["_start", "__wasm_set_libraries", "cabi_realloc", "memory"];
/// Addresses that the linker itself defines.
const LINKER_DEFINED: [&str; 4] = ["__heap_base", "__heap_end", "__stack_high", "__stack_low"];

/// Checks that `libraries` can be linked on top of `base`; each has a name and its bytes.
pub(crate) fn check(base: &[(&str, &[u8])], libraries: &[(&str, &[u8])]) -> Result<(), ImageError> {
    if libraries.is_empty() {
        return Ok(());
    }
    if libraries.len() > LIBRARIES_LIMIT {
        return Err(fault(libraries[LIBRARIES_LIMIT].0)(
            LibraryFault::TooLarge {
                amount: libraries.len() as u64,
                what: "native libraries in one image",
                limit: LIBRARIES_LIMIT as u64,
            },
        ));
    }
    let mut known = Symbols::default();
    for (name, bytes) in base {
        known.add(name, &dylink::read(bytes).map_err(fault(name))?);
    }
    let mut interfaces = Vec::new();
    let mut all_memory = 0;
    for (name, bytes) in libraries {
        let mut read = || {
            let interface = dylink::read(bytes)?;
            check_python_tag(name).map_err(LibraryFault::ForeignTag)?;
            check_alone(&interface)?;
            known.check_exports(&interface)?;
            all_memory += u64::from(interface.memory.memory_size);
            if all_memory > ALL_MEMORY_LIMIT {
                return Err(LibraryFault::TooLarge {
                    amount: all_memory,
                    what: "bytes of static data, together with the libraries before it",
                    limit: ALL_MEMORY_LIMIT,
                });
            }
            Ok(interface)
        };
        let interface = read().map_err(fault(name))?;
        known.add(name, &interface);
        interfaces.push((name, interface));
    }
    let mut weak = BTreeMap::new();
    for (name, interface) in &interfaces {
        known.check_imports(interface).map_err(fault(name))?;
        known
            .check_weak(name, interface, &mut weak)
            .map_err(fault(name))?;
    }
    for (name, interface) in interfaces {
        for needed in interface.needed {
            let mut names = base.iter().chain(libraries).map(|(name, _)| *name);
            if !names.any(|name| name == needed) {
                return Err(fault(name)(LibraryFault::MissingLibrary { needed }));
            }
        }
    }
    Ok(())
}

fn fault(library: &str) -> impl Fn(LibraryFault) -> ImageError {
    let library = library.to_owned();
    move |fault| ImageError::Library {
        library: library.clone(),
        fault,
    }
}

/// Checks what needs no knowledge of other libraries.
fn check_alone(interface: &Interface) -> Result<(), LibraryFault> {
    if interface.has_component_type {
        return Err(LibraryFault::ComponentType);
    }
    if let Some((module, name)) = interface.foreign.first() {
        return Err(LibraryFault::ForeignImport {
            module: module.clone(),
            name: name.clone(),
        });
    }
    if let Some((name, problem)) = interface.misfits.first() {
        return Err(LibraryFault::Misfit {
            name: name.clone(),
            problem,
        });
    }
    let memory = &interface.memory;
    for (amount, what, limit) in [
        (memory.memory_size, "bytes of static data", MEMORY_LIMIT),
        (memory.table_size, "table entries", TABLE_LIMIT),
        (
            memory.memory_alignment,
            "bits of alignment",
            ALIGNMENT_LIMIT,
        ),
        (
            memory.table_alignment,
            "bits of table alignment",
            ALIGNMENT_LIMIT,
        ),
    ] {
        if amount > limit {
            return Err(LibraryFault::TooLarge {
                amount: amount.into(),
                what,
                limit: limit.into(),
            });
        }
    }
    for (symbol, export) in &interface.exports {
        let name = || symbol.clone();
        if RESERVED.contains(&&**symbol) || LINKER_DEFINED.contains(&&**symbol) {
            return Err(LibraryFault::Reserved { name: name() });
        }
        let results = match &**symbol {
            symbol if PER_LIBRARY.contains(&symbol) => Some(0),
            symbol if symbol.starts_with("PyInit_") => Some(1),
            _ => None,
        };
        if let Some(results) = results {
            let wanted = Signature::of_words(0, results);
            if *export != Export::Function(wanted.clone()) {
                return Err(LibraryFault::StartSignature {
                    symbol: name(),
                    wanted: wanted.to_string(),
                });
            }
        }
        if let Export::Function(signature) = export {
            if signature.has_vector() {
                return Err(LibraryFault::Vector { symbol: name() });
            }
            if !signature.has_numbers_only() {
                return Err(LibraryFault::Export { name: name() });
            }
        }
    }
    Ok(())
}

/// The symbols that libraries export, with the library that exports each first.
#[derive(Default)]
struct Symbols(BTreeMap<String, (String, Export)>);

impl Symbols {
    fn add(&mut self, library: &str, interface: &Interface) {
        for (symbol, export) in &interface.exports {
            let export = match export {
                Export::Function(signature) => Export::Function(signature.clone()),
                Export::Data => Export::Data,
            };
            self.0
                .entry(symbol.clone())
                .or_insert_with(|| (library.to_owned(), export));
        }
    }

    /// A symbol may be defined once. The start functions of Python modules are another matter:
    /// they are looked up in one library each, so that two packages may have a module of one name.
    fn check_exports(&self, interface: &Interface) -> Result<(), LibraryFault> {
        for symbol in interface.exports.keys() {
            if symbol.starts_with("PyInit_") || PER_LIBRARY.contains(&&**symbol) {
                continue;
            }
            if let Some((other, _)) = self.0.get(symbol) {
                return Err(LibraryFault::Duplicate {
                    symbol: symbol.clone(),
                    other: other.clone(),
                });
            }
        }
        Ok(())
    }

    /// The linker makes one stub of a weak function that nobody defines, which can have one signature.
    /// `weak` are those that were looked at, each with the library that imports it first.
    fn check_weak<'i>(
        &self,
        library: &'i str,
        interface: &'i Interface,
        weak: &mut BTreeMap<&'i str, (&'i str, &'i Signature)>,
    ) -> Result<(), LibraryFault> {
        let functions = interface.functions.iter();
        for function in functions.filter(|function| !self.0.contains_key(&function.name)) {
            let (name, signature) = (&*function.name, &function.signature);
            let (other, found) = *weak.entry(name).or_insert((library, signature));
            if found != signature {
                return Err(LibraryFault::WeakSignature {
                    symbol: name.to_owned(),
                    other: other.to_owned(),
                    wanted: signature.to_string().into(),
                    found: found.to_string().into(),
                });
            }
        }
        Ok(())
    }

    fn check_imports(&self, interface: &Interface) -> Result<(), LibraryFault> {
        for function in &interface.functions {
            match self.0.get(&function.name) {
                Some((_, Export::Function(found))) if *found == function.signature => {}
                Some((library, Export::Function(found))) => {
                    return Err(LibraryFault::Signature {
                        symbol: function.name.clone(),
                        library: library.clone(),
                        wanted: function.signature.to_string(),
                        found: found.to_string(),
                    });
                }
                Some((library, Export::Data)) => {
                    return Err(LibraryFault::Kind {
                        symbol: function.name.clone(),
                        library: library.clone(),
                        wanted: "a function",
                        found: "data",
                    });
                }
                None if function.weak => {}
                None => return Err(missing(&function.name)),
            }
        }
        for symbol in &interface.data_addresses {
            match self.0.get(symbol) {
                Some((_, Export::Data)) => {}
                Some((library, Export::Function(_))) => {
                    return Err(LibraryFault::Kind {
                        symbol: symbol.clone(),
                        library: library.clone(),
                        wanted: "data",
                        found: "a function",
                    });
                }
                None if LINKER_DEFINED.contains(&&**symbol) => {}
                None => return Err(missing(symbol)),
            }
        }
        for symbol in &interface.function_addresses {
            match self.0.get(symbol) {
                Some((_, Export::Function(_))) => {}
                Some((library, Export::Data)) => {
                    return Err(LibraryFault::Kind {
                        symbol: symbol.clone(),
                        library: library.clone(),
                        wanted: "a function",
                        found: "data",
                    });
                }
                // The linker makes a stub of a weak function that is also imported as one.
                None => {
                    let mut functions = interface.functions.iter();
                    if !functions.any(|function| function.weak && function.name == *symbol) {
                        return Err(missing(symbol));
                    }
                }
            }
        }
        Ok(())
    }
}

fn missing(symbol: &str) -> LibraryFault {
    LibraryFault::MissingSymbol {
        symbol: symbol.to_owned(),
    }
}
