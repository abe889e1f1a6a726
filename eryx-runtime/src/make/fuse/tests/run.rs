//! Running linked libraries in two ways: as a component, and as fused modules.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::runtime::Runtime as Tokio;
use wasmtime::{Func, Module, Store, Val};

use super::component::Component;
use crate::make::fuse::Fused;
use crate::module::code::Code;
use crate::module::layout::{StartPlan, Value};
use crate::run::clock_and_rng::ClockAndRng;
use crate::run::host_calls::Calls;
use crate::run::imports::Host;
use crate::run::instantiate::{Instances, Modules};
use crate::run::limits::Limits;
use crate::run::pool::Snapshot;
use crate::run::runtime::Runtime;

/// What a call returns, or why it trapped.
pub(super) type CallResult = wasmtime::Result<Option<Value>>;

/// An epoch deadline that is never reached, because no ticker runs here.
const NO_DEADLINE: u64 = 1 << 40;

/// An instance of a component, as the linker wrote it.
pub(super) struct AsComponent {
    store: Store<()>,
    exports: HashMap<String, Func>,
    runtime: Tokio,
}

impl AsComponent {
    /// Instantiates a component.
    pub(super) fn begin(component: &Component) -> wasmtime::Result<Self> {
        let mut store = Store::new(&engine()?, ());
        store.set_epoch_deadline(NO_DEADLINE);
        let runtime = runtime()?;
        let exports = runtime.block_on(component.instantiate(&mut store))?;
        Ok(Self {
            store,
            exports,
            runtime,
        })
    }

    pub(super) fn call(&mut self, name: &str, arguments: &[Value]) -> CallResult {
        let function = self.exports.get(name).copied();
        call(&mut self.store, &self.runtime, function, arguments)
    }
}

/// An instance of fused modules, run as images are.
pub(super) struct AsModules {
    modules: Arc<Modules>,
    store: Store<Host>,
    instances: Instances,
    runtime: Tokio,
}

impl AsModules {
    /// Compiles the modules.
    pub(super) fn load(fused: &Fused) -> wasmtime::Result<Arc<Modules>> {
        let load = |module: &Vec<u8>| -> wasmtime::Result<_> {
            let module = Module::new(&engine()?, module)?;
            Ok(Arc::new(Code {
                key: String::new(),
                module,
                size: 0,
            }))
        };
        let extensions = fused.extensions.as_ref().map(load).transpose()?;
        let runtime = Runtime::default();
        let modules = Modules::new(
            &runtime,
            load(&fused.base)?,
            extensions,
            &fused.start.globals,
        )?;
        Ok(Arc::new(modules))
    }

    /// Creates the first instance and runs its start actions.
    pub(super) fn begin(modules: &Arc<Modules>, plan: &StartPlan) -> wasmtime::Result<Self> {
        let runtime = runtime()?;
        let mut store = store()?;
        let instances = runtime.block_on(modules.instantiate(&mut store, None))?;
        runtime.block_on(instances.start(modules, &mut store, plan))?;
        Ok(Self {
            modules: modules.clone(),
            store,
            instances,
            runtime,
        })
    }

    /// Continues in a new instance with a copy of this one's state.
    pub(super) fn copy(mut self) -> wasmtime::Result<Self> {
        let globals = self.instances.globals(&self.modules, &mut self.store)?;
        let memory = Snapshot::in_temporary_file(self.instances.memory.data(&self.store))?;
        let mut store = store()?;
        let memory = Some(&Arc::new(memory));
        let instances = self.modules.instantiate(&mut store, memory);
        let instances = self.runtime.block_on(instances)?;
        instances.set_globals(&self.modules, &mut store, &globals)?;
        Ok(Self {
            store,
            instances,
            ..self
        })
    }

    pub(super) fn call(&mut self, name: &str, arguments: &[Value]) -> CallResult {
        let function = self.instances.base.get_func(&mut self.store, name);
        call(&mut self.store, &self.runtime, function, arguments)
    }
}

fn call<T: Send>(
    store: &mut Store<T>,
    runtime: &Tokio,
    function: Option<Func>,
    arguments: &[Value],
) -> CallResult {
    let function = function.ok_or_else(|| wasmtime::Error::msg("no such export"))?;
    let arguments: Vec<_> = arguments.iter().map(|it| to_core(*it)).collect();
    let results = function.ty(&*store).results().len();
    let mut results = vec![Val::I32(0); results];
    runtime.block_on(function.call_async(store, &arguments, &mut results))?;
    Ok(results.first().map(of_core))
}

/// Returns a runtime for asynchronous calls: only they run on stacks of the size that images have.
fn runtime() -> std::io::Result<Tokio> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
}

/// Returns the engine that runs components and modules.
pub(super) fn engine() -> wasmtime::Result<wasmtime::Engine> {
    Runtime::default().engine(false).cloned()
}

fn store() -> wasmtime::Result<Store<Host>> {
    let mut store = Store::new(
        &engine()?,
        Host::new(
            Limits::default(),
            Calls::default(),
            ClockAndRng::new(None, None),
        ),
    );
    store.set_epoch_deadline(NO_DEADLINE);
    Ok(store)
}

fn to_core(value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
    }
}

fn of_core(value: &Val) -> Value {
    match *value {
        Val::I32(value) => Value::I32(value),
        Val::I64(value) => Value::I64(value),
        Val::F32(bits) => Value::F32(bits),
        Val::F64(bits) => Value::F64(bits),
        ref other => panic!("{other:?} is not a number"),
    }
}
