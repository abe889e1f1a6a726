//! Running a linked component as it is: each of its core modules becomes an instance.
//!
//! The linker writes flat components, of which only a few sections matter for running them. So these
//! tests do not need wasmtime's `component-model` feature. Nothing else in the workspace needs it, and
//! with it wasmtime would be compiled a second time, for the tests alone.

use std::collections::HashMap;

use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentTypeRef, ExternalKind,
    Instance as Definition, Parser, Payload, Validator,
};
use wasmtime::{AsContextMut as _, Error, Extern, Func, Instance, Module, Result, Store};

use super::run::engine;

/// A component: its compiled modules, and the steps that instantiate them.
#[derive(Default)]
pub(super) struct Component {
    modules: Vec<Module>,
    steps: Vec<Step>,
    /// The component's functions: the names of those that are host functions.
    functions: Vec<Option<String>>,
    /// The exported functions: name and index.
    exports: Vec<(String, u32)>,
    /// The lifted core functions, by the index of the component's function.
    lifted: HashMap<u32, u32>,
}

/// A step of instantiating a component.
enum Step {
    Instantiate {
        module: u32,
        /// The core instances that the module imports from, by name.
        arguments: HashMap<String, u32>,
    },
    /// Makes a core instance of existing items: each with its name, kind and index.
    Collect(Vec<(String, ExternalKind, u32)>),
    /// Gives an export of a core instance the next index of its kind.
    Alias {
        kind: ExternalKind,
        instance: u32,
        name: String,
    },
    /// Makes a host function a core function.
    Lower(String),
}

/// An item that a core module can import.
#[derive(Clone)]
enum Item {
    Extern(Extern),
    /// A host function; the importing module determines its type.
    Host(String),
}

fn unexpected(what: impl std::fmt::Display) -> Error {
    Error::msg(format!("the component has {what}"))
}

impl Component {
    /// Validates a component and compiles its modules.
    pub(super) fn new(bytes: &[u8]) -> Result<Self> {
        let invalid = |error: wasmparser::BinaryReaderError| Error::msg(error.to_string());
        Validator::new().validate_all(bytes).map_err(invalid)?;
        let mut component = Self::default();
        let mut depth = 0;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(invalid)? {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                payload if depth == 1 => component.section(bytes, payload)?,
                _ => {}
            }
        }
        Ok(component)
    }

    fn section(&mut self, bytes: &[u8], payload: Payload<'_>) -> Result<()> {
        match payload {
            Payload::ModuleSection {
                unchecked_range, ..
            } => self
                .modules
                .push(Module::new(&engine()?, &bytes[unchecked_range])?),
            Payload::InstanceSection(section) => {
                for definition in section {
                    self.steps.push(step(definition?));
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    match alias? {
                        ComponentAlias::CoreInstanceExport {
                            kind,
                            instance_index,
                            name,
                        } => self.steps.push(Step::Alias {
                            kind,
                            instance: instance_index,
                            name: name.to_owned(),
                        }),
                        ComponentAlias::InstanceExport {
                            kind: ComponentExternalKind::Func,
                            name,
                            ..
                        } => self.functions.push(Some(name.to_owned())),
                        _ => {}
                    }
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    if let ComponentTypeRef::Func(_) = import?.ty {
                        return Err(unexpected("a function import outside of an interface"));
                    }
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    self.canonical(&function?)?;
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ComponentExternalKind::Func {
                        self.exports
                            .push((export.name.name.to_owned(), export.index));
                        // An export also takes the next index of its kind.
                        self.functions.push(None);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn canonical(&mut self, function: &CanonicalFunction) -> Result<()> {
        match *function {
            CanonicalFunction::Lift {
                core_func_index, ..
            } => {
                let index = u32::try_from(self.functions.len())?;
                self.lifted.insert(index, core_func_index);
                self.functions.push(None);
                Ok(())
            }
            CanonicalFunction::Lower { func_index, .. } => {
                let function = self.functions.get(func_index as usize).cloned().flatten();
                let name = function
                    .ok_or_else(|| unexpected("a lowered function that is not a host function"))?;
                self.steps.push(Step::Lower(name));
                Ok(())
            }
            ref other => Err(unexpected(format_args!("the function {other:?}"))),
        }
    }

    /// Instantiates all modules. Returns the functions that the component exports.
    pub(super) async fn instantiate(&self, store: &mut Store<()>) -> Result<HashMap<String, Func>> {
        let mut instances: Vec<HashMap<String, Item>> = Vec::new();
        let mut spaces: HashMap<u8, Vec<Item>> = HashMap::new();
        for step in &self.steps {
            match step {
                Step::Instantiate { module, arguments } => {
                    let module = &self.modules[*module as usize];
                    let argument = |name: &str| Some(&instances[*arguments.get(name)? as usize]);
                    let mut imports = Vec::new();
                    for import in module.imports() {
                        let item = argument(import.module()).and_then(|it| it.get(import.name()));
                        imports.push(match item.cloned() {
                            Some(Item::Extern(item)) => item,
                            Some(Item::Host(name)) => host(&mut *store, &name, &import.ty())?,
                            None => return Err(unexpected(format_args!("no {}", import.name()))),
                        });
                    }
                    let instance =
                        Instance::new_async(store.as_context_mut(), module, &imports).await?;
                    let exports = instance.exports(&mut *store);
                    let exports =
                        exports.map(|it| (it.name().to_owned(), Item::Extern(it.into_extern())));
                    instances.push(exports.collect());
                }
                Step::Collect(exports) => {
                    let exports = exports.iter().map(|(name, kind, index)| {
                        (
                            name.clone(),
                            spaces[&(*kind as u8)][*index as usize].clone(),
                        )
                    });
                    instances.push(exports.collect());
                }
                Step::Alias {
                    kind,
                    instance,
                    name,
                } => {
                    let item = instances[*instance as usize][name].clone();
                    spaces.entry(*kind as u8).or_default().push(item);
                }
                Step::Lower(name) => {
                    let item = Item::Host(name.clone());
                    spaces
                        .entry(ExternalKind::Func as u8)
                        .or_default()
                        .push(item);
                }
            }
        }
        let function = |(name, index): &(String, u32)| {
            let core = *self.lifted.get(index)?;
            match &spaces[&(ExternalKind::Func as u8)][core as usize] {
                Item::Extern(Extern::Func(function)) => Some((name.clone(), *function)),
                _ => None,
            }
        };
        Ok(self.exports.iter().filter_map(function).collect())
    }
}

fn step(definition: Definition<'_>) -> Step {
    match definition {
        Definition::Instantiate { module_index, args } => Step::Instantiate {
            module: module_index,
            arguments: args
                .iter()
                .map(|it| (it.name.to_owned(), it.index))
                .collect(),
        },
        Definition::FromExports(exports) => Step::Collect(
            exports
                .iter()
                .map(|it| (it.name.to_owned(), it.kind, it.index))
                .collect(),
        ),
    }
}

/// Returns the host function with a name, with the type that a core module imports.
fn host(store: &mut Store<()>, name: &str, ty: &wasmtime::ExternType) -> Result<Extern> {
    // The only host function that always does the same.
    match (name, ty.func()) {
        ("sleep", Some(ty)) => Ok(Func::new(store, ty.clone(), |_, _, _| Ok(())).into()),
        _ => Err(unexpected(format_args!("the import {name}"))),
    }
}
