//! Reading a component and resolving every import to the item that it stands for.

use std::collections::{HashMap, HashSet};

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentTypeRef,
    Export, FuncType, FunctionBody, Import, Instance as Definition, InstantiationArg, Parser,
    Payload, TypeRef,
};

use super::item::{Item, Kind, kind};
use super::module::{self, Instance};
use super::values::{self, Values};
use super::{Unexpected, to_u32, unexpected};

/// The import by which a library learns its address in memory.
const MEMORY_BASE: &str = "__memory_base";

/// A component whose imports are resolved.
#[derive(Default)]
pub(super) struct Graph<'a> {
    /// The core instances, in the order of instantiation.
    pub(super) instances: Vec<Instance<'a>>,
    /// The interface and name of each host function.
    pub(super) host: Vec<(&'a str, &'a str)>,
    /// The functions that the host calls, each with its name as a core module exports it.
    pub(super) exports: Vec<(&'a str, Item)>,
    /// The memory that all libraries share.
    pub(super) memory: Option<Item>,
    /// The table that all libraries share.
    pub(super) table: Option<Item>,
    /// The globals that hold a `__table_base`: the slot where a library's part of the table begins.
    pub(super) table_bases: HashSet<Item>,
    /// The globals that libraries import from `GOT.func`: each holds the slot of one function.
    pub(super) got_functions: HashSet<Item>,
    /// The linker's globals that say where the heap begins and ends, which depends on the extensions.
    pub(super) heap_bounds: Vec<Item>,
    /// The initial values of globals, as the linker wrote them.
    pub(super) linked_values: Values,
}

impl<'a> Graph<'a> {
    /// Returns the instance at a position of [`Graph::instances`].
    pub(super) fn instance(&self, id: u32) -> Result<&Instance<'a>, Unexpected> {
        let instance = self.instances.get(id as usize);
        instance.ok_or_else(|| unexpected("a reference to an unknown instance"))
    }

    /// Returns the types of the host functions.
    pub(super) fn host_types(&self) -> HashMap<u32, &FuncType> {
        let instances = self.instances.iter();
        instances.flat_map(Instance::host_functions).collect()
    }

    /// Returns the body and type of a function that an instance defines.
    pub(super) fn body(
        &self,
        instance: u32,
        index: u32,
    ) -> Result<(&FunctionBody<'a>, &FuncType), Unexpected> {
        let module = self.instance(instance)?;
        let body = module.bodies.get(index as usize);
        let ty = module.functions.get(index as usize);
        let ty = ty.and_then(|&ty| module.types.get(ty as usize));
        body.zip(ty)
            .ok_or_else(|| unexpected("a function without a body or type"))
    }
}

/// The exports of a core instance, by name.
type Exports<'a> = HashMap<&'a str, (Kind, Item)>;

/// The state of reading a component: its index spaces so far.
#[derive(Default)]
struct Reader<'a> {
    graph: Graph<'a>,
    /// The core modules. Instantiating one takes it out.
    modules: Vec<Option<Instance<'a>>>,
    core_instances: Vec<Exports<'a>>,
    /// The core index spaces: the item at each index, and the name by which it was aliased.
    spaces: [Vec<(Item, &'a str)>; 4],
    /// The component's instances: the names of those that are imports.
    instances: Vec<Option<&'a str>>,
    /// The component's functions: interface and name of those that are host functions.
    functions: Vec<Option<(&'a str, &'a str)>>,
    /// The names of libraries, by the global that holds their `__memory_base`.
    libraries: HashMap<Item, &'a str>,
}

/// Reads a component.
pub(super) fn read(component: &[u8]) -> Result<Graph<'_>, Unexpected> {
    let mut reader = Reader::default();
    // How many modules and components enclose the payload. `module::read` reads what is inside modules;
    // the nested components only name what this one exports.
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            payload if depth == 1 => reader.section(component, payload)?,
            _ => {}
        }
    }
    let mut seen = HashSet::new();
    reader.graph.exports.retain(|(name, _)| seen.insert(*name));
    reader.graph.linked_values = values::of_globals(&reader.graph.instances, |_, value| value);
    Ok(reader.graph)
}

impl<'a> Reader<'a> {
    fn section(&mut self, component: &'a [u8], payload: Payload<'a>) -> Result<(), Unexpected> {
        match payload {
            Payload::ModuleSection {
                unchecked_range: range,
                ..
            } => {
                let bytes = component.get(range);
                let bytes = bytes.ok_or_else(|| unexpected("a truncated module"))?;
                self.modules.push(Some(module::read(bytes)?));
            }
            Payload::InstanceSection(section) => {
                for definition in section {
                    let exports = match definition? {
                        Definition::FromExports(exports) => self.collect_exports(&exports)?,
                        Definition::Instantiate { module_index, args } => {
                            self.instantiate(module_index, &args)?
                        }
                    };
                    self.core_instances.push(exports);
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    self.alias(&alias?)?;
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import?;
                    match import.ty {
                        ComponentTypeRef::Instance(_) => {
                            self.instances.push(Some(import.name.name));
                        }
                        ComponentTypeRef::Type(_) => {}
                        _ => return Err(unexpected(format!("the import {}", import.name.name))),
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                self.instances.extend(section.into_iter().map(|_| None));
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    self.canonical(function?)?;
                }
            }
            Payload::ComponentExportSection(section) => {
                // An export also takes the next index of its kind.
                for export in section {
                    match export?.kind {
                        ComponentExternalKind::Instance => self.instances.push(None),
                        ComponentExternalKind::Func => self.functions.push(None),
                        _ => {}
                    }
                }
            }
            Payload::ComponentSection { .. }
            | Payload::ComponentTypeSection(_)
            | Payload::CustomSection(_) => {}
            other => {
                return Err(unexpected(match other.as_section() {
                    Some((id, _)) => format!("a section of kind {id}"),
                    None => "data outside of a section".to_owned(),
                }));
            }
        }
        Ok(())
    }

    /// Collects the exports of a core instance that has no module: items that others define, each under
    /// a new name.
    fn collect_exports(&mut self, exports: &[Export<'a>]) -> Result<Exports<'a>, Unexpected> {
        let mut collected = Exports::new();
        for export in exports {
            let kind = kind(export.kind)?;
            let found = self.spaces[kind as usize].get(export.index as usize);
            let (item, name) = *found.ok_or_else(|| unexpected("an index out of bounds"))?;
            if export.name == MEMORY_BASE
                && let Some(library) = name.strip_suffix(":memory_base")
            {
                self.libraries.insert(item, library);
            }
            collected.insert(export.name, (kind, item));
        }
        Ok(collected)
    }

    /// Instantiates a module and returns its exports.
    fn instantiate(
        &mut self,
        module: u32,
        arguments: &[InstantiationArg<'a>],
    ) -> Result<Exports<'a>, Unexpected> {
        let module = self.modules.get_mut(module as usize);
        let module = module.and_then(Option::take);
        let mut module = module.ok_or_else(|| unexpected("a module that is instantiated twice"))?;
        module.id = to_u32(self.graph.instances.len())?;
        self.resolve_imports(&mut module, arguments)?;
        let exports = module.exports.iter();
        let exports =
            exports.map(|(name, &(kind, index))| (*name, (kind, module.item(kind, index))));
        let exports: Exports<'a> = exports.collect();
        if module.library.is_none() {
            // The heap begins where the data of the last library ends.
            for name in ["__heap_base", "__heap_end"] {
                if let Some(&(Kind::Global, item)) = exports.get(name)
                    && !self.graph.heap_bounds.contains(&item)
                {
                    self.graph.heap_bounds.push(item);
                }
            }
        }
        self.graph.instances.push(module);
        Ok(exports)
    }

    fn resolve_imports(
        &mut self,
        module: &mut Instance<'a>,
        arguments: &[InstantiationArg<'a>],
    ) -> Result<(), Unexpected> {
        let arguments: HashMap<&str, u32> = arguments
            .iter()
            .map(|argument| (argument.name, argument.index))
            .collect();
        for import in &module.imports {
            let missing = || {
                let (module, name) = (import.module, import.name);
                unexpected(format!("an import without a definition: {module}.{name}"))
            };
            let exports = arguments.get(import.module);
            let exports = exports.and_then(|&index| self.core_instances.get(index as usize));
            let found = exports.and_then(|exports| exports.get(import.name));
            let (kind, item) = *found.ok_or_else(missing)?;
            let wanted = match import.ty {
                TypeRef::Func(ty) => {
                    module.imported_types.push(ty);
                    Kind::Function
                }
                TypeRef::Table(_) => Kind::Table,
                TypeRef::Memory(_) => Kind::Memory,
                TypeRef::Global(_) => Kind::Global,
                TypeRef::Tag(_) | TypeRef::FuncExact(_) => return Err(unexpected("a tag")),
            };
            if wanted != kind {
                return Err(missing());
            }
            module.imported[kind as usize].push(item);
            if import.name == MEMORY_BASE {
                let library = self.libraries.get(&item).copied();
                module.library = library.or(module.library);
            } else {
                self.graph.note_import(import, kind, item);
            }
        }
        Ok(())
    }

    fn alias(&mut self, alias: &ComponentAlias<'a>) -> Result<(), Unexpected> {
        match *alias {
            ComponentAlias::CoreInstanceExport {
                kind: wanted,
                instance_index,
                name,
            } => {
                let exports = self.core_instances.get(instance_index as usize);
                let found = exports.and_then(|exports| exports.get(name));
                let missing = || unexpected(format!("an alias of the missing export {name}"));
                let (found, item) = *found.ok_or_else(missing)?;
                if found != kind(wanted)? {
                    return Err(missing());
                }
                self.spaces[found as usize].push((item, name));
            }
            ComponentAlias::InstanceExport {
                kind: ComponentExternalKind::Func,
                instance_index,
                name,
            } => {
                let instance = self.instances.get(instance_index as usize);
                let instance = instance.copied().flatten();
                self.functions
                    .push(instance.map(|instance| (instance, name)));
            }
            ComponentAlias::InstanceExport {
                kind: ComponentExternalKind::Instance,
                ..
            } => self.instances.push(None),
            ComponentAlias::InstanceExport {
                kind: ComponentExternalKind::Type,
                ..
            }
            | ComponentAlias::Outer { .. } => {}
            ComponentAlias::InstanceExport { name, .. } => {
                return Err(unexpected(format!("an alias of {name}")));
            }
        }
        Ok(())
    }

    fn canonical(&mut self, function: CanonicalFunction) -> Result<(), Unexpected> {
        match function {
            CanonicalFunction::Lift {
                core_func_index,
                options,
                ..
            } => {
                self.functions.push(None);
                self.export(core_func_index)?;
                self.options(&options)
            }
            CanonicalFunction::Lower {
                func_index,
                options,
            } => {
                let function = self.functions.get(func_index as usize);
                let function = function.copied().flatten();
                let function = function
                    .ok_or_else(|| unexpected("a lowered function that is not a host function"))?;
                let host = to_u32(self.graph.host.len())?;
                self.graph.host.push(function);
                self.spaces[Kind::Function as usize].push((Item::Host(host), function.1));
                self.options(&options)
            }
            other => Err(unexpected(format!("the canonical function {other:?}"))),
        }
    }

    /// Reads the options of a lifted or lowered function: its memory, and functions that the host calls
    /// to pass values.
    fn options(&mut self, options: &[CanonicalOption]) -> Result<(), Unexpected> {
        for option in options {
            match *option {
                CanonicalOption::UTF8 => {}
                CanonicalOption::Memory(index) => {
                    let memory = self.spaces[Kind::Memory as usize].get(index as usize);
                    let memory = memory.map(|(item, _)| *item);
                    if self.graph.memory.is_some() && self.graph.memory != memory {
                        return Err(unexpected("a second memory"));
                    }
                    self.graph.memory = memory;
                }
                CanonicalOption::Realloc(index) | CanonicalOption::PostReturn(index) => {
                    self.export(index)?;
                }
                ref other => return Err(unexpected(format!("the canonical option {other:?}"))),
            }
        }
        Ok(())
    }

    /// Exports a function that the host calls. The fused module exports it under the name by which the
    /// component aliased it, for that is its name in the canonical ABI.
    fn export(&mut self, index: u32) -> Result<(), Unexpected> {
        let found = self.spaces[Kind::Function as usize].get(index as usize);
        let (item, name) = *found.ok_or_else(|| unexpected("an index out of bounds"))?;
        self.graph.exports.push((name, item));
        Ok(())
    }
}

impl Graph<'_> {
    /// Notes an item that has a meaning for all libraries, by the name that they import it under.
    fn note_import(&mut self, import: &Import<'_>, kind: Kind, item: Item) {
        match (import.module, import.name) {
            (_, "__indirect_function_table") => self.table = Some(item),
            (_, "memory") if kind == Kind::Memory => self.memory = Some(item),
            (_, "__table_base") => {
                self.table_bases.insert(item);
            }
            ("GOT.func", _) => {
                self.got_functions.insert(item);
            }
            _ => {}
        }
    }
}
