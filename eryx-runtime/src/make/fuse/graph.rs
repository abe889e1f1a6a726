//! Reading a component, and following every import to what it stands for.

use std::collections::{HashMap, HashSet};

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentTypeRef,
    FuncType, FunctionBody, Instance as Definition, Parser, Payload, TypeRef,
};

use super::item::{Item, Kind, kind};
use super::module::{self, Instance};
use super::values::{self, Values};
use super::{Unexpected, unexpected};

/// What a library imports to know where it is in memory.
const MEMORY_BASE: &str = "__memory_base";

/// A component whose imports are resolved.
#[derive(Default)]
pub(super) struct Graph<'a> {
    /// In the order in which they are instantiated.
    pub(super) instances: Vec<Instance<'a>>,
    /// The interface and name of each function of the host.
    pub(super) host: Vec<(&'a str, &'a str)>,
    /// What is called from outside, by its name in the core module.
    pub(super) exports: Vec<(&'a str, Item)>,
    /// The memory through which values go in and out.
    pub(super) memory: Option<Item>,
    /// The table that libraries put their functions into.
    pub(super) table: Option<Item>,
    /// The globals that say where in it a library's part begins.
    pub(super) table_bases: HashSet<Item>,
    /// The globals that say where in it one function is.
    pub(super) function_places: HashSet<Item>,
    /// The linker's globals whose values are other ones whenever there are other extensions: where
    /// the heap is.
    pub(super) moving: Vec<Item>,
    /// The values that globals begin with, as the linker wrote them.
    pub(super) initial: Values,
}

impl Graph<'_> {
    /// The types of an instance's module.
    pub(super) fn types(&self, instance: u32) -> &[FuncType] {
        let instance = self.instances.get(instance as usize);
        instance.map_or(&[], |instance| &instance.types)
    }

    /// The types of the host's functions.
    pub(super) fn host_types(&self) -> HashMap<u32, &FuncType> {
        let instances = self.instances.iter();
        instances.flat_map(Instance::host_functions).collect()
    }

    /// The function body and type of something that a module defines.
    pub(super) fn body(&self, instance: u32, index: u32) -> Option<(&FunctionBody<'_>, &FuncType)> {
        let module = self.instances.get(instance as usize)?;
        let of_type = *module.functions.get(index as usize)?;
        Some((
            module.bodies.get(index as usize)?,
            module.types.get(of_type as usize)?,
        ))
    }
}

/// What a core instance gives to others, by name.
type Exports<'a> = HashMap<&'a str, (Kind, Item)>;

/// What is known of a component while it is read.
#[derive(Default)]
struct Reader<'a> {
    graph: Graph<'a>,
    /// Each is taken when it is instantiated.
    modules: Vec<Option<Instance<'a>>>,
    core_instances: Vec<Exports<'a>>,
    /// The core index spaces: what each index stands for, and the name under which it was found.
    spaces: [Vec<(Item, &'a str)>; 4],
    /// The component's instances, as far as they are imports: their names.
    instances: Vec<Option<&'a str>>,
    /// The component's functions, as far as they are the host's.
    functions: Vec<Option<(&'a str, &'a str)>>,
    /// The library whose place in memory a global is.
    libraries: HashMap<Item, &'a str>,
}

/// Reads a component.
pub(super) fn read(component: &[u8]) -> Result<Graph<'_>, Unexpected> {
    let mut reader = Reader::default();
    // How many modules and components are open. What is in a module was read with it, and the
    // components within this one only give names to what it exports.
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
    reader.graph.initial = values::of_globals(&reader.graph.instances, |_, value| value);
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
                let bytes = bytes.ok_or_else(|| unexpected("a module that is cut off"))?;
                self.modules.push(Some(module::read(bytes)?));
            }
            Payload::InstanceSection(section) => {
                for definition in section {
                    let exports = self.instantiate(definition?)?;
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
                // An export is a name for what is there, and takes the next index.
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
                let (id, _) = other.as_section().unwrap_or_default();
                return Err(unexpected(format!("a section of kind {id}")));
            }
        }
        Ok(())
    }

    fn instantiate(&mut self, definition: Definition<'a>) -> Result<Exports<'a>, Unexpected> {
        let (module_index, arguments) = match definition {
            Definition::FromExports(exports) => {
                let mut given = Exports::new();
                for export in &exports {
                    let kind = kind(export.kind)?;
                    let space = &self.spaces[kind as usize];
                    let found = space.get(export.index as usize);
                    let (item, name) =
                        *found.ok_or_else(|| unexpected("an index beyond the end"))?;
                    if export.name == MEMORY_BASE
                        && let Some(library) = name.strip_suffix(":memory_base")
                    {
                        self.libraries.insert(item, library);
                    }
                    given.insert(export.name, (kind, item));
                }
                return Ok(given);
            }
            Definition::Instantiate { module_index, args } => (module_index, args),
        };
        let module = self.modules.get_mut(module_index as usize);
        let module = module.and_then(Option::take);
        let mut module = module.ok_or_else(|| unexpected("a module that is instantiated twice"))?;
        let arguments: HashMap<&str, u32> = arguments
            .iter()
            .map(|argument| (argument.name, argument.index))
            .collect();
        for import in &module.imports {
            let missing = || unexpected(format!("nothing for {}.{}", import.module, import.name));
            let exports = arguments.get(import.module);
            let exports = exports.and_then(|&index| self.core_instances.get(index as usize));
            let found = exports.and_then(|exports| exports.get(import.name));
            let (kind, item) = *found.ok_or_else(missing)?;
            let wanted = match import.ty {
                TypeRef::Func(of_type) => {
                    module.imported_types.push(of_type);
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
            match (import.module, import.name) {
                (_, MEMORY_BASE) => {
                    let library = self.libraries.get(&item).copied();
                    module.library = library.or(module.library);
                }
                (_, "__indirect_function_table") => self.graph.table = Some(item),
                (_, "memory") if kind == Kind::Memory => self.graph.memory = Some(item),
                (_, "__table_base") => {
                    self.graph.table_bases.insert(item);
                }
                ("GOT.func", _) => {
                    self.graph.function_places.insert(item);
                }
                _ => {}
            }
        }
        let own = u32::try_from(self.graph.instances.len()).unwrap_or(u32::MAX);
        let exports = module.exports.iter();
        let exports =
            exports.map(|(name, &(kind, index))| (*name, (kind, module.item(own, kind, index))));
        let exports: Exports<'a> = exports.collect();
        if module.library.is_none() {
            // The heap begins where the last library ends.
            for name in ["__heap_base", "__heap_end"] {
                if let Some(&(Kind::Global, item)) = exports.get(name)
                    && !self.graph.moving.contains(&item)
                {
                    self.graph.moving.push(item);
                }
            }
        }
        self.graph.instances.push(module);
        Ok(exports)
    }

    fn alias(&mut self, alias: &ComponentAlias<'a>) -> Result<(), Unexpected> {
        match *alias {
            ComponentAlias::CoreInstanceExport {
                kind: of_kind,
                instance_index,
                name,
            } => {
                let exports = self.core_instances.get(instance_index as usize);
                let found = exports.and_then(|exports| exports.get(name));
                let missing = || unexpected(format!("an alias of {name}, which is not there"));
                let (found, item) = *found.ok_or_else(missing)?;
                if found != kind(of_kind)? {
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
                    .ok_or_else(|| unexpected("a function that is lowered and not the host's"))?;
                let host = u32::try_from(self.graph.host.len()).unwrap_or(u32::MAX);
                self.graph.host.push(function);
                self.spaces[Kind::Function as usize].push((Item::Host(host), function.1));
                self.options(&options)
            }
            other => Err(unexpected(format!("the function {other:?}"))),
        }
    }

    /// What values go in and out through.
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
                ref other => return Err(unexpected(format!("the option {other:?}"))),
            }
        }
        Ok(())
    }

    /// A function that is called from outside. The name under which the component found it is the
    /// one that a module of such a component has to give it.
    fn export(&mut self, index: u32) -> Result<(), Unexpected> {
        let found = self.spaces[Kind::Function as usize].get(index as usize);
        let (item, name) = *found.ok_or_else(|| unexpected("an index beyond the end"))?;
        self.graph.exports.push((name, item));
        Ok(())
    }
}
