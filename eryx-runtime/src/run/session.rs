//! Sessions: live instances that run one program after the other.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::clock_and_rng::ClockAndRng;
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

/// The growth in bytes from which on an instance is dropped on a blocking thread: unmapping its
/// memory takes longer than a tick.
const LARGE_GROWTH: usize = 16 << 20;

/// A live instance: variables, imports and files stay from one program to the next.
///
/// It occupies a slot of its [`Runtime`](crate::Runtime) until it is dropped.
///
/// A run that passes a limit, is cancelled or dropped, or traps, ends the instance. Its state is
/// then lost: every call returns [`ErrorKind::Lost`], and [`reset`](Self::reset) starts a new
/// instance. The instance survives an exception, `sys.exit`, a `MemoryError` at the limit on
/// memory, and a result over [`Limits::result_bytes`].
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
    /// None if a reset failed.
    live: Option<Live>,
}

/// A live instance and its slots.
struct Live {
    /// None only while this is dropped.
    instance: Option<Instance>,
    /// Whether a run was dropped half way, or ended the instance.
    is_lost: bool,
    /// Released after the instance is dropped.
    slots: Option<Slots>,
}

/// A slot of the runtime, and one of the configuration if that limits concurrency.
type Slots = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

impl Session {
    /// Starts an instance with these limits, and with these files beside those of the
    /// configuration. Waits for a free slot.
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

    /// Runs Python code in the state that earlier code left.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub async fn execute(&mut self, code: &str) -> Result<ExecuteResult, ExecuteError> {
        self.run(Program::new(code)).await
    }

    /// Runs a program in the state that earlier programs left.
    ///
    /// Dropping the future ends the program and the instance, whose state would be undefined. So do
    /// cancellation, a limit, and a trap.
    ///
    /// # Errors
    ///
    /// If the program raises an exception, exits with a status other than 0, passes a limit or
    /// traps, with its output until then; and [`ErrorKind::Lost`].
    pub async fn run(&mut self, mut program: Program) -> Result<ExecuteResult, ExecuteError> {
        let token = program.token.as_ref();
        if token.is_some_and(CancellationToken::is_cancelled) {
            // Nothing ran, so the session is not lost.
            return Err(ErrorKind::Cancelled.into());
        }
        let config = self.config.clone();
        let own = program.limits.take();
        let limits = own.unwrap_or_else(|| config.limits.clone());
        check_fuel(&self.template, &limits)?;
        let span = tracing::info_span!("run", image = self.template.image_id);
        let live = self.live()?;
        if !program.files.is_empty() {
            live.begin(&limits)?;
            for (path, contents) in &program.files {
                live.write(path, contents).await?;
            }
        }
        let returned_files = std::mem::take(&mut program.returned_files);
        let arguments = program.argv(&config.arguments);
        let running = live.run(program, &arguments, limits.clone());
        let mut result = running.instrument(span).await?;
        for path in returned_files {
            let contents = live.read(&path, &limits).await;
            result.files.insert(path, contents);
        }
        Ok(result)
    }

    /// Writes a file, replacing any at this absolute path. Missing directories on the way are
    /// created. `/python` and `/site-packages` are read-only.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`] if the path cannot be written to, [`ErrorKind::Limit`] if the contents
    /// do not fit into [`Limits::memory`], which ends the instance, and [`ErrorKind::Lost`].
    pub async fn write(&mut self, path: &str, contents: &[u8]) -> Result<(), ExecuteError> {
        let (live, limits) = self.live_and_limits()?;
        live.begin(&limits)?;
        Ok(live.write(path, contents).await?)
    }

    /// Reads a file of at most [`Limits::result_bytes`] bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`] if there is no such file or it is too large, and [`ErrorKind::Lost`].
    pub async fn read(&mut self, path: &str) -> Result<Vec<u8>, ExecuteError> {
        let (live, limits) = self.live_and_limits()?;
        Ok(live.read(path, &limits).await?)
    }

    /// Lists the entries of a directory, sorted by name.
    ///
    /// ```no_run
    /// # async fn example(session: &mut eryx_runtime::Session) -> Result<(), eryx_runtime::ExecuteError> {
    /// for entry in session.list("/tmp").await? {
    ///     println!("{} {} bytes", entry.name, entry.size);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`] if there is no such directory, [`ErrorKind::Limit`] if the listing is
    /// over [`Limits::result_bytes`], and [`ErrorKind::Lost`].
    pub async fn list(&mut self, path: &str) -> Result<Vec<DirectoryEntry>, ExecuteError> {
        let (live, limits) = self.live_and_limits()?;
        live.begin(&limits)?;
        let list = live.instance()?.list(path).await;
        Ok(live.file(path, list)?)
    }

    /// Removes a file, or a directory with its contents.
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

    /// Whether the instance has ended and its state is lost.
    pub fn is_lost(&self) -> bool {
        self.live.as_ref().is_none_or(|live| live.is_lost)
    }

    /// Replaces the instance by a new one of the image, in well under a millisecond. The state is
    /// lost.
    ///
    /// # Errors
    ///
    /// If no slot becomes free within [`Limits::queue_time`] or no memory is left. The session is
    /// then lost, and a later call may succeed.
    pub async fn reset(&mut self) -> Result<(), ExecuteError> {
        // The old instance is dropped first, so that the new one can take its slot.
        self.live = None;
        let limits = &self.config.limits;
        let live = Live::start(&self.template, &self.config, limits, &[]).await?;
        self.live = Some(live);
        Ok(())
    }

    /// Copies the session: both continue independently from the same state, including the clock and
    /// Python's random number generators. Waits for a free slot, without a limit on the time.
    ///
    /// ```no_run
    /// # async fn example(mut session: eryx_runtime::Session) -> Result<(), eryx_runtime::ExecuteError> {
    /// session.execute("import json; numbers = [1]").await?;
    /// let mut copy = session.copy().await?;
    /// copy.execute("numbers.append(2)").await?;
    /// assert_eq!(session.execute("print(numbers)").await?.stdout, "[1]\n");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If this session is lost, or no memory is left for another instance.
    pub async fn copy(&mut self) -> Result<Self, ExecuteError> {
        let (template, config) = (self.template.clone(), self.config.clone());
        let live = self.live()?.copy(&template, &config).await?;
        Ok(Self {
            template,
            config,
            live: Some(live),
        })
    }

    /// Counts the 4 KiB pages of the memory that differ from the image's. Reads the whole memory,
    /// which takes milliseconds.
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
            ClockAndRng::new(config.clock, config.seed),
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
        let (source, name, requested) = (program.source, program.name, program.requested);
        let running = async {
            instance.set_fuel(fuel)?;
            instance
                .execute(&source, &name, arguments, &requested)
                .await
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
        host.calls.cancel_all();
        let stats = Stats {
            wall_time: host.meter.wall(),
            cpu_time: cpu.spent(),
            peak_memory,
            output_bytes: host.meter.printed,
            host_calls: host.meter.calls,
            fuel,
        };
        let output = host.streams.take_captured();
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

    /// Starts a new meter for a call other than a run. It has no limit on fuel.
    fn begin(&mut self, limits: &Limits) -> Result<(), ErrorKind> {
        let instance = self.instance()?;
        instance.host().meter = Meter::new(limits.clone());
        instance.set_fuel(None).map_err(error_kind)
    }

    /// Returns the instance, if it is not lost.
    fn instance(&mut self) -> Result<&mut Instance, ErrorKind> {
        match &mut self.instance {
            Some(instance) if !self.is_lost => Ok(instance),
            _ => Err(ErrorKind::Lost),
        }
    }

    /// Converts the result of a file operation. A trap ends the instance.
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
        // Unmapping much memory would block the executor's thread for longer than a tick.
        if instance
            .as_ref()
            .is_some_and(|instance| instance.growth() > LARGE_GROWTH)
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

/// Waits for a slot of the configuration, if that limits concurrency, and for one of the runtime.
async fn slots(
    template: &Template,
    config: &InstanceConfig,
    queue_time: Option<Duration>,
) -> Result<Slots, ErrorKind> {
    let started = Instant::now();
    let own = match &config.concurrency {
        Some(own) => Some(acquire(own, queue_time).await?),
        None => None,
    };
    let left = queue_time.map(|time| time.saturating_sub(started.elapsed()));
    let slot = acquire(template.modules.runtime.free_slots(), left).await;
    let slot = slot.map_err(|kind| match (kind, queue_time) {
        (ErrorKind::Busy { .. }, Some(waited)) => ErrorKind::Busy { waited },
        (kind, _) => kind,
    })?;
    Ok((slot, own))
}

/// Waits for a slot, at most for the timeout.
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
        // The semaphore is never closed.
        slot.map_err(|error| ErrorKind::Trap(Trap::of(error.into())))
    }
}

/// Emits a tracing event with the end and the statistics of a run, and without anything that the
/// program printed.
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

/// Converts to microseconds; a `u64` holds 584,000 years.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Whether an instance can be called again: the guest returned from the call, even if its result
/// was over the limit.
fn survives<T>(result: &Result<T, ErrorKind>) -> bool {
    match result {
        Ok(_) => true,
        Err(ErrorKind::Limit(reached)) => reached.limit == Limit::ResultBytes,
        Err(_) => false,
    }
}

/// Replaces an uncaught `MemoryError`, or an abort, by the limit on memory if a growth was refused.
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

/// Replaces an abort by the limit on memory if a growth was refused.
fn memory_or(kind: ErrorKind, meter: &Meter) -> ErrorKind {
    match (&kind, meter.memory_refused()) {
        (ErrorKind::Trap(trap), Some(reached)) if trap.is_abort() => ErrorKind::Limit(reached),
        _ => kind,
    }
}

/// Converts an error of wasmtime or of an import.
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
