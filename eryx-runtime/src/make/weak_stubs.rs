//! Weak functions that no library defines: a call of one traps, and its address is null.
//!
//! The linker makes stubs for them, but one for each library that imports such a function: where two
//! import the same, it panics, for the stubs' module would export one name twice. So that module is
//! made here, with each function once, and given to the linker as its own.

use std::collections::{BTreeMap, HashSet};

use eryx_artifact::dylink::{ItemType, SharedLibrary};
use wasm_encoder::reencode::{Reencode as _, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction, Module,
    TypeSection,
};
use wasmparser::FuncType;

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
    /// Adds what a library imports and exports. One that cannot be read, the linker refuses.
    fn read(&mut self, library: &'l [u8]) {
        let Ok(library) = SharedLibrary::read(library) else {
            return;
        };
        for import in library.imports {
            if import.weak
                && import.module == "env"
                && let ItemType::Function(of_type) = import.ty
            {
                self.weak.entry(import.name).or_insert(of_type);
            }
        }
        self.defined
            .extend(library.exports.iter().map(|export| export.name));
    }
}
