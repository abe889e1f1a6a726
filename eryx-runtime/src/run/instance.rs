//! Live instances: creating, booting, copying and calling them.

use std::sync::Arc;

use wasmtime::{Store, Trap, UpdateDeadline};

use super::exports::{Exports, Guest};
use super::imports::{Exit, Host};
use super::instantiate::{Instances, Modules, WASM_PAGE};
use super::outcome::{DirectoryEntry, FileError, Outcome};
use super::pool::Snapshot;
use super::program::RequestedValue;
use super::runtime::Ticking;
#[cfg(feature = "build")]
use crate::input::package_files::Tree;
#[cfg(feature = "build")]
use crate::module::layout::StartPlan;
use crate::module::layout::Value;

/// The page size of most processors, in bytes.
const HOST_PAGE: usize = 4 << 10;

/// The template of instances: the modules, and the initial state.
pub(crate) struct Template {
    /// The id of the image.
    pub(crate) image_id: String,
    pub(crate) modules: Arc<Modules>,
    exports: Exports,
    /// None while the image is made: the instance that boots begins without a snapshot.
    pub(crate) state: Option<InitialState>,
}

/// The initial state of instances: the contents of the memory, and the values of the mutable
/// globals.
pub(crate) struct InitialState {
    pub(crate) memory: Arc<Snapshot>,
    pub(crate) globals: Vec<Value>,
}

impl Template {
    pub(crate) fn new(
        image_id: &str,
        modules: Arc<Modules>,
        state: Option<InitialState>,
    ) -> wasmtime::Result<Self> {
        Ok(Self {
            image_id: image_id.to_owned(),
            exports: Exports::find(&modules.base)?,
            modules,
            state,
        })
    }
}

/// A live instance.
pub(crate) struct Instance {
    store: Store<Host>,
    template: Arc<Template>,
    instances: Instances,
    _ticking: Ticking,
}

impl Instance {
    /// Creates an instance in the template's initial state.
    pub(crate) async fn new(template: &Arc<Template>, host: Host) -> wasmtime::Result<Self> {
        let mut store = Store::new(template.modules.engine(), host);
        store.limiter(|host| &mut host.meter);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            context.data().meter.check_time()?;
            Ok(UpdateDeadline::Yield(1))
        });
        if template.modules.has_fuel() {
            store.set_fuel(u64::MAX)?;
        }
        let (modules, state) = (&template.modules, &template.state);
        let ticking = modules.runtime.ticking();
        let memory = state.as_ref().map(|state| &state.memory);
        let instances = modules.instantiate(&mut store, memory).await?;
        if let Some(state) = state {
            instances.set_globals(modules, &mut store, &state.globals)?;
        }
        Ok(Self {
            store,
            template: template.clone(),
            instances,
            _ticking: ticking,
        })
    }

    /// Runs the start plan, loads the files and boots Python.
    #[cfg(feature = "build")]
    pub(crate) async fn boot(
        &mut self,
        plan: &StartPlan,
        trees: &[Tree],
        preimports: &[String],
    ) -> wasmtime::Result<Result<(), String>> {
        let modules = &self.template.modules;
        self.instances.start(modules, &mut self.store, plan).await?;
        let mut guest = self.guest();
        for tree in trees {
            if let Err(reason) = guest.load(tree).await? {
                return Ok(Err(reason));
            }
        }
        guest.boot(preimports).await
    }

    /// Returns the state: the memory and the mutable globals. No call may be in progress.
    pub(crate) fn state(&mut self) -> wasmtime::Result<(&[u8], Vec<Value>)> {
        let modules = &self.template.modules;
        let globals = self.instances.globals(modules, &mut self.store)?;
        Ok((self.instances.memory.data(&self.store), globals))
    }

    /// Creates a second instance in the same state. No call may be in progress.
    ///
    /// The two are independent from then on. Python's generators in both continue from the same
    /// state.
    pub(crate) async fn copy(&mut self) -> wasmtime::Result<Self> {
        let mut copy = Self::new(&self.template, self.store.data().copy()).await?;
        let template = self.template.clone();
        let (memory, globals) = self.state()?;
        let target = copy.instances.memory;
        let missing = memory.len().saturating_sub(target.data_size(&copy.store));
        target.grow(&mut copy.store, (missing / WASM_PAGE) as u64)?;
        let pages = memory.chunks(WASM_PAGE);
        // Equal pages are not written, so they stay shared with the image.
        for (source, target) in pages.zip(target.data_mut(&mut copy.store).chunks_mut(WASM_PAGE)) {
            if source != target {
                target.copy_from_slice(source);
            }
        }
        let modules = &template.modules;
        copy.instances
            .set_globals(modules, &mut copy.store, &globals)?;
        Ok(copy)
    }

    /// Counts the pages of the memory that differ from the initial state.
    pub(crate) fn changed_pages(&self) -> usize {
        let state = self.template.state.as_ref();
        let initial = state.map_or(&[][..], |state| state.memory.bytes());
        let memory = self.instances.memory.data(&self.store);
        // A memory never shrinks, so it has at least the bytes of the snapshot.
        let (common, grown) = memory.split_at(initial.len().min(memory.len()));
        let pages = common.chunks(HOST_PAGE).zip(initial.chunks(HOST_PAGE));
        let changed = pages.filter(|(now, initial)| now != initial).count();
        let grown = grown.chunks(HOST_PAGE);
        changed
            + grown
                .filter(|page| page.iter().any(|byte| *byte != 0))
                .count()
    }

    /// Returns the size of the memory in bytes.
    pub(crate) fn memory_size(&self) -> usize {
        self.instances.memory.data_size(&self.store)
    }

    /// Returns the number of bytes by which the memory has grown.
    pub(crate) fn growth(&self) -> usize {
        let state = self.template.state.as_ref();
        let initial = state.map_or(0, |state| state.memory.bytes().len());
        self.memory_size().saturating_sub(initial)
    }

    /// Sets the fuel of the next run; None for no limit. An image that does not measure fuel takes
    /// None only.
    pub(crate) fn set_fuel(&mut self, fuel: Option<u64>) -> wasmtime::Result<()> {
        match (self.template.modules.has_fuel(), fuel) {
            (true, fuel) => self.store.set_fuel(fuel.unwrap_or(u64::MAX)),
            (false, None) => Ok(()),
            (false, Some(_)) => Err(wasmtime::Error::msg("this image does not measure fuel")),
        }
    }

    /// Returns the fuel used since [`Self::set_fuel`] with the same argument; None if the image
    /// does not measure fuel.
    pub(crate) fn fuel_used(&self, fuel: Option<u64>) -> Option<u64> {
        let left = self.store.get_fuel().ok()?;
        Some(fuel.unwrap_or(u64::MAX).saturating_sub(left))
    }

    /// Returns the host's state of the instance.
    pub(crate) fn host(&mut self) -> &mut Host {
        self.store.data_mut()
    }

    fn guest(&mut self) -> Guest<'_> {
        Guest {
            store: &mut self.store,
            instances: &self.instances,
            exports: &self.template.exports,
        }
    }

    /// Sets environment variables and defines the host functions.
    pub(crate) async fn configure(
        &mut self,
        environment: &[(String, String)],
    ) -> wasmtime::Result<()> {
        let functions = self.host().calls.functions.clone();
        self.guest().configure(environment, &functions).await
    }

    /// Runs a program to its end.
    pub(crate) async fn execute(
        &mut self,
        source: &str,
        name: &str,
        arguments: &[String],
        requested: &RequestedValue,
    ) -> wasmtime::Result<Outcome> {
        let executed = self
            .guest()
            .execute(source, name, arguments, requested)
            .await;
        match executed {
            Ok(outcome) => Ok(outcome),
            // `os._exit` ends the instance without unwinding.
            Err(error) => match (error.downcast_ref(), error.downcast_ref()) {
                (Some(Exit(0)), _) => Ok(Outcome::Done(None)),
                (Some(Exit(status)), _) => Ok(Outcome::Exited(*status)),
                (None, Some(Trap::OutOfFuel)) => Err(self.host().meter.out_of_fuel().into()),
                _ => Err(error),
            },
        }
    }

    pub(crate) async fn write(
        &mut self,
        path: &str,
        contents: &[u8],
    ) -> wasmtime::Result<Result<(), FileError>> {
        self.guest().write(path, contents).await
    }

    pub(crate) async fn read(
        &mut self,
        path: &str,
        limit: u64,
    ) -> wasmtime::Result<Result<Vec<u8>, FileError>> {
        self.guest().read(path, limit).await
    }

    pub(crate) async fn list(
        &mut self,
        path: &str,
    ) -> wasmtime::Result<Result<Vec<DirectoryEntry>, FileError>> {
        self.guest().list(path).await
    }

    pub(crate) async fn remove(&mut self, path: &str) -> wasmtime::Result<Result<(), FileError>> {
        self.guest().remove(path).await
    }
}
