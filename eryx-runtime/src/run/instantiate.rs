//! Instantiating the modules of an image: the base module, and the extensions' module if there is
//! one.

use std::sync::Arc;

use wasmtime::{Engine, Extern, Instance, InstancePre, Linker, Memory, ModuleExport, Store, Val};

use super::imports::Host;
use super::pool::{Snapshot, with_contents_async};
use super::runtime::Runtime;
use crate::module::code::Code;
use crate::module::layout::{Global, Layer, MEMORY, Value};
#[cfg(feature = "build")]
use crate::module::layout::{StartAction, StartPlan};

/// The size of a WebAssembly page in bytes.
pub(crate) const WASM_PAGE: usize = 64 << 10;

/// The modules of an image, linked with the host's imports.
pub(crate) struct Modules {
    pub(crate) runtime: Runtime,
    pub(crate) base: Arc<Code>,
    pub(crate) extensions: Option<Arc<Code>>,
    pre: InstancePre<Host>,
    memory: ModuleExport,
    /// The base module's exports that the extensions' module imports, in the order of its imports.
    imports: Vec<ModuleExport>,
    /// The mutable globals.
    globals: Vec<(Global, ModuleExport)>,
}

/// One instance of each of these modules, with a common memory.
pub(crate) struct Instances {
    pub(crate) base: Instance,
    extensions: Option<Instance>,
    pub(crate) memory: Memory,
}

impl Modules {
    /// Links modules. `globals` lists the mutable globals.
    pub(crate) fn new(
        runtime: &Runtime,
        base: Arc<Code>,
        extensions: Option<Arc<Code>>,
        globals: &[Global],
    ) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(base.module.engine());
        Host::add_to(&mut linker)?;
        let pre = linker.instantiate_pre(&base.module)?;
        let mut imports = Vec::new();
        for import in extensions.iter().flat_map(|code| code.module.imports()) {
            imports.push(export(&base, import.name())?);
        }
        let globals = globals.iter().map(|global| {
            let code = match global.layer {
                Layer::Base => Some(&base),
                Layer::Extensions => extensions.as_ref(),
            };
            let code = code.ok_or_else(|| missing(&global.name()))?;
            Ok((global.clone(), export(code, &global.name())?))
        });
        Ok(Self {
            runtime: runtime.clone(),
            globals: globals.collect::<wasmtime::Result<_>>()?,
            memory: export(&base, MEMORY)?,
            pre,
            imports,
            base,
            extensions,
        })
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.base.module.engine()
    }

    /// Whether the code measures fuel.
    pub(crate) fn has_fuel(&self) -> bool {
        self.runtime.has_fuel(self.engine())
    }

    /// Returns the mutable globals with these values, which are in the same order.
    #[cfg(feature = "build")]
    pub(crate) fn globals_with(&self, values: &[Value]) -> Vec<Global> {
        let globals = self.globals.iter().zip(values);
        let globals = globals.map(|((global, _), value)| Global {
            value: *value,
            ..global.clone()
        });
        globals.collect()
    }

    /// Instantiates the modules. The memory begins with the snapshot, or as the module declares it.
    pub(crate) async fn instantiate(
        &self,
        store: &mut Store<Host>,
        contents: Option<&Arc<Snapshot>>,
    ) -> wasmtime::Result<Instances> {
        let base =
            with_contents_async(contents.cloned(), self.pre.instantiate_async(&mut *store)).await?;
        let extensions = match &self.extensions {
            Some(code) => {
                let mut imports = Vec::with_capacity(self.imports.len());
                for import in &self.imports {
                    let found = base.get_module_export(&mut *store, import);
                    imports.push(found.ok_or_else(|| missing("that the extensions import"))?);
                }
                Some(Instance::new_async(&mut *store, &code.module, &imports).await?)
            }
            None => None,
        };
        let memory = base.get_module_export(&mut *store, &self.memory);
        let memory = memory.and_then(Extern::into_memory);
        let memory = memory.ok_or_else(|| missing(MEMORY))?;
        if let Some(contents) = contents.map(|snapshot| snapshot.bytes()) {
            // Without the pool the memory does not begin with the snapshot.
            let missing = contents.len().saturating_sub(memory.data_size(&*store));
            if missing > 0 {
                memory.grow(&mut *store, missing.div_ceil(WASM_PAGE) as u64)?;
                memory.write(&mut *store, 0, contents)?;
            }
        }
        store.data_mut().memory = Some(memory);
        Ok(Instances {
            base,
            extensions,
            memory,
        })
    }
}

impl Instances {
    /// Returns the instance of a layer.
    pub(crate) fn of(&self, layer: Layer) -> wasmtime::Result<Instance> {
        match layer {
            Layer::Base => Ok(self.base),
            Layer::Extensions => self
                .extensions
                .ok_or_else(|| wasmtime::Error::msg("the image has no module of extensions")),
        }
    }

    /// Runs the start plan: what the component's instantiation would have done.
    #[cfg(feature = "build")]
    pub(crate) async fn start(
        &self,
        modules: &Modules,
        store: &mut Store<Host>,
        plan: &StartPlan,
    ) -> wasmtime::Result<()> {
        let missing_pages = plan.pages.saturating_sub(self.memory.size(&*store));
        self.memory.grow(&mut *store, missing_pages)?;
        for (address, bytes) in &plan.data {
            self.memory.write(&mut *store, *address as usize, bytes)?;
        }
        let globals = plan.globals.iter().map(|global| global.value);
        let globals: Vec<Value> = globals.collect();
        self.set_globals(modules, store, &globals)?;
        for action in &plan.actions {
            match action {
                StartAction::Store { address, value } => {
                    let bytes = value.to_le_bytes();
                    self.memory.write(&mut *store, *address as usize, &bytes)?;
                }
                StartAction::Call {
                    layer,
                    name,
                    arguments,
                } => {
                    let function = self.of(*layer)?.get_func(&mut *store, name);
                    let function = function.ok_or_else(|| missing(name))?;
                    let arguments = arguments.iter().map(|argument| Val::I32(*argument));
                    let arguments: Vec<_> = arguments.collect();
                    function
                        .call_async(&mut *store, &arguments, &mut [])
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// Returns the values of the mutable globals, in order.
    pub(crate) fn globals(
        &self,
        modules: &Modules,
        store: &mut Store<Host>,
    ) -> wasmtime::Result<Vec<Value>> {
        let mut values = Vec::with_capacity(modules.globals.len());
        for index in 0..modules.globals.len() {
            let global = self.global(modules, store, index)?;
            values.push(match global.get(&mut *store) {
                Val::I32(value) => Value::I32(value),
                Val::I64(value) => Value::I64(value),
                Val::F32(bits) => Value::F32(bits),
                Val::F64(bits) => Value::F64(bits),
                _ => return Err(wasmtime::Error::msg("a mutable global is not a number")),
            });
        }
        Ok(values)
    }

    /// Sets the mutable globals, in order.
    pub(crate) fn set_globals(
        &self,
        modules: &Modules,
        store: &mut Store<Host>,
        values: &[Value],
    ) -> wasmtime::Result<()> {
        for (index, value) in values.iter().enumerate() {
            let global = self.global(modules, store, index)?;
            let value = match *value {
                Value::I32(value) => Val::I32(value),
                Value::I64(value) => Val::I64(value),
                Value::F32(bits) => Val::F32(bits),
                Value::F64(bits) => Val::F64(bits),
            };
            global.set(&mut *store, value)?;
        }
        Ok(())
    }

    fn global(
        &self,
        modules: &Modules,
        store: &mut Store<Host>,
        index: usize,
    ) -> wasmtime::Result<wasmtime::Global> {
        let found = modules.globals.get(index);
        let (global, export) = found
            .ok_or_else(|| wasmtime::Error::msg("the state has more globals than the modules"))?;
        let instance = self.of(global.layer)?;
        let found = instance.get_module_export(&mut *store, export);
        let found = found.and_then(Extern::into_global);
        found.ok_or_else(|| missing(&global.name()))
    }
}

/// Looks up an export of a module.
pub(crate) fn export(code: &Code, name: &str) -> wasmtime::Result<ModuleExport> {
    let export = code.module.get_export_index(name);
    export.ok_or_else(|| missing(name))
}

fn missing(name: &str) -> wasmtime::Error {
    wasmtime::Error::msg(format!("a module lacks the export {name}"))
}
