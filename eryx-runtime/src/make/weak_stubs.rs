//! Weak functions that no library defines: a call of one traps, and its address is null.
//!
//! The linker makes stubs for them, but one for each library that imports such a function: where two
//! import the same, it panics, for the stubs' module would export one name twice. So that module is
//! made here, with each function once, and given to the linker as its own.

use std::collections::{BTreeMap, HashSet};

use wasm_encoder::reencode::{Reencode as _, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction, Module,
    TypeSection,
};
use wasmparser::{Dylink0Subsection, FuncType, KnownCustom, Parser, Payload, SymbolFlags, TypeRef};

/// What the linker calls its own module of stubs. By that name it knows that their addresses are
/// null.
pub(crate) const STUBS: &str = "wit-component:stubs";

/// The module of stubs for what some libraries import and none of them defines, if there is any.
pub(crate) fn stubs<'l>(libraries: impl Iterator<Item = &'l [u8]>) -> Option<Vec<u8>> {
    let mut symbols = Symbols::default();
    for library in libraries {
        symbols.read(library);
    }
    let Symbols { mut weak, defined } = symbols;
    weak.retain(|name, _| !defined.contains(name));
    if weak.is_empty() {
        return None;
    }
    let mut types = TypeSection::new();
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    for (index, (name, of_type)) in (0..).zip(weak) {
        // What cannot be encoded, the linker would not read either.
        types
            .ty()
            .func_type(&RoundtripReencoder.func_type(of_type).ok()?);
        functions.function(index);
        exports.export(name, ExportKind::Func, index);
        let mut stub = Function::new([]);
        stub.instruction(&Instruction::Unreachable);
        stub.instruction(&Instruction::End);
        code.function(&stub);
    }
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&exports)
        .section(&code);
    Some(module.finish())
}

/// What libraries import weakly, with its type where it comes first, and what they export.
#[derive(Default)]
struct Symbols<'l> {
    weak: BTreeMap<&'l str, FuncType>,
    defined: HashSet<&'l str>,
}

impl<'l> Symbols<'l> {
    /// Reads a library as far as it can be read; what is wrong with it, the linker says.
    fn read(&mut self, library: &'l [u8]) {
        let mut flagged = HashSet::new();
        let mut types = Vec::new();
        for payload in Parser::new(0).parse_all(library).map_while(Result::ok) {
            match payload {
                Payload::CustomSection(section) => {
                    let KnownCustom::Dylink0(subsections) = section.as_known() else {
                        continue;
                    };
                    for subsection in subsections.into_iter().flatten() {
                        let Dylink0Subsection::ImportInfo(imports) = subsection else {
                            continue;
                        };
                        let weak = imports.into_iter().filter(|import| {
                            import.module == "env"
                                && import.flags.contains(SymbolFlags::BINDING_WEAK)
                        });
                        flagged.extend(weak.map(|import| import.field));
                    }
                }
                Payload::TypeSection(section) => {
                    types = section.into_iter_err_on_gc_types().flatten().collect();
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports().flatten() {
                        let TypeRef::Func(of_type) = import.ty else {
                            continue;
                        };
                        let of_type = types.get(of_type as usize);
                        let of_type: Option<&FuncType> = of_type.filter(|_| import.module == "env");
                        if let Some(of_type) = of_type
                            && flagged.contains(import.name)
                        {
                            let weak = self.weak.entry(import.name);
                            weak.or_insert_with(|| of_type.clone());
                        }
                    }
                }
                Payload::ExportSection(section) => {
                    let exports = section.into_iter().flatten();
                    self.defined.extend(exports.map(|export| export.name));
                }
                _ => {}
            }
        }
    }
}
