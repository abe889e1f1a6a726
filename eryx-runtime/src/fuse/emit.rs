//! Writing one module.

use std::collections::HashMap;

use wasm_encoder::reencode::{self, Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, EntityType,
    ExportKind, ExportSection, FunctionSection, GlobalSection, GlobalType, Ieee32, Ieee64,
    ImportSection, Instruction, MemorySection, Module, TableSection, TypeSection, ValType,
};
use wasmparser::{DataKind, FuncType, Operator};

use super::analysis::{Facts, Value, evaluate, initial, numbered};
use super::graph::{Graph, Instance, Item, Kind};
use super::{Unexpected, unexpected};

/// How many places a table has. They cost nothing until they are used.
const TABLE: u64 = 1 << 16;

/// The module's numbers of all that goes into it.
#[derive(Default)]
struct Numbers {
    types: HashMap<FuncType, u32>,
    functions: HashMap<Item, u32>,
    tables: HashMap<Item, u32>,
    memories: HashMap<Item, u32>,
    globals: HashMap<Item, u32>,
    data: HashMap<Item, u32>,
}

/// Writes a module with all that can be used.
pub(super) fn emit(graph: &Graph<'_>, facts: &Facts) -> Result<Vec<u8>, Unexpected> {
    let mut numbers = Numbers::default();
    let mut types = TypeSection::new();
    let imports = import(graph, facts, &mut numbers, &mut types)?;
    let (functions, bodies) = define(graph, facts, &mut numbers, &mut types)?;
    let (tables, elements) = tables(graph, facts, &mut numbers)?;
    let memories = memories(graph, &mut numbers)?;
    let globals = globals(graph, facts, &mut numbers)?;
    let exports = export(graph, facts, &numbers)?;
    let data = data(graph, &mut numbers)?;
    let code = code(graph, facts, &numbers, &bodies)?;

    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&tables)
        .section(&memories)
        .section(&globals)
        .section(&exports)
        .section(&elements)
        .section(&DataCountSection {
            count: next(&numbers.data),
        })
        .section(&code)
        .section(&data);
    Ok(module.finish())
}

impl Numbers {
    /// The number of a type, which is written when it is first asked for.
    fn of_type(&mut self, of_type: &FuncType, types: &mut TypeSection) -> Result<u32, Unexpected> {
        if let Some(&number) = self.types.get(of_type) {
            return Ok(number);
        }
        let number = next(&self.types);
        let encoded = RoundtripReencoder.func_type(of_type.clone());
        types.ty().func_type(&encoded?);
        self.types.insert(of_type.clone(), number);
        Ok(number)
    }
}

/// The number of what comes next.
fn next<K>(numbers: &HashMap<K, u32>) -> u32 {
    // A module as large as that could not have been read.
    u32::try_from(numbers.len()).unwrap_or(u32::MAX)
}

/// The host's functions, as far as they are called.
fn import(
    graph: &Graph<'_>,
    facts: &Facts,
    numbers: &mut Numbers,
    types: &mut TypeSection,
) -> Result<ImportSection, Unexpected> {
    let mut host_types = HashMap::new();
    for instance in &graph.instances {
        host_types.extend(instance.host_functions());
    }
    let mut imports = ImportSection::new();
    for (host, (interface, name)) in (0..).zip(&graph.host) {
        if !facts.live.contains(&Item::Host(host)) {
            continue;
        }
        let of_type = host_types.get(&host);
        let of_type = of_type.ok_or_else(|| unexpected(format!("nobody imports {name}")))?;
        let of_type = numbers.of_type(of_type, types)?;
        imports.import(interface, name, EntityType::Function(of_type));
        let number = next(&numbers.functions);
        numbers.functions.insert(Item::Host(host), number);
    }
    Ok(imports)
}

/// The functions that modules define, as far as they are called, in the order of the modules.
fn define(
    graph: &Graph<'_>,
    facts: &Facts,
    numbers: &mut Numbers,
    types: &mut TypeSection,
) -> Result<(FunctionSection, Vec<Item>), Unexpected> {
    let mut functions = FunctionSection::new();
    let mut bodies = Vec::new();
    for (own, instance) in numbered(graph) {
        // Also of what is not called: a call through the table names any of them.
        for of_type in &instance.types {
            numbers.of_type(of_type, types)?;
        }
        for (index, _) in (0..).zip(&instance.functions) {
            let item = Item::Own {
                instance: own,
                index,
            };
            let Some((_, of_type)) = graph.body(own, index) else {
                return Err(unexpected("a function without a body"));
            };
            if facts.live.contains(&item) {
                functions.function(numbers.of_type(of_type, types)?);
                let number = next(&numbers.functions);
                numbers.functions.insert(item, number);
                bodies.push(item);
            }
        }
    }
    Ok((functions, bodies))
}

/// The tables that functions are called through, and what is in them.
fn tables(
    graph: &Graph<'_>,
    facts: &Facts,
    numbers: &mut Numbers,
) -> Result<(TableSection, ElementSection), Unexpected> {
    let mut tables = TableSection::new();
    let mut elements = ElementSection::new();
    for (own, instance) in numbered(graph) {
        for (index, table) in (0..).zip(&instance.tables) {
            let item = Item::Own {
                instance: own,
                index,
            };
            if !facts.live_tables.contains(&item) {
                continue;
            }
            let mut of_type = RoundtripReencoder.table_type(*table)?;
            // Nobody makes it grow. Its size is in the code of every call through it, so that it is
            // the same for all but the largest images.
            of_type.minimum = of_type.minimum.max(TABLE);
            of_type.maximum = Some(of_type.minimum);
            tables.table(of_type);
            let number = next(&numbers.tables);
            numbers.tables.insert(item, number);

            // Places that follow each other are one segment.
            let mut slots = facts.tables.get(&item).into_iter().flatten().peekable();
            while let Some((&first, &function)) = slots.next() {
                let mut segment = vec![numbers.function(facts.target(function))?];
                let mut place = first;
                while let Some((_, &function)) =
                    slots.next_if(|(next, _)| place.checked_add(1) == Some(**next))
                {
                    place += 1;
                    segment.push(numbers.function(facts.target(function))?);
                }
                let table = (number > 0).then_some(number);
                let offset = ConstExpr::i32_const(first.cast_signed());
                elements.active(table, &offset, Elements::Functions(segment.into()));
            }
        }
    }
    Ok((tables, elements))
}

fn memories(graph: &Graph<'_>, numbers: &mut Numbers) -> Result<MemorySection, Unexpected> {
    let mut memories = MemorySection::new();
    for (own, instance) in numbered(graph) {
        for (index, memory) in (0..).zip(&instance.memories) {
            memories.memory(RoundtripReencoder.memory_type(*memory)?);
            let number = next(&numbers.memories);
            numbers.memories.insert(
                Item::Own {
                    instance: own,
                    index,
                },
                number,
            );
        }
    }
    Ok(memories)
}

/// The globals that are no constants.
fn globals(
    graph: &Graph<'_>,
    facts: &Facts,
    numbers: &mut Numbers,
) -> Result<GlobalSection, Unexpected> {
    let mut globals = GlobalSection::new();
    for (own, instance) in numbered(graph) {
        // Those of others go with the library that first uses them: the linker sorts them by name.
        let own = (0..).zip(&instance.globals).map(|(index, _)| Item::Own {
            instance: own,
            index,
        });
        for item in instance.moving.iter().copied().chain(own) {
            if facts.constant(graph, item).is_some() || numbers.globals.contains_key(&item) {
                continue;
            }
            let value = initial(graph, item);
            let value = value.ok_or_else(|| unexpected("a global without a known value"))?;
            let of_type = GlobalType {
                val_type: value.of_type(),
                // The compiler would make a constant of any other.
                mutable: true,
                shared: false,
            };
            globals.global(of_type, &value.expression());
            let number = next(&numbers.globals);
            numbers.globals.insert(item, number);
        }
    }
    Ok(globals)
}

fn export(
    graph: &Graph<'_>,
    facts: &Facts,
    numbers: &Numbers,
) -> Result<ExportSection, Unexpected> {
    let mut exports = ExportSection::new();
    for (name, function) in &graph.exports {
        let number = numbers.function(facts.target(*function))?;
        exports.export(name, ExportKind::Func, number);
    }
    if let Some(memory) = graph.memory {
        let number = numbers.memories.get(&memory);
        let number = number.ok_or_else(|| unexpected("a memory that nobody defines"))?;
        exports.export("memory", ExportKind::Memory, *number);
    }
    Ok(exports)
}

fn code(
    graph: &Graph<'_>,
    facts: &Facts,
    numbers: &Numbers,
    bodies: &[Item],
) -> Result<CodeSection, Unexpected> {
    let mut code = CodeSection::new();
    for &item in bodies {
        let Item::Own {
            instance: own,
            index,
        } = item
        else {
            continue;
        };
        let instance = graph.instances.get(own as usize);
        let (Some(instance), Some((body, _))) = (instance, graph.body(own, index)) else {
            return Err(unexpected("a function without a body"));
        };
        let mut renumber = Renumber {
            graph,
            facts,
            numbers,
            own,
            instance,
        };
        renumber
            .parse_function_body(&mut code, body.clone())
            .map_err(why)?;
    }
    Ok(code)
}

fn data(graph: &Graph<'_>, numbers: &mut Numbers) -> Result<DataSection, Unexpected> {
    let mut data = DataSection::new();
    for (own, instance) in numbered(graph) {
        for (index, segment) in (0..).zip(&instance.data) {
            let bytes = segment.data.iter().copied();
            match &segment.kind {
                DataKind::Passive => data.passive(bytes),
                DataKind::Active {
                    memory_index,
                    offset_expr,
                } => {
                    let memory = instance.item(own, Kind::Memory, *memory_index);
                    let memory = numbers.memories.get(&memory);
                    let memory = memory.ok_or_else(|| unexpected("data without a memory"))?;
                    let offset = evaluate(graph, own, offset_expr);
                    let offset =
                        offset.ok_or_else(|| unexpected("data whose place is not constant"))?;
                    data.active(*memory, &offset.expression(), bytes)
                }
            };
            let number = next(&numbers.data);
            numbers.data.insert(
                Item::Own {
                    instance: own,
                    index,
                },
                number,
            );
        }
    }
    Ok(data)
}

impl Numbers {
    fn function(&self, function: Item) -> Result<u32, Unexpected> {
        let number = self.functions.get(&function).copied();
        number.ok_or_else(|| unexpected(format!("a use of {function:?}, which nothing uses")))
    }
}

impl Value {
    fn expression(self) -> ConstExpr {
        match self {
            Self::I32(value) => ConstExpr::i32_const(value),
            Self::I64(value) => ConstExpr::i64_const(value),
            Self::F32(bits) => ConstExpr::f32_const(Ieee32::new(bits)),
            Self::F64(bits) => ConstExpr::f64_const(Ieee64::new(bits)),
        }
    }

    fn of_type(self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
        }
    }

    fn instruction(self) -> Instruction<'static> {
        match self {
            Self::I32(value) => Instruction::I32Const(value),
            Self::I64(value) => Instruction::I64Const(value),
            Self::F32(bits) => Instruction::F32Const(Ieee32::new(bits)),
            Self::F64(bits) => Instruction::F64Const(Ieee64::new(bits)),
        }
    }
}

/// Writes the code of a module with the numbers of the one module.
struct Renumber<'g, 'a> {
    graph: &'g Graph<'a>,
    facts: &'g Facts,
    numbers: &'g Numbers,
    own: u32,
    instance: &'g Instance<'a>,
}

type Reencoded<T> = Result<T, reencode::Error<Unexpected>>;

impl Renumber<'_, '_> {
    fn number(&self, of_kind: &HashMap<Item, u32>, kind: Kind, index: u32) -> Reencoded<u32> {
        let item = self.instance.item(self.own, kind, index);
        let number = of_kind.get(&item).copied();
        number.ok_or_else(|| {
            reencode::Error::UserError(unexpected(format!("a use of the {kind:?} {item:?}")))
        })
    }
}

impl Reencode for Renumber<'_, '_> {
    type Error = Unexpected;

    fn function_index(&mut self, index: u32) -> Reencoded<u32> {
        let item = self.instance.item(self.own, Kind::Function, index);
        let number = self.numbers.function(self.facts.target(item));
        number.map_err(reencode::Error::UserError)
    }

    fn type_index(&mut self, index: u32) -> Reencoded<u32> {
        let of_type = self.instance.types.get(index as usize);
        let number = of_type.and_then(|of_type| self.numbers.types.get(of_type));
        let number = number.copied();
        number.ok_or_else(|| reencode::Error::UserError(unexpected("a use of no type")))
    }

    fn global_index(&mut self, index: u32) -> Reencoded<u32> {
        self.number(&self.numbers.globals, Kind::Global, index)
    }

    fn table_index(&mut self, index: u32) -> Reencoded<u32> {
        self.number(&self.numbers.tables, Kind::Table, index)
    }

    fn memory_index(&mut self, index: u32) -> Reencoded<u32> {
        self.number(&self.numbers.memories, Kind::Memory, index)
    }

    fn data_index(&mut self, index: u32) -> Reencoded<u32> {
        let item = Item::Own {
            instance: self.own,
            index,
        };
        let number = self.numbers.data.get(&item).copied();
        number.ok_or_else(|| reencode::Error::UserError(unexpected("a use of no data")))
    }

    fn element_index(&mut self, _: u32) -> Reencoded<u32> {
        Err(reencode::Error::UserError(unexpected(
            "code that handles elements",
        )))
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Reencoded<Instruction<'a>> {
        if let Operator::GlobalGet { global_index } = operator {
            let global = self.instance.item(self.own, Kind::Global, global_index);
            if let Some(value) = self.facts.constant(self.graph, global) {
                return Ok(value.instruction());
            }
        }
        reencode::utils::instruction(self, operator)
    }
}

impl From<reencode::Error> for Unexpected {
    fn from(error: reencode::Error) -> Self {
        Self(error.to_string())
    }
}

fn why(error: reencode::Error<Unexpected>) -> Unexpected {
    match error {
        reencode::Error::UserError(reason) => reason,
        error => unexpected(error.to_string()),
    }
}
