//! One core module of a component, as far as fusing needs it.

use std::collections::{BTreeMap, HashMap};

use wasmparser::{
    CompositeInnerType, Data, Element, FuncType, FunctionBody, Global, Import, KnownCustom,
    MemoryType, Name, Parser, Payload, SubType, TableType,
};

use super::item::{Item, Kind, kind};
use super::{Unexpected, unexpected};

/// What a library is called that does not ask where it is.
const UNNAMED: &str = "unnamed";

/// A module, and what its imports stand for.
#[derive(Default)]
pub(super) struct Instance<'a> {
    pub(super) types: Vec<FuncType>,
    pub(super) functions: Vec<u32>,
    pub(super) tables: Vec<TableType>,
    pub(super) memories: Vec<MemoryType>,
    pub(super) globals: Vec<Global<'a>>,
    pub(super) elements: Vec<Element<'a>>,
    pub(super) bodies: Vec<FunctionBody<'a>>,
    pub(super) data: Vec<Data<'a>>,
    /// The function that is called when it is instantiated.
    pub(super) start: Option<u32>,
    /// The library's name; none for the modules that the linker makes.
    pub(super) library: Option<&'a str>,
    /// The names of its functions: those that the module says, or else under which it exports them.
    pub(super) names: HashMap<u32, &'a str>,
    pub(super) exports: BTreeMap<&'a str, (Kind, u32)>,
    pub(super) imports: Vec<Import<'a>>,
    /// What it imports of each kind, in the order of its indices.
    pub(super) imported: [Vec<Item>; 4],
    /// The types of the functions it imports.
    pub(super) imported_types: Vec<u32>,
}

impl Instance<'_> {
    /// What an index of the module stands for; `own` is the number of this instance.
    pub(super) fn item(&self, own: u32, kind: Kind, index: u32) -> Item {
        let imported = &self.imported[kind as usize];
        let there = imported.get(index as usize).copied();
        there.unwrap_or_else(|| Item::Own {
            instance: own,
            index: index.saturating_sub(u32::try_from(imported.len()).unwrap_or(u32::MAX)),
        })
    }

    /// The module's index of what it defines itself.
    pub(super) fn number(&self, kind: Kind, own: u32) -> u32 {
        let imported = u32::try_from(self.imported[kind as usize].len());
        own.saturating_add(imported.unwrap_or(u32::MAX))
    }

    /// The type of a function, by the module's index.
    pub(super) fn function_type(&self, index: u32) -> Option<&FuncType> {
        let imported = &self.imported_types;
        let of_type = imported.get(index as usize).or_else(|| {
            let own = (index as usize).checked_sub(imported.len())?;
            self.functions.get(own)
        })?;
        self.types.get(*of_type as usize)
    }

    /// The functions of the host that it imports, with their types.
    pub(super) fn host_functions(&self) -> impl Iterator<Item = (u32, &FuncType)> {
        let functions = self.imported[Kind::Function as usize].iter();
        let functions = functions.zip(&self.imported_types);
        functions.filter_map(|(item, &of_type)| match item {
            Item::Host(host) => Some((*host, self.types.get(of_type as usize)?)),
            Item::Own { .. } => None,
        })
    }
}

/// Reads a module.
pub(super) fn read(bytes: &[u8]) -> Result<Instance<'_>, Unexpected> {
    let mut module = Instance::default();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(section) => {
                for group in section {
                    let group = group?;
                    let is_simple = !group.is_explicit_rec_group();
                    for sub_type in group.into_types() {
                        module.types.push(function_type(sub_type, is_simple)?);
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    module.imports.push(import?);
                }
            }
            Payload::FunctionSection(section) => {
                module.functions = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::TableSection(section) => {
                for table in section {
                    module.tables.push(table?.ty);
                }
            }
            Payload::MemorySection(section) => {
                module.memories = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::GlobalSection(section) => {
                module.globals = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let found = (kind(export.kind)?, export.index);
                    module.exports.insert(export.name, found);
                }
            }
            Payload::StartSection { func, .. } => module.start = Some(func),
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Dylink0(_) => module.library = Some(UNNAMED),
                // Names are for people: without them a function is known by its number.
                KnownCustom::Name(names) => {
                    for subsection in names.into_iter().flatten() {
                        if let Name::Function(functions) = subsection {
                            let named = functions.into_iter().flatten();
                            module
                                .names
                                .extend(named.map(|named| (named.index, named.name)));
                        }
                    }
                }
                _ => {}
            },
            Payload::ElementSection(section) => {
                module.elements = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::CodeSectionEntry(body) => module.bodies.push(body),
            Payload::DataSection(section) => {
                module.data = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::TagSection(_) => return Err(unexpected("a tag")),
            _ => {}
        }
    }
    for (&symbol, &(kind, index)) in &module.exports {
        if kind == Kind::Function {
            module.names.entry(index).or_insert(symbol);
        }
    }
    Ok(module)
}

/// The type of a function, of which the parameters and results say all: those of the GC proposal can
/// be other types although these are the same.
fn function_type(sub_type: SubType, is_simple: bool) -> Result<FuncType, Unexpected> {
    let composite = sub_type.composite_type;
    let is_simple = is_simple && sub_type.is_final && sub_type.supertype_idx.is_none();
    match composite.inner {
        CompositeInnerType::Func(function) if is_simple && !composite.shared => Ok(function),
        CompositeInnerType::Func(_) => Err(unexpected("a type of the GC proposal")),
        _ => Err(unexpected("a type that is no function's")),
    }
}
