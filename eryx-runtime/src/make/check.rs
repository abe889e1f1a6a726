//! Checking native libraries before they are linked.
//!
//! The linker accepts many wrong libraries silently, and panics on others. If two libraries define a
//! symbol, it takes the first; a call of an undefined function traps at run time; an import from an
//! unknown interface becomes an import of the component. So every library that is linked to the base is
//! checked here first.

use std::collections::BTreeMap;

use eryx_artifact::library_name::check_python_tag;

use super::dylink::{self, Export, Interface, Signature};
use crate::error::{ImageError, LibraryFault};

/// The largest static data of one library, in bytes.
const MEMORY_LIMIT: u32 = 256 << 20;
/// The largest static data of all libraries together, in bytes. The linker's 32-bit sum must not
/// overflow.
const ALL_MEMORY_LIMIT: u64 = 1 << 30;
/// The most table entries of one library.
const TABLE_LIMIT: u32 = 1 << 20;
/// The largest alignment, as a power of two: one WebAssembly page.
const ALIGNMENT_LIMIT: u32 = 16;
/// The most libraries. A component may have 1000 core instances, and a library takes about four.
const LIBRARIES_LIMIT: usize = 230;

/// Exports that every library may have. The linker calls them for each library.
const PER_LIBRARY: [&str; 3] = [
    "__wasm_apply_data_relocs",
    "__wasm_call_ctors",
    "_initialize",
];
/// Exports that the linker treats specially.
const RESERVED: [&str; 4] = ["_start", "__wasm_set_libraries", "cabi_realloc", "memory"];
/// Symbols that the linker itself defines.
const LINKER_DEFINED: [&str; 4] = ["__heap_base", "__heap_end", "__stack_high", "__stack_low"];

/// Checks that `libraries` can be linked to `base`; each has a name and its bytes.
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
    let mut faults = Vec::new();
    let mut interfaces = Vec::new();
    let mut all_memory = 0;
    for (name, bytes) in libraries {
        match read(name, bytes, &known, &mut all_memory) {
            Ok(interface) => {
                known.add(name, &interface);
                interfaces.push((name, interface));
            }
            Err(found) => faults.push(fault(name)(found)),
        }
    }
    // What the others import may be in a library that could not be read.
    if faults.is_empty() {
        let names: Vec<&str> = base
            .iter()
            .chain(libraries)
            .map(|(name, _)| *name)
            .collect();
        let mut weak = BTreeMap::new();
        for (name, interface) in &interfaces {
            let checked = known
                .check_imports(interface)
                .and_then(|()| known.check_weak(name, interface, &mut weak))
                .and_then(|()| check_needed(interface, &names));
            faults.extend(checked.err().map(fault(name)));
        }
    }
    match ImageError::of_all(faults) {
        None => Ok(()),
        Some(faults) => Err(faults),
    }
}

/// Checks that the libraries that one names as needed are linked.
fn check_needed(interface: &Interface, names: &[&str]) -> Result<(), LibraryFault> {
    let is_missing = |needed: &&String| !names.contains(&needed.as_str());
    let missing = interface.needed.iter().find(is_missing);
    missing.map_or(Ok(()), |needed| {
        Err(LibraryFault::MissingLibrary {
            needed: needed.clone(),
        })
    })
}

/// Reads a library, and checks what does not depend on later libraries. `known` are the symbols of the
/// earlier ones, `all_memory` is the size of their static data.
fn read(
    name: &str,
    bytes: &[u8],
    known: &Symbols,
    all_memory: &mut u64,
) -> Result<Interface, LibraryFault> {
    let interface = dylink::read(bytes)?;
    check_python_tag(name).map_err(LibraryFault::ForeignTag)?;
    check_alone(&interface)?;
    known.check_exports(&interface)?;
    *all_memory += u64::from(interface.memory.memory_size);
    if *all_memory > ALL_MEMORY_LIMIT {
        return Err(LibraryFault::TooLarge {
            amount: *all_memory,
            what: "bytes of static data, together with the libraries before it",
            limit: ALL_MEMORY_LIMIT,
        });
    }
    Ok(interface)
}

fn fault(library: &str) -> impl Fn(LibraryFault) -> ImageError {
    let library = library.to_owned();
    move |fault| ImageError::Library {
        library: library.clone(),
        fault,
    }
}

/// Checks a library by itself.
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

/// The symbols that libraries export, each with the first library that exports it.
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

    /// Checks that a library defines no symbol a second time. Two libraries may have a Python module of the
    /// same name, because Python looks its `PyInit_` function up in one library.
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

    /// Checks that libraries import each undefined weak function with one signature, because it gets one
    /// stub. `weak` collects these functions, each with the first library that imports it.
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

    /// Checks that other libraries define what a library imports, as it imports it.
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
                    return Err(data_as_function(&function.name, library));
                }
                None if function.weak => {}
                None => return Err(missing(&function.name)),
            }
        }
        for symbol in &interface.data_addresses {
            match self.0.get(symbol) {
                Some((_, Export::Data)) => {}
                Some((library, Export::Function(_))) => {
                    return Err(function_as_data(symbol, library));
                }
                None if LINKER_DEFINED.contains(&&**symbol) => {}
                None => return Err(missing(symbol)),
            }
        }
        for symbol in &interface.function_addresses {
            match self.0.get(symbol) {
                Some((_, Export::Function(_))) => {}
                Some((library, Export::Data)) => return Err(data_as_function(symbol, library)),
                // A weak function that is also imported as a function gets a stub.
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

fn data_as_function(symbol: &str, library: &str) -> LibraryFault {
    LibraryFault::Kind {
        symbol: symbol.to_owned(),
        library: library.to_owned(),
        wanted: "a function",
        found: "data",
    }
}

fn function_as_data(symbol: &str, library: &str) -> LibraryFault {
    LibraryFault::Kind {
        symbol: symbol.to_owned(),
        library: library.to_owned(),
        wanted: "data",
        found: "a function",
    }
}

fn missing(symbol: &str) -> LibraryFault {
    LibraryFault::MissingSymbol {
        symbol: symbol.to_owned(),
    }
}
