//! Stubs for weak functions that no library defines: a call traps, and the address is null.
//!
//! The linker would generate such stubs itself, one for each library that imports the function. But if
//! two libraries import the same one, it panics, because the module of stubs would export a name twice.
//! So the module is generated here, with each function once, and passed to the linker as its own.

use std::collections::{BTreeMap, HashSet};

use eryx_artifact::dylink::{ItemType, SharedLibrary};
use wasm_encoder::reencode::{Reencode as _, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction, Module,
    TypeSection,
};
use wasmparser::FuncType;

/// The linker's name for its module of stubs. By this name it recognizes functions whose addresses are
/// null.
pub(crate) const STUBS: &str = "wit-component:stubs";

/// Generates the module of stubs for the weak functions that `libraries` import and none of them defines.
/// Returns `None` if there are none.
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
    for (index, (name, ty)) in (0..).zip(weak) {
        // The linker could not read a type that cannot be encoded.
        types
            .ty()
            .func_type(&RoundtripReencoder.func_type(ty).ok()?);
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

/// The weak functions that libraries import, each with its first type, and the symbols that they export.
#[derive(Default)]
struct Symbols<'l> {
    weak: BTreeMap<&'l str, FuncType>,
    defined: HashSet<&'l str>,
}

impl<'l> Symbols<'l> {
    /// Adds the imports and exports of a library. It skips an unreadable library: the linker refuses it.
    fn read(&mut self, library: &'l [u8]) {
        let Ok(library) = SharedLibrary::read(library) else {
            return;
        };
        for import in library.imports {
            if import.weak
                && import.module == "env"
                && let ItemType::Function(ty) = import.ty
            {
                self.weak.entry(import.name).or_insert(ty);
            }
        }
        self.defined
            .extend(library.exports.iter().map(|export| export.name));
    }
}
