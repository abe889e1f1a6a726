//! What a shared library asks of the linker and of other libraries, and what it offers them.
//!
//! `eryx_artifact` reads the library. Here it is validated, and its imports and exports are sorted
//! by what the linker does with them.

use std::collections::BTreeMap;
use std::fmt;
use std::iter;

use eryx_artifact::dylink::{Import, ItemType, MemoryInfo, SharedLibrary, SharedLibraryError};
use wasmparser::{FuncType, GlobalType, RefType, ValType, Validator, WasmFeatures};

use crate::error::LibraryFault;

/// What a library imports and exports.
#[derive(Default)]
pub(crate) struct Interface {
    /// The memory and table that it wants.
    pub(crate) memory: MemoryInfo,
    /// The libraries that it names as needed.
    pub(crate) needed: Vec<String>,
    /// Functions imported by name, which another library must export with the same signature.
    pub(crate) functions: Vec<Function>,
    /// Addresses of data of other libraries, by symbol.
    pub(crate) data_addresses: Vec<String>,
    /// Addresses of functions of other libraries, by symbol.
    pub(crate) function_addresses: Vec<String>,
    /// What it imports that no library can give, by module and name.
    pub(crate) foreign: Vec<(String, String)>,
    /// What it imports that the linker gives in another form, and what the difference is.
    pub(crate) misfits: Vec<(String, &'static str)>,
    /// Whether it says what the whole component imports and exports.
    pub(crate) has_component_type: bool,
    /// What it exports, by symbol.
    pub(crate) exports: BTreeMap<String, Export>,
}

/// An imported function.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) signature: Signature,
    /// Whether it may stay without a definition.
    pub(crate) weak: bool,
}

/// What a symbol stands for.
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
    /// A function that takes and gives addresses and other numbers of 32 bits.
    pub(crate) fn of_words(parameters: usize, results: usize) -> Self {
        let words = |count| iter::repeat_n(ValType::I32, count);
        Self(FuncType::new(words(parameters), words(results)))
    }

    /// Whether a vector goes in or out, which the linker cannot pass between libraries.
    pub(crate) fn has_vector(&self) -> bool {
        let mut types = self.0.params().iter().chain(self.0.results());
        types.any(|value| *value == ValType::V128)
    }

    /// Whether all goes in and out as one of the four number types, which is all the linker knows.
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

/// What libraries may be made of: WebAssembly 2.0, and what compilers emit beyond it that asks
/// nothing of the linker.
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::TAIL_CALL);

/// Reads a library's interface, and validates all of the library.
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

/// An address that does not change once the library is there.
const CONSTANT: GlobalType = GlobalType {
    content_type: ValType::I32,
    mutable: false,
    shared: false,
};
/// An address that is written when all libraries are there.
const VARIABLE: GlobalType = GlobalType {
    mutable: true,
    ..CONSTANT
};

/// What the linker gives each library, from `env`.
const FROM_LINKER: [&str; 5] = [
    "memory",
    "__indirect_function_table",
    "__memory_base",
    "__table_base",
    "__stack_pointer",
];
/// What there is at the least, whatever is linked: pages of memory, for the stack alone, and
/// entries of the table, for CPython.
const LEAST_PAGES: u64 = 16;
const LEAST_ENTRIES: u64 = 1024;

/// How an import differs from what the linker gives under that name.
fn misfit(name: &str, ty: &ItemType, asked: MemoryInfo) -> Option<&'static str> {
    let problem = match (name, ty) {
        ("memory", ItemType::Memory(memory)) => {
            let pages = u64::from(asked.memory_size).div_ceil(1 << 16);
            match memory {
                _ if memory.memory64 || memory.shared => "of another kind than a sandbox's",
                _ if memory.maximum.is_some() => "with a maximum",
                _ if memory.initial > pages + LEAST_PAGES => "larger than its static data",
                _ => return None,
            }
        }
        ("__indirect_function_table", ItemType::Table(table)) => {
            let entries = u64::from(asked.table_size);
            match table {
                _ if table.table64 || table.shared => "of another kind than a sandbox's",
                _ if table.element_type != RefType::FUNCREF => "of another kind than a sandbox's",
                _ if table.maximum.is_some() => "with a maximum",
                _ if table.initial > entries + LEAST_ENTRIES => "larger than its own entries",
                _ => return None,
            }
        }
        ("__memory_base" | "__table_base", ItemType::Global(CONSTANT))
        | ("__stack_pointer", ItemType::Global(VARIABLE)) => return None,
        ("__memory_base" | "__table_base", ItemType::Global(VARIABLE)) => "as a variable",
        ("__stack_pointer", ItemType::Global(CONSTANT)) => "as a constant",
        _ => "as something else than it is",
    };
    Some(problem)
}
