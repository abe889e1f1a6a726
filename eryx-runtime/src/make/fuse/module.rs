//! A core module of the component and its instance. The linker instantiates each module once, so one
//! type holds both.

use std::collections::{BTreeMap, HashMap};

use wasmparser::{
    CompositeInnerType, CustomSectionReader, Data, Element, FuncType, FunctionBody, Global, Import,
    KnownCustom, MemoryType, Name, Parser, Payload, SubType, TableType, TypeSectionReader,
};

use super::item::{Item, Kind, kind};
use super::{Unexpected, unexpected};

/// The name of a library that does not import `__memory_base`, from which its name would be known.
const UNNAMED: &str = "unnamed";

/// A module, and the items that its imports resolve to.
#[derive(Default)]
pub(super) struct Instance<'a> {
    /// Its position in [`Graph::instances`](super::graph::Graph::instances), once it is there.
    pub(super) id: u32,
    pub(super) types: Vec<FuncType>,
    pub(super) functions: Vec<u32>,
    pub(super) tables: Vec<TableType>,
    pub(super) memories: Vec<MemoryType>,
    pub(super) globals: Vec<Global<'a>>,
    pub(super) elements: Vec<Element<'a>>,
    pub(super) bodies: Vec<FunctionBody<'a>>,
    pub(super) data: Vec<Data<'a>>,
    /// The index of the start function.
    pub(super) start: Option<u32>,
    /// The library's name; none for the modules that the linker generates.
    pub(super) library: Option<&'a str>,
    /// The names of functions by index: from the name section, or else from an export.
    pub(super) names: HashMap<usize, &'a str>,
    pub(super) exports: BTreeMap<&'a str, (Kind, u32)>,
    pub(super) imports: Vec<Import<'a>>,
    /// The items that it imports of each kind, by index.
    pub(super) imported: [Vec<Item>; 4],
    /// The types of the functions that it imports.
    pub(super) imported_types: Vec<u32>,
}

impl<'a> Instance<'a> {
    /// Returns the item that an index of the module refers to.
    pub(super) fn item(&self, kind: Kind, index: u32) -> Item {
        let imported = &self.imported[kind as usize];
        match (index as usize).checked_sub(imported.len()) {
            None => imported[index as usize],
            Some(defined) => self.defined(u32::try_from(defined).expect("at most `index`")),
        }
    }

    /// Returns the item that the module defines itself, after `index` others of its kind.
    pub(super) fn defined(&self, index: u32) -> Item {
        Item::Defined {
            instance: self.id,
            index,
        }
    }

    /// Returns the type of a function by its index in the module.
    pub(super) fn function_type(&self, index: u32) -> Option<&FuncType> {
        let imported = &self.imported_types;
        let ty = imported.get(index as usize).or_else(|| {
            let defined = (index as usize).checked_sub(imported.len())?;
            self.functions.get(defined)
        })?;
        self.types.get(*ty as usize)
    }

    /// Returns the host functions that it imports, with their types.
    pub(super) fn host_functions(&self) -> impl Iterator<Item = (u32, &FuncType)> {
        let functions = self.imported[Kind::Function as usize].iter();
        let functions = functions.zip(&self.imported_types);
        functions.filter_map(|(item, &ty)| match item {
            Item::Host(host) => Some((*host, self.types.get(ty as usize)?)),
            Item::Defined { .. } => None,
        })
    }

    fn read_section(&mut self, payload: Payload<'a>) -> Result<(), Unexpected> {
        match payload {
            Payload::TypeSection(section) => self.read_types(section)?,
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    self.imports.push(import?);
                }
            }
            Payload::FunctionSection(section) => {
                self.functions = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.tables.push(table?.ty);
                }
            }
            Payload::MemorySection(section) => {
                self.memories = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::GlobalSection(section) => {
                self.globals = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let exported = (kind(export.kind)?, export.index);
                    self.exports.insert(export.name, exported);
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::CustomSection(section) => self.read_custom_section(&section),
            Payload::ElementSection(section) => {
                self.elements = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::DataSection(section) => {
                self.data = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::TagSection(_) => return Err(unexpected("a tag")),
            _ => {}
        }
        Ok(())
    }

    fn read_types(&mut self, section: TypeSectionReader<'a>) -> Result<(), Unexpected> {
        for group in section {
            let group = group?;
            let is_simple = !group.is_explicit_rec_group();
            for sub_type in group.into_types() {
                self.types.push(function_type(sub_type, is_simple)?);
            }
        }
        Ok(())
    }

    fn read_custom_section(&mut self, section: &CustomSectionReader<'a>) {
        match section.as_known() {
            KnownCustom::Dylink0(_) => self.library = Some(UNNAMED),
            // Names only serve backtraces, so a damaged name section is no error.
            KnownCustom::Name(subsections) => {
                for subsection in subsections.into_iter().flatten() {
                    if let Name::Function(functions) = subsection {
                        let names = functions.into_iter().flatten();
                        self.names
                            .extend(names.map(|naming| (naming.index as usize, naming.name)));
                    }
                }
            }
            _ => {}
        }
    }
}

/// Reads a module.
pub(super) fn read(bytes: &[u8]) -> Result<Instance<'_>, Unexpected> {
    let mut module = Instance::default();
    for payload in Parser::new(0).parse_all(bytes) {
        module.read_section(payload?)?;
    }
    for (&symbol, &(kind, index)) in &module.exports {
        if kind == Kind::Function {
            module.names.entry(index as usize).or_insert(symbol);
        }
    }
    Ok(module)
}

/// Returns the signature of a function type of WebAssembly 2.0.
///
/// The GC proposal's function types are refused: two of them can differ although their signatures are
/// equal, and fusing merges types by signature.
fn function_type(sub_type: SubType, is_simple: bool) -> Result<FuncType, Unexpected> {
    let composite = sub_type.composite_type;
    let is_simple = is_simple && sub_type.is_final && sub_type.supertype_idx.is_none();
    match composite.inner {
        CompositeInnerType::Func(function) if is_simple && !composite.shared => Ok(function),
        CompositeInnerType::Func(_) => Err(unexpected("a type of the GC proposal")),
        _ => Err(unexpected("a type that is not a function type")),
    }
}
