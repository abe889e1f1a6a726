//! The interface of a shared library: its imports and exports, sorted by what the linker does with them.
//!
//! `eryx_artifact` reads the library; this module also validates it.

use std::collections::BTreeMap;
use std::fmt;
use std::iter;

use eryx_artifact::dylink::{Import, ItemType, MemoryInfo, SharedLibrary, SharedLibraryError};
use wasmparser::{FuncType, GlobalType, RefType, ValType, Validator, WasmFeatures};

use crate::error::LibraryFault;

/// The imports and exports of a library.
#[derive(Default)]
pub(crate) struct Interface {
    /// The sizes and alignments of its static data and its part of the table.
    pub(crate) memory: MemoryInfo,
    /// The libraries that it declares as needed.
    pub(crate) needed: Vec<String>,
    /// The functions that it imports by name. Another library must export each with the same signature.
    pub(crate) functions: Vec<Function>,
    /// The symbols of other libraries' data whose addresses it imports.
    pub(crate) data_addresses: Vec<String>,
    /// The symbols of other libraries' functions whose addresses it imports.
    pub(crate) function_addresses: Vec<String>,
    /// The imports that no library can satisfy, by module and name.
    pub(crate) foreign: Vec<(String, String)>,
    /// The imports whose type differs from what the linker provides, with the difference.
    pub(crate) misfits: Vec<(String, &'static str)>,
    /// Whether it declares imports and exports for the whole component.
    pub(crate) has_component_type: bool,
    /// Its exports, by symbol.
    pub(crate) exports: BTreeMap<String, Export>,
}

/// An imported function.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) signature: Signature,
    /// Whether it may stay undefined.
    pub(crate) weak: bool,
}

/// The kind of an exported symbol.
#[derive(Debug, PartialEq)]
pub(crate) enum Export {
    Function(Signature),
    /// The address of data, relative to where the library is loaded.
    Data,
}

/// The parameters and results of a function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signature(FuncType);

impl Signature {
    /// Returns the signature of a function whose parameters and results are all `i32`.
    pub(crate) fn of_words(parameters: usize, results: usize) -> Self {
        let words = |count| iter::repeat_n(ValType::I32, count);
        Self(FuncType::new(words(parameters), words(results)))
    }

    /// Returns whether a parameter or result is a vector, which the linker cannot pass between libraries.
    pub(crate) fn has_vector(&self) -> bool {
        let mut types = self.0.params().iter().chain(self.0.results());
        types.any(|value| *value == ValType::V128)
    }

    /// Returns whether all parameters and results are of the four number types. The linker supports no
    /// others.
    pub(crate) fn has_numbers_only(&self) -> bool {
        let mut types = self.0.params().iter().chain(self.0.results());
        types.all(|value| {
            matches!(
                value,
                ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64
            )
        })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |types: &[ValType]| {
            let names: Vec<_> = types.iter().map(ToString::to_string).collect();
            names.join(", ")
        };
        let (parameters, results) = (list(self.0.params()), list(self.0.results()));
        write!(f, "({parameters}) -> ({results})")
    }
}

/// The WebAssembly features that libraries may use: version 2.0, and later ones that compilers emit and
/// that need no support in the linker.
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::TAIL_CALL);

/// Validates a library and reads its interface.
pub(crate) fn read(bytes: &[u8]) -> Result<Interface, LibraryFault> {
    let library = SharedLibrary::read(bytes).map_err(LibraryFault::Unreadable)?;
    let validated = Validator::new_with_features(FEATURES).validate_all(bytes);
    validated.map_err(|error| {
        LibraryFault::Unreadable(SharedLibraryError::Invalid {
            reason: error.to_string(),
        })
    })?;
    let mut interface = Interface {
        memory: library.memory,
        needed: library.needed.into_iter().map(str::to_owned).collect(),
        has_component_type: library.has_component_type,
        ..Interface::default()
    };
    for import in library.imports {
        interface.add_import(import);
    }
    for export in library.exports {
        let name = export.name.to_owned();
        let export = match export.ty {
            ItemType::Function(function) => Export::Function(Signature(function)),
            ItemType::Global(CONSTANT) => Export::Data,
            _ => return Err(LibraryFault::Export { name }),
        };
        interface.exports.insert(name, export);
    }
    Ok(interface)
}

impl Interface {
    fn add_import(&mut self, import: Import<'_>) {
        let name = import.name.to_owned();
        match (import.module, import.ty) {
            ("GOT.mem", ItemType::Global(VARIABLE)) => self.data_addresses.push(name),
            ("GOT.func", ItemType::Global(VARIABLE)) => self.function_addresses.push(name),
            ("GOT.mem" | "GOT.func", ItemType::Global(CONSTANT)) => {
                self.misfits.push((name, "as a constant"));
            }
            ("env", ty) if FROM_LINKER.contains(&import.name) => {
                if let Some(problem) = misfit(&name, &ty, self.memory) {
                    self.misfits.push((name, problem));
                }
            }
            ("env", ItemType::Function(function)) => self.functions.push(Function {
                name,
                signature: Signature(function),
                weak: import.weak,
            }),
            (module, _) => self.foreign.push((module.to_owned(), name)),
        }
    }
}

/// The type of an address that the linker knows before it instantiates the library.
const CONSTANT: GlobalType = GlobalType {
    content_type: ValType::I32,
    mutable: false,
    shared: false,
};
/// The type of an address that the linker writes once all libraries are instantiated.
const VARIABLE: GlobalType = GlobalType {
    mutable: true,
    ..CONSTANT
};

/// The imports from `env` that the linker itself provides.
const FROM_LINKER: [&str; 5] = [
    "memory",
    "__indirect_function_table",
    "__memory_base",
    "__table_base",
    "__stack_pointer",
];
/// The sizes that every linked memory and table has at least: pages for the stack, and table entries for
/// CPython.
const LEAST_PAGES: u64 = 16;
const LEAST_ENTRIES: u64 = 1024;

/// Describes how an import differs from what the linker provides under that name. Returns `None` if it
/// fits.
fn misfit(name: &str, ty: &ItemType, own: MemoryInfo) -> Option<&'static str> {
    let problem = match (name, ty) {
        ("memory", ItemType::Memory(memory)) => {
            let pages = u64::from(own.memory_size).div_ceil(1 << 16);
            match memory {
                _ if memory.memory64 || memory.shared => "of a kind that sandboxes do not have",
                _ if memory.maximum.is_some() => "with a maximum",
                _ if memory.initial > pages + LEAST_PAGES => "larger than its static data",
                _ => return None,
            }
        }
        ("__indirect_function_table", ItemType::Table(table)) => {
            let entries = u64::from(own.table_size);
            match table {
                _ if table.table64 || table.shared => "of a kind that sandboxes do not have",
                _ if table.element_type != RefType::FUNCREF => {
                    "of a kind that sandboxes do not have"
                }
                _ if table.maximum.is_some() => "with a maximum",
                _ if table.initial > entries + LEAST_ENTRIES => "larger than its own entries",
                _ => return None,
            }
        }
        ("__memory_base" | "__table_base", ItemType::Global(CONSTANT))
        | ("__stack_pointer", ItemType::Global(VARIABLE)) => return None,
        ("__memory_base" | "__table_base", ItemType::Global(VARIABLE)) => "as a variable",
        ("__stack_pointer", ItemType::Global(CONSTANT)) => "as a constant",
        _ => "as an item of another kind",
    };
    Some(problem)
}
