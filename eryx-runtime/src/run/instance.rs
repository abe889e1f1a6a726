//! A live instance: made, and either given its files and booted, or called to run programs.

use std::sync::Arc;

use wasmtime::{Store, Trap, UpdateDeadline};

use super::exports::{Exports, Guest};
use super::imports::{Exit, Host};
use super::instantiate::{Instances, Modules, WASM_PAGE};
use super::outcome::{DirectoryEntry, FileError, Outcome};
use super::pool::Snapshot;
use super::program::Wanted;
use super::runtime::Ticking;
#[cfg(feature = "build")]
use crate::input::package_files::Tree;
#[cfg(feature = "build")]
use crate::module::layout::StartPlan;
use crate::module::layout::Value;

/// A page as most processors have it, in bytes.
const HOST_PAGE: usize = 4 << 10;

/// What instances are made from: modules, and the state in which instances of them begin.
pub(crate) struct Template {
    /// The id of the image that it belongs to.
    pub(crate) image_id: String,
    pub(crate) modules: Arc<Modules>,
    exports: Exports,
    /// None before the modules were booted.
    pub(crate) state: Option<InitialState>,
}

/// All that is an instance's own: the first contents of its memory, and the values of its mutable
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

    /// Does what has to be done once, loads the files and starts Python.
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

    /// All that is the instance's own, as long as it is not in the middle of a call.
    pub(crate) fn state(&mut self) -> wasmtime::Result<(&[u8], Vec<Value>)> {
        let modules = &self.template.modules;
        let globals = self.instances.globals(modules, &mut self.store)?;
        Ok((self.instances.memory.data(&self.store), globals))
    }

    /// A second instance in the same state; this one must not be in the middle of a call.
    ///
    /// Both go on from there, each for itself; what is random in one is so in the other.
    pub(crate) async fn copy(&mut self) -> wasmtime::Result<Self> {
        let mut copy = Self::new(&self.template, self.store.data().copy()).await?;
        let template = self.template.clone();
        let (memory, globals) = self.state()?;
        let theirs = copy.instances.memory;
        let missing = memory.len().saturating_sub(theirs.data_size(&copy.store));
        theirs.grow(&mut copy.store, (missing / WASM_PAGE) as u64)?;
        let pages = memory.chunks(WASM_PAGE);
        // A page that is the same is not written to, and so remains the image's.
        for (mine, theirs) in pages.zip(theirs.data_mut(&mut copy.store).chunks_mut(WASM_PAGE)) {
            if mine != theirs {
                theirs.copy_from_slice(mine);
            }
        }
        let modules = &template.modules;
        copy.instances
            .set_globals(modules, &mut copy.store, &globals)?;
        Ok(copy)
    }

    /// How many pages of the memory are not as they were at first.
    pub(crate) fn changed_pages(&self) -> usize {
        let state = self.template.state.as_ref();
        let first = state.map_or(&[][..], |state| state.memory.bytes());
        let now = self.instances.memory.data(&self.store);
        let beyond = now.get(first.len()..).unwrap_or_default();
        let pages = now.chunks(HOST_PAGE).zip(first.chunks(HOST_PAGE));
        let changed = pages.filter(|(now, first)| now != first).count();
        let grown = beyond.chunks(HOST_PAGE);
        changed
            + grown
                .filter(|page| page.iter().any(|byte| *byte != 0))
                .count()
    }

    /// How many bytes its memory has.
    pub(crate) fn memory_size(&self) -> usize {
        self.instances.memory.data_size(&self.store)
    }

    /// By how many bytes its memory has grown.
    pub(crate) fn growth(&self) -> usize {
        let state = self.template.state.as_ref();
        let first = state.map_or(0, |state| state.memory.bytes().len());
        self.memory_size().saturating_sub(first)
    }

    /// Sets how much may be executed from now on, if that is measured.
    pub(crate) fn set_fuel(&mut self, fuel: Option<u64>) -> wasmtime::Result<()> {
        match (self.template.modules.has_fuel(), fuel) {
            (true, fuel) => self.store.set_fuel(fuel.unwrap_or(u64::MAX)),
            (false, None) => Ok(()),
            (false, Some(_)) => Err(wasmtime::Error::msg("this image does not measure fuel")),
        }
    }

    /// How much was executed since [`Self::set_fuel`], if that is measured.
    pub(crate) fn fuel_used(&self, fuel: Option<u64>) -> Option<u64> {
        let left = self.store.get_fuel().ok()?;
        Some(fuel.unwrap_or(u64::MAX).saturating_sub(left))
    }

    /// What the host keeps for it.
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

    /// Sets variables of the environment, and gives programs the host's functions.
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
        wanted: &Wanted,
    ) -> wasmtime::Result<Outcome> {
        let executed = self.guest().execute(source, name, arguments, wanted).await;
        match executed {
            Ok(outcome) => Ok(outcome),
            // `os._exit` ends the instance at once.
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
        most: u64,
    ) -> wasmtime::Result<Result<Vec<u8>, FileError>> {
        self.guest().read(path, most).await
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
