//! What a dynamic library says of itself: the `dylink.0` section, imports and exports of a core
//! module made by `wasm-ld -shared`.
//!
//! The format is the tool conventions' "Dynamic Linking" document; wasmparser reads it.

use std::collections::BTreeMap;
use std::fmt;

use wasmparser::types::CoreTypeId;
use wasmparser::{
    Dylink0Subsection, Encoding, ExternalKind, FuncType, KnownCustom, MemInfo, Parser, Payload,
    SymbolFlags, TypeRef, ValType, Validator, WasmFeatures,
};

use crate::check::LibraryFault;

/// What a library imports and exports.
pub(crate) struct Interface {
    /// The memory and table that it wants.
    pub(crate) memory: MemInfo,
    /// The libraries that it names as needed.
    pub(crate) needed: Vec<String>,
    /// Functions imported by name, which another library must export with the same signature.
    pub(crate) functions: Vec<Function>,
    /// Addresses of data or functions of other libraries, by symbol; `true` for a weak one.
    pub(crate) addresses: Vec<(String, bool)>,
    /// What it imports that no library can give, by module and name.
    pub(crate) foreign: Vec<(String, String)>,
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
    /// Whether a vector goes in or out, which the linker cannot pass between libraries.
    pub(crate) fn has_vector(&self) -> bool {
        let mut types = self.0.params().iter().chain(self.0.results());
        types.any(|value| *value == ValType::V128)
    }

    /// Whether all goes in and out as one of the four number types, which is all the linker knows.
    pub(crate) fn has_numbers_only(&self) -> bool {
        let mut types = self.0.params().iter().chain(self.0.results());
        types.all(|value| {
            matches!(value, ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64)
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
const FEATURES: WasmFeatures = WasmFeatures::WASM2
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
    let types = types.as_ref();
    let signature = |id: CoreTypeId| Signature(types[id].unwrap_func().clone());
    let signature_of_type = |index| signature(types.core_type_at_in_module(index));

    let mut interface = Interface {
        memory: MemInfo {
            memory_size: 0,
            memory_alignment: 0,
            table_size: 0,
            table_alignment: 0,
        },
        needed: Vec::new(),
        functions: Vec::new(),
        addresses: Vec::new(),
        foreign: Vec::new(),
        has_component_type: false,
        exports: BTreeMap::new(),
    };
    let mut flags = BTreeMap::new();
    let mut is_library = false;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(invalid)? {
            Payload::Version { encoding, .. } if encoding != Encoding::Module => {
                return Err(LibraryFault::Component);
            }
            Payload::CustomSection(section) => {
                interface.has_component_type |= section.name().starts_with("component-type");
                if let KnownCustom::Dylink0(reader) = section.as_known() {
                    is_library = true;
                    for subsection in reader {
                        match subsection.map_err(invalid)? {
                            Dylink0Subsection::MemInfo(info) => interface.memory = info,
                            Dylink0Subsection::Needed(names) => {
                                interface.needed.extend(names.into_iter().map(str::to_owned));
                            }
                            Dylink0Subsection::ImportInfo(imports) => {
                                for import in imports {
                                    flags.insert((import.module, import.field), import.flags);
                                }
                            }
                            Dylink0Subsection::ExportInfo(_)
                            | Dylink0Subsection::RuntimePath(_) => {}
                            Dylink0Subsection::Unknown { ty, .. } => {
                                return Err(LibraryFault::Invalid {
                                    reason: format!("dylink.0 has a subsection of kind {ty}"),
                                });
                            }
                        }
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(invalid)?;
                    let weak = flags
                        .get(&(import.module, import.name))
                        .is_some_and(|flags| flags.contains(SymbolFlags::BINDING_WEAK));
                    let name = import.name.to_owned();
                    match (import.module, import.ty) {
                        ("env", TypeRef::Func(index)) => interface.functions.push(Function {
                            name,
                            signature: signature_of_type(index),
                            weak,
                        }),
                        ("GOT.mem" | "GOT.func", TypeRef::Global(global))
                            if global.content_type == ValType::I32 =>
                        {
                            interface.addresses.push((name, weak));
                        }
                        ("env", TypeRef::Memory(memory))
                            if name == "memory" && !memory.memory64 && !memory.shared => {}
                        ("env", TypeRef::Table(table))
                            if name == "__indirect_function_table" && table.maximum.is_none() => {}
                        ("env", TypeRef::Global(global))
                            if global.content_type == ValType::I32
                                && ["__memory_base", "__table_base", "__stack_pointer"]
                                    .contains(&import.name) => {}
                        (module, _) => interface.foreign.push((module.to_owned(), name)),
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(invalid)?;
                    let kind = match export.kind {
                        ExternalKind::Func => {
                            Export::Function(signature(types.core_function_at(export.index)))
                        }
                        ExternalKind::Global
                            if types.global_at(export.index).content_type == ValType::I32 =>
                        {
                            Export::Data
                        }
                        _ => {
                            return Err(LibraryFault::Export {
                                name: export.name.to_owned(),
                            });
                        }
                    };
                    interface.exports.insert(export.name.to_owned(), kind);
                }
            }
            _ => {}
        }
    }
    if is_library {
        Ok(interface)
    } else {
        Err(LibraryFault::NotDynamic)
    }
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
