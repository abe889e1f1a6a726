//! Taking the libraries out of a component, so that each can be compiled by itself.
//!
//! A component may import core modules instead of carrying them. The linker puts each library into
//! the component as it is, so what is taken out here is the same module whatever it was linked
//! with, and what was compiled of it once can be used again:
//!
//! ```text
//! component [ libc, libpython, …, a.so, glue ]  ─►  shell [ glue; imports 0, 1, …, n ]  +  modules
//! ```
//!
//! Nothing else in the component changes: an import takes the place of a module in the very index
//! space in which the module was.

use std::ops::Range;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    ComponentImportSection, ComponentTypeRef, CoreTypeSection, EntityType, ModuleType, RawSection,
};
use wasmparser::{CompositeInnerType, ExternalKind, Parser, Payload};

/// Modules that are smaller than this, in bytes, stay where they are.
const SMALLEST: usize = 4096;

/// A component that imports its larger modules.
pub(crate) struct Carved {
    pub(crate) shell: Vec<u8>,
    /// The name under which each module is imported, and where it is in the component.
    pub(crate) modules: Vec<(String, Range<usize>)>,
}

/// Takes the larger modules out of a component.
pub(crate) fn carve(component: &[u8]) -> wasmtime::Result<Carved> {
    let mut shell = wasm_encoder::Component::new();
    let mut modules = Vec::new();
    // How many modules and components are open: what is within others stays as it is.
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            _ if depth > 1 => {}
            Payload::CoreTypeSection(_) => {
                // Its types would get other numbers. The linker writes none.
                return Err(wasmtime::Error::msg(
                    "the component has core types of its own",
                ));
            }
            Payload::ModuleSection {
                unchecked_range: range,
                ..
            } if range.len() >= SMALLEST => {
                let name = format!("module-{}", modules.len());
                let module = component.get(range.clone()).unwrap_or_default();
                let mut types = CoreTypeSection::new();
                types.ty().module(&module_type(module)?);
                let mut imports = ComponentImportSection::new();
                let index = u32::try_from(modules.len())?;
                imports.import(&*name, ComponentTypeRef::Module(index));
                shell.section(&types).section(&imports);
                modules.push((name, range.clone()));
            }
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    let data = component.get(range).unwrap_or_default();
                    shell.section(&RawSection { id, data });
                }
            }
        }
    }
    let shell = shell.finish();
    Ok(Carved { shell, modules })
}

/// What a module imports and exports.
fn module_type(module: &[u8]) -> wasmtime::Result<ModuleType> {
    let mut reencode = RoundtripReencoder;
    let mut module_type = ModuleType::new();
    // What the module has of each kind, imported or its own, by its type.
    let mut functions = Vec::new();
    let mut tables = Vec::new();
    let mut memories = Vec::new();
    let mut globals = Vec::new();
    let mut tags = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(types) => {
                // The same types at the same numbers.
                for group in types {
                    for sub_type in group?.into_types() {
                        let CompositeInnerType::Func(function) = &sub_type.composite_type.inner
                        else {
                            return Err(unexpected("a type that is no function's"));
                        };
                        let function = reencode.func_type(function.clone())?;
                        module_type.ty().func_type(&function);
                    }
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    let entity = reencode.entity_type(import.ty)?;
                    match entity {
                        EntityType::Function(_) => functions.push(entity),
                        EntityType::Table(_) => tables.push(entity),
                        EntityType::Memory(_) => memories.push(entity),
                        EntityType::Global(_) => globals.push(entity),
                        EntityType::Tag(_) => tags.push(entity),
                        EntityType::FunctionExact(_) => {
                            return Err(unexpected("an import of an exact type"));
                        }
                    }
                    module_type.import(import.module, import.name, entity);
                }
            }
            Payload::FunctionSection(section) => {
                for function in section {
                    functions.push(EntityType::Function(function?));
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    tables.push(EntityType::Table(reencode.table_type(table?.ty)?));
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    memories.push(EntityType::Memory(reencode.memory_type(memory?)?));
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    globals.push(EntityType::Global(reencode.global_type(global?.ty)?));
                }
            }
            Payload::TagSection(section) => {
                for tag in section {
                    tags.push(EntityType::Tag(reencode.tag_type(tag?)?));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let of_kind = match export.kind {
                        ExternalKind::Func | ExternalKind::FuncExact => &functions,
                        ExternalKind::Table => &tables,
                        ExternalKind::Memory => &memories,
                        ExternalKind::Global => &globals,
                        ExternalKind::Tag => &tags,
                    };
                    let entity = of_kind.get(export.index as usize);
                    let entity = entity.ok_or_else(|| unexpected("an export of nothing"))?;
                    module_type.export(export.name, *entity);
                }
                // What follows says nothing more about the module's type.
                break;
            }
            _ => {}
        }
    }
    Ok(module_type)
}

fn unexpected(what: &str) -> wasmtime::Error {
    wasmtime::Error::msg(format!("a linked module has {what}"))
}
