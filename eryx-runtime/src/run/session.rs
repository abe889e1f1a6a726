//! Running programs: one in an instance of its own, or several in one after the other.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::OwnedSemaphorePermit;
use wasmtime::Trap;

use super::clock_and_rng::Sources;
use super::host_calls::{Calls, HostFunction, Panicked};
use super::imports::Host;
use super::instance::{Instance, Template};
use super::limits::{Limit, LimitReached, Limits};
use super::meter::Meter;
use super::program::{End, Entry, Exception, Outcome, Program, Run, Stats, Terms};
use super::stdio::Streams;
use crate::error::EngineError;

/// An instance that has grown by more than this is given back on a thread where that may take long,
/// in bytes.
const LARGE: usize = 16 << 20;

/// What an instance has before its first program.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// What it may use until then, and how much memory.
    pub limits: Limits,
    /// Variables of its environment.
    pub environment: Vec<(String, String)>,
    /// Functions of the host's that programs can call.
    pub functions: Arc<[HostFunction]>,
    /// Files, by their absolute paths.
    pub files: Vec<(String, Arc<[u8]>)>,
    /// What the clock shows at first, instead of the host's. It goes on by a microsecond whenever it is
    /// looked at, and by as much as a program sleeps, which then takes no time at all.
    pub clock: Option<SystemTime>,
    /// What random numbers come from, instead of the host's randomness.
    pub seed: Option<u64>,
}

/// One live instance, which keeps what its programs leave in it.
pub struct Session {
    /// There until the session is dropped.
    instance: Option<Instance>,
    /// Whether a program has begun and not ended, or ended with the instance.
    is_lost: bool,
    /// Held until the instance is gone.
    slot: Option<OwnedSemaphorePermit>,
}

impl Session {
    /// Starts an instance. Waits while there are as many as there can be.
    pub(crate) async fn start(template: &Arc<Template>, setup: &Setup) -> Result<Self, End> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(engine(
                "a program can only run where a tokio runtime runs it",
            ));
        }
        let modules = &template.modules;
        if setup.limits.fuel.is_some() && !modules.has_fuel() {
            return Err(engine(
                "this image does not measure fuel: build it with fuel, or set no limit on it",
            ));
        }
        let queue_time = setup.limits.queue_time;
        let slot = modules.runtime.slot(queue_time).await;
        let slot = slot.ok_or_else(|| End::Busy {
            waited: queue_time.unwrap_or_default(),
        })?;
        let host = Host::new(
            setup.limits.clone(),
            Calls::new(setup.functions.clone()),
            Sources::new(setup.clock, setup.seed),
        );
        let instance = Instance::new(template, host).await.map_err(end)?;
        let mut session = Self {
            instance: Some(instance),
            is_lost: false,
            slot: Some(slot),
        };
        let instance = session.live()?;
        let size = instance.memory_size();
        let fits = instance.host().meter.check_memory(size);
        fits.map_err(End::Limit)?;
        for (path, contents) in &setup.files {
            session.write_within_meter(path, contents).await?;
        }
        if !(setup.environment.is_empty() && setup.functions.is_empty()) {
            let instance = session.live()?;
            let equipped = instance.equip(&setup.environment).await;
            let meter = &instance.host().meter;
            equipped.map_err(|error| end_for_want_of_memory(end(error), meter))?;
        }
        Ok(session)
    }

    /// Runs a program, which finds what those before it have left.
    ///
    /// Dropping the future ends the program, and the session with it: nobody can say what state the
    /// instance is in. So do cancelling it, passing a limit, and an error of the engine's.
    pub async fn run(&mut self, program: &Program, terms: Terms) -> Run {
        if self.is_lost {
            return Run::ended(End::Lost);
        }
        let Some(instance) = &mut self.instance else {
            return Run::ended(End::Lost);
        };
        self.is_lost = true;
        let Terms {
            limits,
            stdin,
            stdout,
            stderr,
            cancelled,
        } = terms;
        let fuel = limits.fuel;
        let host = instance.host();
        host.meter = Meter::new(limits);
        host.streams = Streams::new(stdin, stdout, stderr);
        let cpu = host.meter.cpu().clone();
        let running = async {
            instance.set_fuel(fuel)?;
            instance.execute(program).await
        };
        let running = cpu.clone().measure(running);
        let outcome = match cancelled {
            Some(cancelled) => tokio::select! {
                biased;
                () = cancelled => Err(End::Cancelled),
                outcome = running => outcome.map_err(end),
            },
            None => running.await.map_err(end),
        };
        let survives = survives(&outcome);
        let outcome = for_want_of_memory(outcome, &instance.host().meter);
        let peak_memory = instance.memory_size() as u64;
        let fuel = instance.fuel_used(fuel);
        let host = instance.host();
        host.calls.end();
        let stats = Stats {
            wall_time: host.meter.wall(),
            cpu_time: cpu.spent(),
            peak_memory,
            output_bytes: host.meter.printed,
            host_calls: host.meter.calls,
            fuel,
        };
        let [stdout, stderr] = host.streams.take();
        // What it was given to print to and to read from is not held any longer.
        host.streams = Streams::default();
        self.is_lost = host.has_exited || !survives;
        Run {
            stdout,
            stderr,
            outcome,
            stats,
        }
    }

    /// Whether all that was in this session is gone.
    pub fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Puts something into a file, in place of what may be there; folders on the way are made.
    ///
    /// # Errors
    ///
    /// If the session is lost, if a program could not write there either (it can be made in the root,
    /// though), or if there is no memory left for it.
    pub async fn write(&mut self, path: &str, contents: &[u8], limits: &Limits) -> Result<(), End> {
        self.begin(limits)?;
        self.write_within_meter(path, contents).await
    }

    async fn write_within_meter(&mut self, path: &str, contents: &[u8]) -> Result<(), End> {
        let written = self.live()?.write(path, contents).await;
        self.file(path, written)
    }

    /// What is in a file, if that is not more than `limits` allow for a result.
    ///
    /// # Errors
    ///
    /// If the session is lost, or there is no such file.
    pub async fn read(&mut self, path: &str, limits: &Limits) -> Result<Vec<u8>, End> {
        self.begin(limits)?;
        let read = self.live()?.read(path, limits.result_bytes).await;
        self.file(path, read)
    }

    /// What is in a folder, by name.
    ///
    /// # Errors
    ///
    /// If the session is lost, or there is no such folder.
    pub async fn list(&mut self, path: &str, limits: &Limits) -> Result<Vec<Entry>, End> {
        self.begin(limits)?;
        let list = self.live()?.list(path).await;
        self.file(path, list)
    }

    /// Removes a file, or a folder and all that is in it.
    ///
    /// # Errors
    ///
    /// If the session is lost, there is nothing there, or a program could not remove it either.
    pub async fn remove(&mut self, path: &str, limits: &Limits) -> Result<(), End> {
        self.begin(limits)?;
        let removed = self.live()?.remove(path).await;
        self.file(path, removed)
    }

    /// Begins to count for something that is not a run, and that takes none of a run's fuel.
    fn begin(&mut self, limits: &Limits) -> Result<(), End> {
        let instance = self.live()?;
        instance.host().meter = Meter::new(limits.clone());
        instance.set_fuel(None).map_err(end)
    }

    /// The instance, if it can be called.
    fn live(&mut self) -> Result<&mut Instance, End> {
        match &mut self.instance {
            Some(instance) if !self.is_lost => Ok(instance),
            _ => Err(End::Lost),
        }
    }

    fn file<T>(
        &mut self,
        path: &str,
        result: wasmtime::Result<Result<T, String>>,
    ) -> Result<T, End> {
        match result {
            Ok(result) => result.map_err(|reason| End::File {
                path: path.to_owned(),
                reason,
            }),
            Err(error) => {
                let mut end = end(error);
                if let Some(instance) = &mut self.instance {
                    end = end_for_want_of_memory(end, &instance.host().meter);
                }
                let result = Err(end);
                self.is_lost = !survives(&result);
                result
            }
        }
    }

    /// How many pages of 4 KiB of its memory are not as the image has them: what its programs wrote
    /// to, unless they wrote what was there. It reads all of the memory, which takes milliseconds.
    pub fn changed_pages(&self) -> usize {
        self.instance.as_ref().map_or(0, Instance::changed_pages)
    }

    /// A second session in the same state, which goes on for itself from there. Its clock goes on
    /// as well; what is random in one is so in the other.
    ///
    /// # Errors
    ///
    /// If this one is lost, or there is no memory left for another.
    pub async fn copy(&mut self) -> Result<Self, End> {
        let runtime = self.live()?.runtime().clone();
        let slot = runtime.slot(None).await;
        Ok(Self {
            instance: Some(self.live()?.copy().await.map_err(end)?),
            is_lost: false,
            slot,
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let (instance, slot) = (self.instance.take(), self.slot.take());
        // To give back much memory takes longer than a tick, in which others would have their turn.
        if instance.as_ref().is_some_and(|it| it.growth() > LARGE)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn_blocking(move || {
                drop(instance);
                drop(slot);
            });
        }
    }
}

impl Run {
    pub(crate) fn ended(end: End) -> Self {
        Self {
            stdout: Vec::new(),
            stderr: Vec::new(),
            outcome: Err(end),
            stats: Stats::default(),
        }
    }
}

/// Whether an instance can be called again: it came to the end of what it was called for, even if what
/// it gave was too large.
fn survives<T>(result: &Result<T, End>) -> bool {
    match result {
        Ok(_) => true,
        Err(End::Limit(reached)) => reached.limit == Limit::ResultBytes,
        Err(_) => false,
    }
}

/// A program that could have no more memory, and could not go on without, has passed that limit.
fn for_want_of_memory(outcome: Result<Outcome, End>, meter: &Meter) -> Result<Outcome, End> {
    match (&outcome, meter.memory_refused()) {
        (Ok(Outcome::Raised(Exception { type_name, .. })), Some(reached))
            if type_name.ends_with("MemoryError") =>
        {
            Err(End::Limit(reached))
        }
        _ => outcome.map_err(|end| end_for_want_of_memory(end, meter)),
    }
}

/// The same for an instance that could not go on.
fn end_for_want_of_memory(end: End, meter: &Meter) -> End {
    let End::Engine(error) = &end else {
        return end;
    };
    match (error.0.downcast_ref(), meter.memory_refused()) {
        (Some(Trap::UnreachableCodeReached), Some(reached)) => End::Limit(reached),
        _ => end,
    }
}

/// Why an instance has ended.
fn end(error: wasmtime::Error) -> End {
    if let Some(reached) = error.downcast_ref::<LimitReached>() {
        return End::Limit(*reached);
    }
    if let Some(Panicked { function, message }) = error.downcast_ref::<Panicked>() {
        return End::HostPanic {
            function: function.clone(),
            message: message.clone(),
        };
    }
    End::Engine(EngineError(error))
}

fn engine(message: &'static str) -> End {
    End::Engine(EngineError(wasmtime::Error::msg(message)))
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("is_lost", &self.is_lost)
            .finish_non_exhaustive()
    }
}
