//! Writing the module of a layer.

use std::collections::{HashMap, HashSet};

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction,
    MemorySection, MemoryType, Module, RefType, TableSection, TableType, TypeSection,
};
use wasmparser::FuncType;

use super::analysis::Analysis;
use super::bodies::Body;
use super::bulk;
use super::graph::Graph;
use super::indices::{Indices, trampoline_type};
use super::item::Item;
use super::names::Names;
use super::{Unexpected, to_u32, unexpected};
use crate::module::layout::{Layer, MEMORY, global_name};

/// The name under which the extensions' module imports the base's module.
const BASE: &str = "base";
/// The name under which the base's module exports its table.
const TABLE: &str = "table";

/// The size of the extensions' table and the number of functions that their module imports are rounded
/// up to multiples of these. Machine code contains both numbers, so without rounding one more small
/// extension would change the machine code of all functions, and none would be found in the cache.
const TABLE_SIZE_STEP: u32 = 8192;
const IMPORT_COUNT_STEP: u32 = 64;

/// A module that is being written.
struct Writer<'g, 'a> {
    indices: Indices<'g, 'a>,
    types: TypeSection,
    /// How many functions have an index so far.
    functions: u32,
    names: Names,
}

/// A function of the extensions' module through which the base calls extensions. The base's table has
/// one for each type of call.
struct Trampoline {
    /// Its index in the base's table.
    table_index: u32,
    /// How many parameters the called function has.
    parameters: u32,
    /// The index of the called function's type.
    ty: u32,
    /// The index of the trampoline.
    function: u32,
}

/// Writes the module of a layer.
pub(super) fn emit(
    graph: &Graph<'_>,
    analysis: &Analysis,
    layer: Layer,
    trampoline_types: &[FuncType],
) -> Result<Vec<u8>, Unexpected> {
    let mut writer = Writer {
        indices: Indices::new(graph, analysis, layer, trampoline_types),
        types: TypeSection::new(),
        functions: 0,
        names: Names::default(),
    };
    let bodies = analysis.functions(graph, analysis.reachable(layer))?;
    writer.declare_types(&bodies)?;
    let imports = writer.imports()?;
    let mut declared = writer.declare_functions(&bodies)?;
    let trampolines = writer.declare_trampolines(&mut declared)?;
    let tables = writer.tables()?;
    let globals = writer.globals()?;
    let exports = writer.exports()?;
    let elements = writer.elements(&trampolines)?;
    let code = writer.code(&bodies, &trampolines)?;

    let mut module = Module::new();
    module
        .section(&writer.types)
        .section(&imports)
        .section(&declared)
        .section(&tables);
    if layer == Layer::Base {
        let mut memories = MemorySection::new();
        memories.memory(memory());
        module.section(&memories);
    }
    module
        .section(&globals)
        .section(&exports)
        .section(&elements)
        .section(&code)
        .section(&writer.names.section());
    Ok(module.finish())
}

/// Returns the types with which the base calls through the table. Each needs a trampoline.
pub(super) fn trampoline_types(
    graph: &Graph<'_>,
    analysis: &Analysis,
) -> Result<Vec<FuncType>, Unexpected> {
    let mut types: Vec<FuncType> = Vec::new();
    let mut known = HashSet::new();
    for item in analysis.functions(graph, &analysis.base)? {
        let Item::Defined { instance, .. } = item else {
            continue;
        };
        let called = analysis.base.indirect_calls.get(&item);
        for &index in called.into_iter().flatten() {
            if !known.insert((instance, index)) {
                continue;
            }
            let ty = graph.instance(instance)?.types.get(index as usize);
            let ty = ty.ok_or_else(|| unexpected("a use of an unknown type"))?;
            if !types.contains(ty) {
                types.push(ty.clone());
            }
        }
    }
    Ok(types)
}

/// Returns the type of the memory. Its true size is in the start plan, so that the base's module does
/// not depend on it.
fn memory() -> MemoryType {
    MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    }
}

/// Returns the type of a table of fixed size.
fn table(size: u32) -> TableType {
    TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: size.into(),
        maximum: Some(size.into()),
        shared: false,
    }
}

impl Writer<'_, '_> {
    /// Returns the size of the base's table.
    fn base_table_size(&self) -> Result<u32, Unexpected> {
        let base_slots = &self.indices.analysis.layout.base_slots;
        to_u32(self.indices.trampoline_types.len() + base_slots.len())
    }

    /// Declares all types of each library, one library after the other, so that one more library does
    /// not change the indices of the types before it. The modules that the linker generates have more
    /// types when there are more libraries; only those that their functions use are declared, later.
    fn declare_types(&mut self, bodies: &[Item]) -> Result<(), Unexpected> {
        let mut last = None;
        for &item in bodies {
            let Item::Defined { instance, .. } = item else {
                continue;
            };
            if last.replace(instance) == Some(instance) {
                continue;
            }
            let module = self.indices.graph.instance(instance)?;
            if module.library.is_some() {
                for ty in &module.types {
                    self.type_index(ty)?;
                }
            }
        }
        Ok(())
    }

    /// Imports functions from the host or the base; for extensions also the base's table, memory and
    /// globals.
    fn imports(&mut self) -> Result<ImportSection, Unexpected> {
        let (graph, analysis) = (self.indices.graph, self.indices.analysis);
        let mut imports = ImportSection::new();
        let host_types = graph.host_types();
        let names = analysis.base_exports.iter();
        let names: HashMap<Item, &str> = names.map(|(name, item)| (*item, &**name)).collect();
        let mut last = None;
        for &item in &analysis.reachable(self.indices.layer).imports {
            let (module, name, ty) = match item {
                Item::Host(host) => {
                    let name = graph.host.get(host as usize).zip(host_types.get(&host));
                    let (&(module, name), ty) =
                        name.ok_or_else(|| unexpected("a host function without a type"))?;
                    (module, name, *ty)
                }
                Item::Defined { instance, index } => {
                    let (_, ty) = graph.body(instance, index)?;
                    let name = names.get(&item).copied().ok_or_else(|| {
                        unexpected("an extension that calls what the base does not export")
                    })?;
                    (BASE, name, ty)
                }
            };
            let ty = self.type_index(ty)?;
            imports.import(module, name, EntityType::Function(ty));
            last = Some((name, ty));
            let index = self.next_function(name);
            self.indices.functions.insert(item, index);
        }
        if self.indices.layer == Layer::Extensions {
            // The offsets of an instance's other fields depend on how many functions it imports.
            while let Some((name, ty)) = last
                && !self.functions.is_multiple_of(IMPORT_COUNT_STEP)
            {
                imports.import(BASE, name, EntityType::Function(ty));
                self.next_function(name);
            }
            imports.import(BASE, TABLE, table(self.base_table_size()?));
            imports.import(BASE, MEMORY, memory());
            for (index, item) in (0..).zip(analysis.mutable_globals(graph, Layer::Base)) {
                let ty = global_type(graph, analysis, item)?;
                imports.import(BASE, &global_name(index), ty);
                self.indices.globals.insert(item, index);
            }
        }
        Ok(imports)
    }

    /// Declares the functions of the layer.
    fn declare_functions(&mut self, bodies: &[Item]) -> Result<FunctionSection, Unexpected> {
        let mut declared = FunctionSection::new();
        // These come first, so that their indices do not depend on the other functions.
        let ty = self.type_index(&bulk::ty())?;
        self.indices.bulk = bulk::functions().map(|(name, _)| {
            declared.function(ty);
            self.next_function(name)
        });
        let graph = self.indices.graph;
        for &item in bodies {
            let Item::Defined { instance, index } = item else {
                continue;
            };
            let (_, ty) = graph.body(instance, index)?;
            declared.function(self.type_index(ty)?);
            let index = self.next_function(&graph.name(instance, index)?);
            self.indices.functions.insert(item, index);
        }
        if self.indices.layer == Layer::Base {
            for ty in self.indices.trampoline_types {
                self.type_index(&trampoline_type(ty))?;
            }
        }
        Ok(declared)
    }

    /// Declares the trampolines of the extensions' module: one for each type of call from the base for
    /// which the extensions' table has a function.
    fn declare_trampolines(
        &mut self,
        declared: &mut FunctionSection,
    ) -> Result<Vec<Trampoline>, Unexpected> {
        let mut trampolines = Vec::new();
        if self.indices.layer == Layer::Base {
            return Ok(trampolines);
        }
        let mut callable = HashSet::new();
        for item in self.indices.analysis.layout.extension_slots.values() {
            if let Item::Defined { instance, index } = *item {
                callable.insert(self.indices.graph.body(instance, index)?.1);
            }
        }
        for (table_index, ty) in (0..).zip(self.indices.trampoline_types) {
            if callable.contains(ty) {
                declared.function(self.type_index(&trampoline_type(ty))?);
                trampolines.push(Trampoline {
                    table_index,
                    parameters: to_u32(ty.params().len())?,
                    ty: self.type_index(ty)?,
                    function: self.next_function("a call from the base"),
                });
            }
        }
        Ok(trampolines)
    }

    fn tables(&self) -> Result<TableSection, Unexpected> {
        let mut tables = TableSection::new();
        let size = match self.indices.layer {
            Layer::Base => self.base_table_size()?,
            Layer::Extensions => {
                let last = self
                    .indices
                    .analysis
                    .layout
                    .extension_slots
                    .last_key_value();
                let size = last.map_or(0, |(slot, _)| slot + 1);
                size.next_multiple_of(TABLE_SIZE_STEP)
            }
        };
        tables.table(table(size));
        Ok(tables)
    }

    /// Defines the mutable globals of the layer.
    fn globals(&mut self) -> Result<GlobalSection, Unexpected> {
        let (graph, analysis) = (self.indices.graph, self.indices.analysis);
        let mut globals = GlobalSection::new();
        let imported = to_u32(self.indices.globals.len())?;
        for (index, item) in (0..).zip(analysis.mutable_globals(graph, self.indices.layer)) {
            let value = analysis.module_value(graph, item)?;
            globals.global(global_type(graph, analysis, item)?, &value.expression());
            self.indices.globals.insert(item, imported + index);
        }
        Ok(globals)
    }

    fn exports(&self) -> Result<ExportSection, Unexpected> {
        let (graph, analysis) = (self.indices.graph, self.indices.analysis);
        let mut exports = ExportSection::new();
        let mut known = HashSet::new();
        let mut export = |name: &str, kind, index| {
            if !known.insert(name.to_owned()) {
                return Err(unexpected(format!("two exports with the name {name}")));
            }
            exports.export(name, kind, index);
            Ok(())
        };
        if self.indices.layer == Layer::Base {
            for (name, function) in &graph.exports {
                export(name, ExportKind::Func, self.indices.function(*function)?)?;
            }
            export(MEMORY, ExportKind::Memory, 0)?;
            export(TABLE, ExportKind::Table, 0)?;
            for (name, item) in &analysis.base_exports {
                export(name, ExportKind::Func, self.indices.function(*item)?)?;
            }
        }
        for (name, item) in analysis.start_functions(self.indices.layer) {
            let is_exported =
                self.indices.layer == Layer::Base && analysis.base_name(item).is_some();
            if !is_exported {
                export(&name, ExportKind::Func, self.indices.function(item)?)?;
            }
        }
        let imported = match self.indices.layer {
            Layer::Base => 0,
            Layer::Extensions => to_u32(analysis.mutable_globals(graph, Layer::Base).len())?,
        };
        for (index, _) in (0..).zip(analysis.mutable_globals(graph, self.indices.layer)) {
            export(&global_name(index), ExportKind::Global, imported + index)?;
        }
        Ok(exports)
    }

    /// Fills the table of the layer; for extensions also the trampolines in the base's table.
    fn elements(&self, trampolines: &[Trampoline]) -> Result<ElementSection, Unexpected> {
        let mut elements = ElementSection::new();
        let layout = &self.indices.analysis.layout;
        match self.indices.layer {
            Layer::Base => {
                let first = to_u32(self.indices.trampoline_types.len())?;
                let entries = (first..).zip(&layout.base_slots);
                let entries = entries.filter_map(|(index, item)| Some((index, (*item)?)));
                self.fill_table(&mut elements, None, entries)?;
            }
            Layer::Extensions => {
                let entries = layout.extension_slots.iter();
                let entries = entries.map(|(index, item)| (*index, *item));
                self.fill_table(&mut elements, Some(1), entries)?;
                for trampoline in trampolines {
                    let offset = ConstExpr::i32_const(trampoline.table_index.cast_signed());
                    let function = [trampoline.function];
                    elements.active(Some(0), &offset, Elements::Functions(function[..].into()));
                }
            }
        }
        Ok(elements)
    }

    /// Writes element segments that fill a table, one for each run of consecutive indices.
    fn fill_table(
        &self,
        elements: &mut ElementSection,
        table: Option<u32>,
        entries: impl Iterator<Item = (u32, Item)>,
    ) -> Result<(), Unexpected> {
        let mut entries = entries.peekable();
        while let Some((first, item)) = entries.next() {
            let mut segment = vec![self.indices.function(item)?];
            let mut last = first;
            while let Some((index, item)) =
                entries.next_if(|(index, _)| last.checked_add(1) == Some(*index))
            {
                last = index;
                segment.push(self.indices.function(item)?);
            }
            let first = ConstExpr::i32_const(first.cast_signed());
            elements.active(table, &first, Elements::Functions(segment.into()));
        }
        Ok(())
    }

    fn code(&self, bodies: &[Item], trampolines: &[Trampoline]) -> Result<CodeSection, Unexpected> {
        let mut code = CodeSection::new();
        for (_, function) in bulk::functions() {
            code.function(&function);
        }
        for &item in bodies {
            if let Item::Defined { instance, index } = item {
                code.function(&Body::new(&self.indices, instance)?.rewrite(index)?);
            }
        }
        for trampoline in trampolines {
            code.function(&trampoline.body());
        }
        Ok(code)
    }

    /// Returns the index of a type, and declares the type if it is new.
    fn type_index(&mut self, ty: &FuncType) -> Result<u32, Unexpected> {
        if let Some(&index) = self.indices.types.get(ty) {
            return Ok(index);
        }
        let index = to_u32(self.indices.types.len())?;
        let encoded = RoundtripReencoder.func_type(ty.clone());
        self.types.ty().func_type(&encoded?);
        self.indices.types.insert(ty.clone(), index);
        Ok(index)
    }

    /// Assigns the next index to a function.
    fn next_function(&mut self, name: &str) -> u32 {
        let index = self.functions;
        self.functions += 1;
        self.names.add(index, name);
        index
    }
}

impl Trampoline {
    /// Calls the function in the extensions' table at the slot that is the last parameter.
    fn body(&self) -> Function {
        let mut function = Function::new([]);
        for parameter in 0..=self.parameters {
            function.instruction(&Instruction::LocalGet(parameter));
        }
        function
            .instruction(&Instruction::CallIndirect {
                type_index: self.ty,
                table_index: 1,
            })
            .instruction(&Instruction::End);
        function
    }
}

fn global_type(
    graph: &Graph<'_>,
    analysis: &Analysis,
    item: Item,
) -> Result<GlobalType, Unexpected> {
    Ok(GlobalType {
        val_type: analysis.module_value(graph, item)?.ty(),
        mutable: true,
        shared: false,
    })
}
