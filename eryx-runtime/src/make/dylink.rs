//! What a dynamic library says of itself: the `dylink.0` section, imports and exports of a core
//! module made by `wasm-ld -shared`.
//!
//! The format is the tool conventions' "Dynamic Linking" document; wasmparser reads it.

use std::collections::BTreeMap;
use std::fmt;
use std::iter;

use wasmparser::types::{CoreTypeId, TypesRef};
use wasmparser::{
    CustomSectionReader, Dylink0Subsection, ExternalKind, FuncType, GlobalType, Import,
    KnownCustom, MemInfo, Parser, Payload, RefType, SymbolFlags, TypeRef, ValType, Validator,
    WasmFeatures,
};

use crate::error::LibraryFault;

/// What a library imports and exports.
#[derive(Default)]
pub(crate) struct Interface {
    /// The memory and table that it wants.
    pub(crate) memory: Memory,
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

/// The memory and table that a library wants for itself.
pub(crate) struct Memory(pub(crate) MemInfo);

impl Default for Memory {
    fn default() -> Self {
        Self(MemInfo {
            memory_size: 0,
            memory_alignment: 0,
            table_size: 0,
            table_alignment: 0,
        })
    }
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

/// Reads a library's interface, having validated all of it.
pub(crate) fn read(bytes: &[u8]) -> Result<Interface, LibraryFault> {
    if !bytes.starts_with(b"\0asm") {
        return Err(LibraryFault::NotWasm { kind: kind(bytes) });
    }
    if Parser::is_component(bytes) {
        return Err(LibraryFault::Component);
    }
    let types = Validator::new_with_features(FEATURES)
        .validate_all(bytes)
        .map_err(|error| LibraryFault::Invalid {
            reason: error.to_string(),
        })?;
    let mut reading = Reading {
        types: types.as_ref(),
        flags: BTreeMap::new(),
        is_library: false,
        has_other_section: false,
        interface: Interface::default(),
    };
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        let is_other = !matches!(
            payload,
            Payload::Version { .. } | Payload::CustomSection(_) | Payload::End(_)
        );
        match payload {
            Payload::CustomSection(section) => reading.custom_section(&section)?,
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    reading.import(import.map_err(invalid)?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    reading.export(export.map_err(invalid)?)?;
                }
            }
            _ => {}
        }
        reading.has_other_section |= is_other;
    }
    if reading.is_library {
        Ok(reading.interface)
    } else {
        Err(LibraryFault::NotDynamic)
    }
}

/// What is known of a module half-way through it.
struct Reading<'a> {
    types: TypesRef<'a>,
    /// What `dylink.0`, which comes first, says of imports, by module and name.
    flags: BTreeMap<(&'a str, &'a str), SymbolFlags>,
    is_library: bool,
    /// Whether a section came that `dylink.0` must precede.
    has_other_section: bool,
    interface: Interface,
}

impl<'a> Reading<'a> {
    fn custom_section(&mut self, section: &CustomSectionReader<'a>) -> Result<(), LibraryFault> {
        self.interface.has_component_type |= section.name().starts_with("component-type");
        let KnownCustom::Dylink0(reader) = section.as_known() else {
            return Ok(());
        };
        if self.is_library || self.has_other_section {
            return Err(LibraryFault::Invalid {
                reason: "its dylink.0 section must be the first of all, and the only one"
                    .to_owned(),
            });
        }
        self.is_library = true;
        for subsection in reader {
            match subsection.map_err(invalid)? {
                Dylink0Subsection::MemInfo(info) => self.interface.memory = Memory(info),
                Dylink0Subsection::Needed(names) => {
                    let names = names.into_iter().map(str::to_owned);
                    self.interface.needed.extend(names);
                }
                Dylink0Subsection::ImportInfo(imports) => {
                    for import in imports {
                        self.flags
                            .insert((import.module, import.field), import.flags);
                    }
                }
                Dylink0Subsection::ExportInfo(_) | Dylink0Subsection::RuntimePath(_) => {}
                Dylink0Subsection::Unknown { ty, .. } => {
                    return Err(LibraryFault::Invalid {
                        reason: format!("its dylink.0 section has a subsection of kind {ty}"),
                    });
                }
            }
        }
        Ok(())
    }

    fn import(&mut self, import: Import<'a>) {
        let name = import.name.to_owned();
        let weak = self
            .flags
            .get(&(import.module, import.name))
            .is_some_and(|flags| flags.contains(SymbolFlags::BINDING_WEAK));
        match (import.module, import.ty) {
            ("GOT.mem", TypeRef::Global(VARIABLE)) => self.interface.data_addresses.push(name),
            ("GOT.func", TypeRef::Global(VARIABLE)) => {
                self.interface.function_addresses.push(name);
            }
            ("GOT.mem" | "GOT.func", TypeRef::Global(CONSTANT)) => {
                self.interface.misfits.push((name, "as a constant"));
            }
            ("env", kind) if FROM_LINKER.contains(&import.name) => {
                if let Some(problem) = misfit(&name, kind, &self.interface.memory.0) {
                    self.interface.misfits.push((name, problem));
                }
            }
            ("env", TypeRef::Func(index)) => self.interface.functions.push(Function {
                name,
                signature: self.signature(self.types.core_type_at_in_module(index)),
                weak,
            }),
            (module, _) => self.interface.foreign.push((module.to_owned(), name)),
        }
    }

    fn export(&mut self, export: wasmparser::Export<'a>) -> Result<(), LibraryFault> {
        let types = self.types;
        let kind = match export.kind {
            ExternalKind::Func => {
                Export::Function(self.signature(types.core_function_at(export.index)))
            }
            ExternalKind::Global if types.global_at(export.index) == CONSTANT => Export::Data,
            _ => {
                return Err(LibraryFault::Export {
                    name: export.name.to_owned(),
                });
            }
        };
        self.interface.exports.insert(export.name.to_owned(), kind);
        Ok(())
    }

    fn signature(&self, id: CoreTypeId) -> Signature {
        Signature(self.types[id].unwrap_func().clone())
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
fn misfit(name: &str, kind: TypeRef, asked: &MemInfo) -> Option<&'static str> {
    let problem = match (name, kind) {
        ("memory", TypeRef::Memory(memory)) => {
            let pages = u64::from(asked.memory_size).div_ceil(1 << 16);
            match memory {
                _ if memory.memory64 || memory.shared => "of another kind than a sandbox's",
                _ if memory.maximum.is_some() => "with a maximum",
                _ if memory.initial > pages + LEAST_PAGES => "larger than its static data",
                _ => return None,
            }
        }
        ("__indirect_function_table", TypeRef::Table(table)) => {
            let entries = u64::from(asked.table_size);
            match table {
                _ if table.table64 || table.shared => "of another kind than a sandbox's",
                _ if table.element_type != RefType::FUNCREF => "of another kind than a sandbox's",
                _ if table.maximum.is_some() => "with a maximum",
                _ if table.initial > entries + LEAST_ENTRIES => "larger than its own entries",
                _ => return None,
            }
        }
        ("__memory_base" | "__table_base", TypeRef::Global(CONSTANT))
        | ("__stack_pointer", TypeRef::Global(VARIABLE)) => return None,
        ("__memory_base" | "__table_base", TypeRef::Global(VARIABLE)) => "as a variable",
        ("__stack_pointer", TypeRef::Global(CONSTANT)) => "as a constant",
        _ => "as something else than it is",
    };
    Some(problem)
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err wants it")]
fn invalid(error: wasmparser::BinaryReaderError) -> LibraryFault {
    LibraryFault::Invalid {
        reason: error.to_string(),
    }
}

/// What a file that is no WebAssembly seems to be.
fn kind(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "is empty",
        [0x7f, b'E', b'L', b'F', ..] => "is an ELF library, as Linux has them",
        [b'M', b'Z', ..] => "is a library for Windows",
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => {
            "is a library for macOS"
        }
        _ => "is not WebAssembly",
    }
}
