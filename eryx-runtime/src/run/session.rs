//! Sessions: live instances that run programs, one after the other.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument as _;

use super::clock_and_rng::Sources;
use super::config::InstanceConfig;
use super::host_calls::{Calls, Panicked};
use super::imports::{Host, StdinFailed};
use super::instance::{Instance, Template};
use super::limits::{Limit, LimitReached, Limits};
use super::meter::Meter;
use super::outcome::{
    DirectoryEntry, ErrorKind, Exception, ExecuteError, ExecuteResult, FileError, Misuse, Outcome,
    Stats, result_of,
};
use super::program::Program;
use super::stdio::Streams;
use super::trap::Trap;

/// An instance that has grown by more than this is given back on a thread where that may take long,
/// in bytes.
const LARGE: usize = 16 << 20;

/// One live instance: variables, imports and files stay from one program to the next.
///
/// It takes a slot of its [`Runtime`](crate::Runtime) for as long as it lives.
///
/// A run that passes a limit, is cancelled or dropped, or traps, ends the instance: then all that was
/// in it is lost, every call says so ([`ErrorKind::Lost`]), and [`reset`](Self::reset) starts a new
/// one. An exception or `sys.exit` does not; nor does a limit on memory that showed as an exception, or
/// a result that was too large.
///
/// ```no_run
/// # async fn example(image: eryx_runtime::Image) -> Result<(), eryx_runtime::ExecuteError> {
/// let mut session = image.session(&Default::default()).await?;
/// session.execute("import json; count = 1").await?;
/// session.write("/tmp/more.json", b"[2, 3]").await?;
/// session.execute("count += len(json.load(open('/tmp/more.json')))").await?;
/// assert_eq!(session.execute("print(count)").await?.stdout, "3\n");
/// # Ok(())
/// # }
/// ```
pub struct Session {
    template: Arc<Template>,
    config: Arc<InstanceConfig>,
    /// None while a new one is started.
    live: Option<Live>,
}

/// A live instance and its right to be there.
struct Live {
    /// There until this is dropped.
    instance: Option<Instance>,
    /// Whether a program has begun and not ended, or ended with the instance.
    is_lost: bool,
    /// Held until the instance is gone.
    slots: Option<Slots>,
}

/// A slot of the runtime, and one of the configuration's if it has a limit of its own.
type Slots = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

impl Session {
    /// Starts an instance that may use so much, with some more files. Waits for a slot.
    pub(crate) async fn start(
        template: &Arc<Template>,
        config: &Arc<InstanceConfig>,
        limits: &Limits,
        files: &[(String, Arc<[u8]>)],
    ) -> Result<Self, ErrorKind> {
        Ok(Self {
            template: template.clone(),
            config: config.clone(),
            live: Some(Live::start(template, config, limits, files).await?),
        })
    }

    /// Runs some Python code, which finds what earlier code has left.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub async fn execute(&mut self, code: &str) -> Result<ExecuteResult, ExecuteError> {
        self.run(Program::new(code)).await
    }

    /// Runs a program, which finds what earlier ones have left.
    ///
    /// Dropping the future ends the program, and the instance with it: nobody can say what state it is
    /// in. So do cancelling the program, passing a limit, and a trap.
    ///
    /// # Errors
    ///
    /// If the program raises an exception, exits with a status other than 0, passes a limit, or cannot
    /// go on, each with what it printed until then; or if the session is lost.
    pub async fn run(&mut self, mut program: Program) -> Result<ExecuteResult, ExecuteError> {
        let token = program.token.as_ref();
        if token.is_some_and(|token| token.is_cancelled()) {
            // Nothing has begun, so nothing is lost.
            return Err(ErrorKind::Cancelled.into());
        }
        let config = self.config.clone();
        let own = program.limits.take();
        let limits = own.unwrap_or_else(|| config.limits.clone());
        check_fuel(&self.template, &limits)?;
        let live = self.live()?;
        if !program.files.is_empty() {
            live.begin(&limits)?;
            for (path, contents) in &program.files {
                live.write(path, contents).await?;
            }
        }
        let returned_files = std::mem::take(&mut program.returned_files);
        let arguments = program.argv(&config.arguments);
        let span = tracing::info_span!("run", image = self.template.image_id);
        let live = self.live()?;
        let running = live.run(program, &arguments, limits.clone());
        let mut result = running.instrument(span).await?;
        for path in returned_files {
            let contents = live.read(&path, &limits).await;
            result.files.insert(path, contents);
        }
        Ok(result)
    }

    /// Writes a file, and replaces what may be there. The path is absolute; directories on the way are
    /// made. What programs can only read (`/python`, `/site-packages`) stays as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`] if the path cannot be written to, [`ErrorKind::Limit`] if no memory is left
    /// for the contents, which ends the instance, and [`ErrorKind::Lost`].
    pub async fn write(&mut self, path: &str, contents: &[u8]) -> Result<(), ExecuteError> {
        let (live, limits) = self.live_and_limits()?;
        live.begin(&limits)?;
        Ok(live.write(path, contents).await?)
    }

    /// Reads a file of at most [`Limits::result_bytes`] bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`] if there is no such file or it is larger, and [`ErrorKind::Lost`].
    pub async fn read(&mut self, path: &str) -> Result<Vec<u8>, ExecuteError> {
        let (live, limits) = self.live_and_limits()?;
        Ok(live.read(path, &limits).await?)
    }

    /// Lists the entries of a directory, by name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`] if there is no such directory, and [`ErrorKind::Lost`].
    pub async fn list(&mut self, path: &str) -> Result<Vec<DirectoryEntry>, ExecuteError> {
        let (live, limits) = self.live_and_limits()?;
        live.begin(&limits)?;
        let list = live.instance()?.list(path).await;
        Ok(live.file(path, list)?)
    }

    /// Removes a file, or a directory and all that is in it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`] if there is nothing at the path or it cannot be removed, and
    /// [`ErrorKind::Lost`].
    pub async fn remove(&mut self, path: &str) -> Result<(), ExecuteError> {
        let (live, limits) = self.live_and_limits()?;
        live.begin(&limits)?;
        let removed = live.instance()?.remove(path).await;
        Ok(live.file(path, removed)?)
    }

    /// Whether all that was in this session is gone.
    pub fn is_lost(&self) -> bool {
        self.live.as_ref().is_none_or(|live| live.is_lost)
    }

    /// Starts a new instance from the image, in well under a millisecond; what was there is gone.
    ///
    /// # Errors
    ///
    /// If there is no free slot in time, or no memory left for an instance; then the session is lost,
    /// and this can be tried again.
    pub async fn reset(&mut self) -> Result<(), ExecuteError> {
        // First, so that its slot is free for the new one.
        self.live = None;
        let limits = &self.config.limits;
        let live = Live::start(&self.template, &self.config, limits, &[]).await?;
        self.live = Some(live);
        Ok(())
    }

    /// Copies the session: the second goes on from the same state, each for itself. Its clock goes on as
    /// well; what is random in one is so in the other. The copy waits for a slot of its own.
    ///
    /// # Errors
    ///
    /// If this one is lost, or no memory is left for another instance.
    pub async fn copy(&mut self) -> Result<Self, ExecuteError> {
        let (template, config) = (self.template.clone(), self.config.clone());
        let live = self.live()?.copy(&template, &config).await?;
        Ok(Self {
            template,
            config,
            live: Some(live),
        })
    }

    /// Counts the pages of 4 KiB of its memory that are not as the image has them. It reads all of the
    /// memory, which takes milliseconds.
    pub fn changed_pages(&self) -> usize {
        let instance = self.live.as_ref().and_then(|live| live.instance.as_ref());
        instance.map_or(0, Instance::changed_pages)
    }

    fn live(&mut self) -> Result<&mut Live, ErrorKind> {
        self.live.as_mut().ok_or(ErrorKind::Lost)
    }

    fn live_and_limits(&mut self) -> Result<(&mut Live, Limits), ErrorKind> {
        let limits = self.config.limits.clone();
        Ok((self.live()?, limits))
    }
}

impl Live {
    async fn start(
        template: &Arc<Template>,
        config: &InstanceConfig,
        limits: &Limits,
        files: &[(String, Arc<[u8]>)],
    ) -> Result<Self, ErrorKind> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(ErrorKind::Misuse(Misuse::NoTokioRuntime));
        }
        check_fuel(template, limits)?;
        let slots = slots(template, config, limits.queue_time).await?;
        let host = Host::new(
            limits.clone(),
            Calls::new(config.functions.clone()),
            Sources::new(config.clock, config.seed),
        );
        let instance = Instance::new(template, host).await.map_err(error_kind)?;
        let mut live = Self {
            instance: Some(instance),
            is_lost: false,
            slots: Some(slots),
        };
        let instance = live.instance()?;
        let size = instance.memory_size();
        let fits = instance.host().meter.check_memory(size);
        fits.map_err(ErrorKind::Limit)?;
        for (path, contents) in config.files.iter().chain(files) {
            live.write(path, contents).await?;
        }
        if !(config.environment.is_empty() && config.functions.is_empty()) {
            let instance = live.instance()?;
            let configured = instance.configure(&config.environment).await;
            let meter = &instance.host().meter;
            configured.map_err(|error| memory_or(error_kind(error), meter))?;
        }
        Ok(live)
    }

    async fn run(
        &mut self,
        program: Program,
        arguments: &[String],
        limits: Limits,
    ) -> Result<ExecuteResult, ExecuteError> {
        if self.is_lost {
            return Err(ErrorKind::Lost.into());
        }
        let instance = self.instance.as_mut().ok_or(ErrorKind::Lost)?;
        self.is_lost = true;
        let fuel = limits.fuel;
        let host = instance.host();
        host.meter = Meter::new(limits);
        host.streams = Streams::new(program.stdin, program.stdout, program.stderr);
        let cpu = host.meter.cpu().clone();
        let (source, name, wanted) = (program.source, program.name, program.wanted);
        let running = async {
            instance.set_fuel(fuel)?;
            instance.execute(&source, &name, arguments, &wanted).await
        };
        let running = cpu.clone().measure(running);
        let outcome = match program.token {
            Some(token) => tokio::select! {
                biased;
                () = token.cancelled() => Err(ErrorKind::Cancelled),
                outcome = running => outcome.map_err(error_kind),
            },
            None => running.await.map_err(error_kind),
        };
        let survives = survives(&outcome);
        let outcome = outcome_or_memory(outcome, &instance.host().meter);
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
        let output = host.streams.take();
        // Its readers and writers are dropped with the program.
        host.streams = Streams::default();
        self.is_lost = host.has_exited || !survives;
        let result = result_of(outcome, output, stats);
        trace_end(&result);
        result
    }

    async fn write(&mut self, path: &str, contents: &[u8]) -> Result<(), ErrorKind> {
        let written = self.instance()?.write(path, contents).await;
        self.file(path, written)
    }

    async fn read(&mut self, path: &str, limits: &Limits) -> Result<Vec<u8>, ErrorKind> {
        self.begin(limits)?;
        let read = self.instance()?.read(path, limits.result_bytes).await;
        self.file(path, read)
    }

    /// Begins to count for something that is not a run, and that takes none of a run's fuel.
    fn begin(&mut self, limits: &Limits) -> Result<(), ErrorKind> {
        let instance = self.instance()?;
        instance.host().meter = Meter::new(limits.clone());
        instance.set_fuel(None).map_err(error_kind)
    }

    /// The instance, if it can be called.
    fn instance(&mut self) -> Result<&mut Instance, ErrorKind> {
        match &mut self.instance {
            Some(instance) if !self.is_lost => Ok(instance),
            _ => Err(ErrorKind::Lost),
        }
    }

    fn file<T>(
        &mut self,
        path: &str,
        result: wasmtime::Result<Result<T, FileError>>,
    ) -> Result<T, ErrorKind> {
        match result {
            Ok(result) => result.map_err(|error| ErrorKind::File {
                path: path.to_owned(),
                error,
            }),
            Err(error) => {
                let mut kind = error_kind(error);
                if let Some(instance) = &mut self.instance {
                    kind = memory_or(kind, &instance.host().meter);
                }
                let result = Err(kind);
                self.is_lost = !survives(&result);
                result
            }
        }
    }

    async fn copy(
        &mut self,
        template: &Template,
        config: &InstanceConfig,
    ) -> Result<Self, ErrorKind> {
        self.instance()?;
        let slots = slots(template, config, None).await?;
        Ok(Self {
            instance: Some(self.instance()?.copy().await.map_err(error_kind)?),
            is_lost: false,
            slots: Some(slots),
        })
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let (instance, slots) = (self.instance.take(), self.slots.take());
        // Giving back much memory takes longer than a tick, in which others would have their turn.
        if instance.as_ref().is_some_and(|it| it.growth() > LARGE)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn_blocking(move || {
                drop(instance);
                drop(slots);
            });
        }
    }
}

/// Refuses a limit on fuel for an image that does not measure it.
fn check_fuel(template: &Template, limits: &Limits) -> Result<(), ErrorKind> {
    if limits.fuel.is_some() && !template.modules.has_fuel() {
        return Err(ErrorKind::Misuse(Misuse::FuelNotMeasured));
    }
    Ok(())
}

/// Waits for a slot of the configuration, if it has a limit of its own, and for one of the runtime.
async fn slots(
    template: &Template,
    config: &InstanceConfig,
    queue_time: Option<Duration>,
) -> Result<Slots, ErrorKind> {
    let begun = Instant::now();
    let own = match &config.concurrency {
        Some(own) => Some(acquire(own, queue_time).await?),
        None => None,
    };
    let left = queue_time.map(|time| time.saturating_sub(begun.elapsed()));
    let slot = acquire(template.modules.runtime.free_slots(), left).await;
    let slot = slot.map_err(|kind| match (kind, queue_time) {
        (ErrorKind::Busy { .. }, Some(waited)) => ErrorKind::Busy { waited },
        (kind, _) => kind,
    })?;
    Ok((slot, own))
}

fn acquire(
    slots: &Arc<Semaphore>,
    timeout: Option<Duration>,
) -> impl Future<Output = Result<OwnedSemaphorePermit, ErrorKind>> + use<> {
    let acquire = slots.clone().acquire_owned();
    async move {
        let slot = match timeout {
            Some(waited) => tokio::time::timeout(waited, acquire)
                .await
                .map_err(|_| ErrorKind::Busy { waited })?,
            None => acquire.await,
        };
        // It is never closed.
        slot.map_err(|error| ErrorKind::Trap(Trap::of(error.into())))
    }
}

/// Says how a run ended and what it used, and nothing that the program said.
fn trace_end(result: &Result<ExecuteResult, ExecuteError>) {
    let (end, stats) = match result {
        Ok(result) => ("done", &result.stats),
        Err(error) => (error.kind.word(), error.stats()),
    };
    let limit = match result {
        Err(error) => error.kind.limit(),
        Ok(_) => None,
    };
    tracing::info!(
        end,
        limit = limit.map(|reached| tracing::field::debug(reached.limit)),
        wall_us = micros(stats.wall_time),
        cpu_us = micros(stats.cpu_time),
        peak_memory = stats.peak_memory,
        output_bytes = stats.output_bytes,
        host_calls = stats.host_calls,
        "run ended"
    );
}

/// As many microseconds as fit, which is for 584,000 years.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Whether an instance can be called again: it came to the end of what it was called for, even if what
/// it gave was too large.
fn survives<T>(result: &Result<T, ErrorKind>) -> bool {
    match result {
        Ok(_) => true,
        Err(ErrorKind::Limit(reached)) => reached.limit == Limit::ResultBytes,
        Err(_) => false,
    }
}

/// A program that was refused memory, and could not go on without, has passed that limit.
fn outcome_or_memory(
    outcome: Result<Outcome, ErrorKind>,
    meter: &Meter,
) -> Result<Outcome, ErrorKind> {
    match (&outcome, meter.memory_refused()) {
        (Ok(Outcome::Raised(Exception { type_name, .. })), Some(reached))
            if type_name.ends_with("MemoryError") =>
        {
            Err(ErrorKind::Limit(reached))
        }
        _ => outcome.map_err(|kind| memory_or(kind, meter)),
    }
}

/// The same for an instance that aborted.
fn memory_or(kind: ErrorKind, meter: &Meter) -> ErrorKind {
    match (&kind, meter.memory_refused()) {
        (ErrorKind::Trap(trap), Some(reached)) if trap.is_abort() => ErrorKind::Limit(reached),
        _ => kind,
    }
}

/// Why an instance has ended.
fn error_kind(error: wasmtime::Error) -> ErrorKind {
    if let Some(reached) = error.downcast_ref::<LimitReached>() {
        return ErrorKind::Limit(*reached);
    }
    if let Some(Panicked { function, message }) = error.downcast_ref::<Panicked>() {
        return ErrorKind::HostPanic {
            function: function.clone(),
            message: message.clone(),
        };
    }
    if let Some(StdinFailed(reason)) = error.downcast_ref::<StdinFailed>() {
        return ErrorKind::Stdin(reason.clone());
    }
    ErrorKind::Trap(Trap::of(error))
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("is_lost", &self.is_lost())
            .finish_non_exhaustive()
    }
}
