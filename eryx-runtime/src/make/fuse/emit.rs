//! Writing the module of a layer.

use std::collections::{HashMap, HashSet};

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction,
    MemorySection, MemoryType, Module, RefType, TableSection, TableType, TypeSection,
};
use wasmparser::FuncType;

use super::analysis::Facts;
use super::bodies::Body;
use super::bulk;
use super::graph::Graph;
use super::indices::{Indices, with_place};
use super::item::Item;
use super::names::Names;
use super::{Unexpected, unexpected};
use crate::module::layout::{Layer, MEMORY, global_name};

/// What the extensions' module calls the base's module.
const BASE: &str = "base";
/// What the base's module calls its table.
const TABLE: &str = "table";

/// The sizes of the extensions' table, and the numbers of functions that they import, are multiples of
/// these. Both are in the machine code of functions, which is to be the same when there is one more
/// small extension.
const PLACES: u32 = 8192;
const IMPORTS: u32 = 64;

/// A module that is being written.
struct Writer<'g, 'a> {
    indices: Indices<'g, 'a>,
    types: TypeSection,
    /// How many functions there are so far.
    functions: u32,
    names: Names,
}

/// Writes the module of a layer.
pub(super) fn emit(
    graph: &Graph<'_>,
    facts: &Facts,
    layer: Layer,
    passed: &[FuncType],
) -> Result<Vec<u8>, Unexpected> {
    let mut writer = Writer {
        indices: Indices::new(graph, facts, layer, passed),
        types: TypeSection::new(),
        functions: 0,
        names: Names::default(),
    };
    let bodies = facts.functions(graph, facts.reached(layer));
    writer.type_bodies(&bodies)?;
    let imports = writer.imports()?;
    let mut declared = writer.declare(&bodies)?;
    let takers = writer.takers(&mut declared)?;
    let tables = writer.tables();
    let globals = writer.globals()?;
    let exports = writer.exports()?;
    let elements = writer.elements(&takers)?;
    let code = writer.code(&bodies, &takers)?;

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

/// The types of the functions that the base calls through the table.
pub(super) fn passed_types(graph: &Graph<'_>, facts: &Facts) -> Result<Vec<FuncType>, Unexpected> {
    let mut types: Vec<FuncType> = Vec::new();
    let mut known = HashSet::new();
    for item in facts.functions(graph, &facts.base) {
        let Item::Own { instance, .. } = item else {
            continue;
        };
        let called = facts.base.through_table.get(&item);
        for &index in called.into_iter().flatten() {
            if !known.insert((instance, index)) {
                continue;
            }
            let of_type = graph.types(instance).get(index as usize);
            let of_type = of_type.ok_or_else(|| unexpected("a use of no type"))?;
            if !types.contains(of_type) {
                types.push(of_type.clone());
            }
        }
    }
    Ok(types)
}

/// How large it is, beyond a page, is not the module's business: whoever makes an instance says so.
fn memory() -> MemoryType {
    MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    }
}

/// A table that nobody makes grow.
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
    /// How many places the base's table has.
    fn base_table(&self) -> u32 {
        count(self.indices.passed) + count(&self.indices.facts.places.near)
    }

    /// Gives all types of the libraries their numbers, one library after the other: those of the
    /// first do not change when there is one more. What the linker makes for all libraries together
    /// has more types then; of these only those are needed that its functions have themselves.
    fn type_bodies(&mut self, bodies: &[Item]) -> Result<(), Unexpected> {
        let mut last = None;
        for &item in bodies {
            let Item::Own { instance, .. } = item else {
                continue;
            };
            if last.replace(instance) == Some(instance) {
                continue;
            }
            let module = self.indices.graph.instances.get(instance as usize);
            if module.is_none_or(|module| module.library.is_none()) {
                continue;
            }
            for of_type in self.indices.graph.types(instance) {
                self.of_type(of_type)?;
            }
        }
        Ok(())
    }

    /// What comes from the host, or from the base.
    fn imports(&mut self) -> Result<ImportSection, Unexpected> {
        let (graph, facts) = (self.indices.graph, self.indices.facts);
        let mut imports = ImportSection::new();
        let host_types = graph.host_types();
        let names = facts.base_exports.iter();
        let names: HashMap<Item, &str> = names.map(|(name, item)| (*item, &**name)).collect();
        let mut last = None;
        for &item in &facts.reached(self.indices.layer).outside {
            let (module, name, of_type) = match item {
                Item::Host(host) => {
                    let name = graph.host.get(host as usize).zip(host_types.get(&host));
                    let (&(module, name), of_type) =
                        name.ok_or_else(|| unexpected("a function of the host that has no type"))?;
                    (module, name.to_owned(), (*of_type).clone())
                }
                Item::Own { instance, index } => {
                    let (_, of_type) = graph
                        .body(instance, index)
                        .ok_or_else(|| unexpected("a function without a body"))?;
                    let name = names.get(&item).copied().ok_or_else(|| {
                        unexpected("an extension's call of what the base does not export")
                    })?;
                    (BASE, name.to_owned(), of_type.clone())
                }
            };
            let of_type = self.of_type(&of_type)?;
            imports.import(module, &name, EntityType::Function(of_type));
            last = Some((name.clone(), of_type));
            let number = self.next_function(&name);
            self.indices.functions.insert(item, number);
        }
        if self.indices.layer == Layer::Extensions {
            // Where an instance keeps all else depends on how many functions it imports.
            while let Some((name, of_type)) = &last
                && !self.functions.is_multiple_of(IMPORTS)
            {
                imports.import(BASE, name, EntityType::Function(*of_type));
                self.next_function(name);
            }
            imports.import(BASE, TABLE, table(self.base_table()));
            imports.import(BASE, MEMORY, memory());
            for (place, item) in (0..).zip(facts.mutable_globals(graph, Layer::Base)) {
                let of_type = global_type(graph, facts, item)?;
                imports.import(BASE, &global_name(place), of_type);
                self.indices.globals.insert(item, place);
            }
        }
        Ok(imports)
    }

    /// Gives the functions of the layer their numbers.
    fn declare(&mut self, bodies: &[Item]) -> Result<FunctionSection, Unexpected> {
        let mut declared = FunctionSection::new();
        // First, so that their numbers are the same whatever else there is.
        let of_type = self.of_type(&bulk::of_type())?;
        self.indices.bulk = bulk::functions().map(|(name, _)| {
            declared.function(of_type);
            self.next_function(name)
        });
        for &item in bodies {
            let Item::Own { instance, index } = item else {
                continue;
            };
            let body = self.indices.graph.body(instance, index);
            let (_, of_type) = body.ok_or_else(|| unexpected("a function without a body"))?;
            declared.function(self.of_type(of_type)?);
            let number = self.next_function(&self.indices.graph.name(instance, index));
            self.indices.functions.insert(item, number);
        }
        if self.indices.layer == Layer::Base {
            for of_type in self.indices.passed {
                self.of_type(&with_place(of_type))?;
            }
        }
        Ok(declared)
    }

    /// In the extensions' module: the functions that take calls from the base, for each type of
    /// which there is something to call. Each with its place in the base's table and its type.
    fn takers(&mut self, declared: &mut FunctionSection) -> Result<Vec<Taker>, Unexpected> {
        let mut takers = Vec::new();
        if self.indices.layer == Layer::Base {
            return Ok(takers);
        }
        let callable = self.indices.facts.places.far.values();
        let callable = callable.filter_map(|item| match *item {
            Item::Own { instance, index } => self.indices.graph.body(instance, index),
            Item::Host(_) => None,
        });
        let callable: HashSet<&FuncType> = callable.map(|(_, of_type)| of_type).collect();
        for (place, of_type) in (0..).zip(self.indices.passed) {
            if callable.contains(of_type) {
                declared.function(self.of_type(&with_place(of_type))?);
                let of_type_number = self.of_type(of_type)?;
                takers.push(Taker {
                    place,
                    parameters: count(of_type.params()),
                    of_type: of_type_number,
                    function: self.next_function("a call from the base"),
                });
            }
        }
        Ok(takers)
    }

    fn tables(&self) -> TableSection {
        let mut tables = TableSection::new();
        let size = match self.indices.layer {
            Layer::Base => self.base_table(),
            Layer::Extensions => {
                let last = self.indices.facts.places.far.last_key_value();
                let size = last.map_or(0, |(place, _)| place + 1);
                size.next_multiple_of(PLACES)
            }
        };
        tables.table(table(size));
        tables
    }

    /// The globals that are no constants.
    fn globals(&mut self) -> Result<GlobalSection, Unexpected> {
        let (graph, facts) = (self.indices.graph, self.indices.facts);
        let mut globals = GlobalSection::new();
        let imported = count_of(&self.indices.globals);
        for (index, item) in (0..).zip(facts.mutable_globals(graph, self.indices.layer)) {
            let value = facts.module_value(graph, item)?;
            globals.global(global_type(graph, facts, item)?, &value.expression());
            self.indices.globals.insert(item, imported + index);
        }
        Ok(globals)
    }

    fn exports(&self) -> Result<ExportSection, Unexpected> {
        let (graph, facts) = (self.indices.graph, self.indices.facts);
        let mut exports = ExportSection::new();
        let mut known = HashSet::new();
        let mut export = |name: &str, kind, index| {
            if !known.insert(name.to_owned()) {
                return Err(unexpected(format!("two exports of the name {name}")));
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
            for (name, item) in &facts.base_exports {
                export(name, ExportKind::Func, self.indices.function(*item)?)?;
            }
        }
        for (name, item) in facts.called_at_start(self.indices.layer) {
            let is_exported = self.indices.layer == Layer::Base && facts.base_name(item).is_some();
            if !is_exported {
                export(&name, ExportKind::Func, self.indices.function(item)?)?;
            }
        }
        let imported = match self.indices.layer {
            Layer::Base => 0,
            Layer::Extensions => count(&facts.mutable_globals(graph, Layer::Base)),
        };
        for (index, _) in (0..).zip(facts.mutable_globals(graph, self.indices.layer)) {
            export(&global_name(index), ExportKind::Global, imported + index)?;
        }
        Ok(exports)
    }

    fn elements(&self, takers: &[Taker]) -> Result<ElementSection, Unexpected> {
        let mut elements = ElementSection::new();
        let places = &self.indices.facts.places;
        match self.indices.layer {
            Layer::Base => {
                let near = (count(self.indices.passed)..).zip(&places.near);
                let near = near.filter_map(|(place, item)| Some((place, (*item)?)));
                self.fill(&mut elements, None, near)?;
            }
            Layer::Extensions => {
                let far = places.far.iter().map(|(place, item)| (*place, *item));
                self.fill(&mut elements, Some(1), far)?;
                for taker in takers {
                    let place = ConstExpr::i32_const(taker.place.cast_signed());
                    let function = [taker.function];
                    elements.active(Some(0), &place, Elements::Functions(function[..].into()));
                }
            }
        }
        Ok(elements)
    }

    /// Puts functions into a table; places that follow each other are one segment.
    fn fill(
        &self,
        elements: &mut ElementSection,
        table: Option<u32>,
        functions: impl Iterator<Item = (u32, Item)>,
    ) -> Result<(), Unexpected> {
        let mut functions = functions.peekable();
        while let Some((first, item)) = functions.next() {
            let mut segment = vec![self.indices.function(item)?];
            let mut last = first;
            while let Some((place, item)) =
                functions.next_if(|(place, _)| last.checked_add(1) == Some(*place))
            {
                last = place;
                segment.push(self.indices.function(item)?);
            }
            let first = ConstExpr::i32_const(first.cast_signed());
            elements.active(table, &first, Elements::Functions(segment.into()));
        }
        Ok(())
    }

    fn code(&self, bodies: &[Item], takers: &[Taker]) -> Result<CodeSection, Unexpected> {
        let mut code = CodeSection::new();
        for (_, function) in bulk::functions() {
            code.function(&function);
        }
        for &item in bodies {
            if let Item::Own { instance, index } = item {
                code.function(&Body::new(&self.indices, instance)?.rewrite(index)?);
            }
        }
        for taker in takers {
            let mut function = Function::new([]);
            for parameter in 0..=taker.parameters {
                function.instruction(&Instruction::LocalGet(parameter));
            }
            function.instruction(&Instruction::CallIndirect {
                type_index: taker.of_type,
                table_index: 1,
            });
            function.instruction(&Instruction::End);
            code.function(&function);
        }
        Ok(code)
    }

    /// The number of a type, which is written when it is first asked for.
    fn of_type(&mut self, of_type: &FuncType) -> Result<u32, Unexpected> {
        if let Some(&number) = self.indices.types.get(of_type) {
            return Ok(number);
        }
        let number = count_of(&self.indices.types);
        let encoded = RoundtripReencoder.func_type(of_type.clone());
        self.types.ty().func_type(&encoded?);
        self.indices.types.insert(of_type.clone(), number);
        Ok(number)
    }

    fn next_function(&mut self, name: &str) -> u32 {
        let number = self.functions;
        self.functions += 1;
        self.names.add(number, name);
        number
    }
}

/// A function of the extensions' module that takes calls from the base.
struct Taker {
    place: u32,
    parameters: u32,
    of_type: u32,
    function: u32,
}

fn global_type(graph: &Graph<'_>, facts: &Facts, item: Item) -> Result<GlobalType, Unexpected> {
    Ok(GlobalType {
        val_type: facts.module_value(graph, item)?.of_type(),
        mutable: true,
        shared: false,
    })
}

fn count<T>(list: &[T]) -> u32 {
    // A module as large as that could not have been read.
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

fn count_of<K>(numbers: &HashMap<K, u32>) -> u32 {
    u32::try_from(numbers.len()).unwrap_or(u32::MAX)
}
