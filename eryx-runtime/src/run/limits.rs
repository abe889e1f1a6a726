//! The limits of a run, and the error of a run that passes one.

use std::fmt;
use std::time::Duration;

/// The limits of a run. A run that passes one ends with an error that names the limit.
///
/// | limit | applies to | default |
/// |---|---|---|
/// | [`wall_time`](Self::wall_time) | one run | 60 s |
/// | [`cpu_time`](Self::cpu_time) | one run | none |
/// | [`memory`](Self::memory) | an instance, its files included | 1 GiB |
/// | [`output_bytes`](Self::output_bytes) | one run, stdout and stderr together | 16 MiB |
/// | [`output_lines`](Self::output_lines) | the same | none |
/// | [`host_calls`](Self::host_calls) | one run | 10,000 |
/// | [`host_call_bytes`](Self::host_call_bytes) | the arguments of one host call, and its result | 1 MiB |
/// | [`result_bytes`](Self::result_bytes) | one returned value, exception or file | 16 MiB |
/// | [`fuel`](Self::fuel) | one run | none |
/// | [`queue_time`](Self::queue_time) | waiting for a free slot | none |
///
/// The depth of calls is limited by Python itself (`sys.getrecursionlimit()`). The methods set the
/// fields of the same names.
///
/// ```
/// use std::time::Duration;
///
/// let limits = eryx_runtime::Limits::default()
///     .wall_time(Duration::from_secs(2))
///     .memory(128 << 20)
///     .output_bytes(64 << 10);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// See the method [`wall_time`](Self::wall_time).
    pub wall_time: Option<Duration>,
    /// See the method [`cpu_time`](Self::cpu_time).
    pub cpu_time: Option<Duration>,
    /// See the method [`memory`](Self::memory).
    pub memory: u64,
    /// See the method [`output_bytes`](Self::output_bytes).
    pub output_bytes: u64,
    /// See the method [`output_lines`](Self::output_lines).
    pub output_lines: Option<u64>,
    /// See the method [`host_calls`](Self::host_calls).
    pub host_calls: u64,
    /// See the method [`host_call_bytes`](Self::host_call_bytes).
    pub host_call_bytes: u64,
    /// See the method [`result_bytes`](Self::result_bytes).
    pub result_bytes: u64,
    /// See the method [`fuel`](Self::fuel).
    pub fuel: Option<u64>,
    /// See the method [`queue_time`](Self::queue_time).
    pub queue_time: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_time: Some(Duration::from_mins(1)),
            cpu_time: None,
            memory: 1 << 30,
            output_bytes: 16 << 20,
            output_lines: None,
            host_calls: 10_000,
            host_call_bytes: 1 << 20,
            result_bytes: 16 << 20,
            fuel: None,
            queue_time: None,
        }
    }
}

impl Limits {
    /// Sets the wall-clock time of a run: computing, sleeping, and waiting for the host. It is
    /// checked every 10 ms, also in native code. None for no limit; the default is 60 s.
    #[must_use]
    pub fn wall_time(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.wall_time = time.into();
        self
    }

    /// Sets the processor time of a run, including the host's work for it in the same thread.
    /// Sleeping and waiting use none. It is checked every 10 ms. Systems other than Unix have no
    /// clock per thread; there it is the time in which the run did not wait. None, the default, for
    /// no limit.
    #[must_use]
    pub fn cpu_time(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.cpu_time = time.into();
        self
    }

    /// Sets the size of an instance's linear memory in bytes; the default is 1 GiB. Python itself
    /// takes 40 MB, and 52 MB with numpy. Files in the sandbox count as well.
    ///
    /// An allocation beyond the limit fails, and Python raises a `MemoryError`. A program can catch
    /// it and continue. If it does not, the run ends with [`Limit::Memory`].
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// Sets the number of bytes that a run may print to stdout and stderr together; the default is
    /// 16 MiB. The output up to the limit is captured.
    #[must_use]
    pub fn output_bytes(mut self, bytes: u64) -> Self {
        self.output_bytes = bytes;
        self
    }

    /// Sets the number of lines that a run may print to stdout and stderr together. The output up
    /// to the limit is captured. None, the default, for no limit.
    #[must_use]
    pub fn output_lines(mut self, lines: impl Into<Option<u64>>) -> Self {
        self.output_lines = lines.into();
        self
    }

    /// Sets the number of host calls of a run; the default is 10,000. At most 64 are pending at a
    /// time; the guest queues the others.
    #[must_use]
    pub fn host_calls(mut self, calls: u64) -> Self {
        self.host_calls = calls;
        self
    }

    /// Sets the size of the arguments of one host call, and of its result, as bytes of JSON; the
    /// default is 1 MiB.
    #[must_use]
    pub fn host_call_bytes(mut self, bytes: u64) -> Self {
        self.host_call_bytes = bytes;
        self
    }

    /// Sets the size in bytes of one returned item: a value (its JSON and its `repr()` together),
    /// an exception (its description as JSON), a file, or a directory listing. The default is 16
    /// MiB.
    #[must_use]
    pub fn result_bytes(mut self, bytes: u64) -> Self {
        self.result_bytes = bytes;
        self
    }

    /// Sets the fuel of a run, in wasmtime's unit: about one WebAssembly instruction. Unlike time,
    /// fuel is deterministic. Only an image that was built with fuel measures it; with others a run
    /// with this limit fails with [`Misuse::FuelNotMeasured`](crate::Misuse::FuelNotMeasured).
    /// None, the default, for no limit.
    #[must_use]
    pub fn fuel(mut self, fuel: impl Into<Option<u64>>) -> Self {
        self.fuel = fuel.into();
        self
    }

    /// Sets the time that a run may wait for a free slot. The wall-clock time of the run begins
    /// after that. None, the default, for no limit.
    #[must_use]
    pub fn queue_time(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.queue_time = time.into();
        self
    }
}

/// The name of one of the [`Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::wall_time`], in microseconds.
    WallTime,
    /// [`Limits::cpu_time`], in microseconds.
    CpuTime,
    /// [`Limits::memory`], in bytes.
    Memory,
    /// [`Limits::output_bytes`], in bytes.
    OutputBytes,
    /// [`Limits::output_lines`], in lines.
    OutputLines,
    /// [`Limits::host_calls`], in calls.
    HostCalls,
    /// [`Limits::host_call_bytes`], in bytes.
    HostCallBytes,
    /// [`Limits::result_bytes`], in bytes.
    ResultBytes,
    /// [`Limits::fuel`], in units of fuel.
    Fuel,
}

/// The error of a run that passed a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct LimitReached {
    /// The limit.
    pub limit: Limit,
    /// The allowed amount, in the limit's unit.
    pub allowed: u64,
    /// The amount used, including the request that was refused.
    pub used: u64,
}

impl LimitReached {
    pub(crate) fn time(limit: Limit, allowed: Duration, used: Duration) -> Self {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Self {
            limit,
            allowed: micros(allowed),
            used: micros(used),
        }
    }
}

impl fmt::Display for LimitReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            limit,
            allowed,
            used,
        } = self;
        let (what, unit) = match limit {
            Limit::WallTime => ("wall-clock time", "µs"),
            Limit::CpuTime => ("processor time", "µs"),
            Limit::Memory => ("memory", "bytes"),
            Limit::OutputBytes => ("output", "bytes"),
            Limit::OutputLines => ("output", "lines"),
            Limit::HostCalls => ("calls of the host", "calls"),
            Limit::HostCallBytes => ("one call of the host", "bytes"),
            Limit::ResultBytes => ("one result", "bytes"),
            Limit::Fuel => ("fuel", "units"),
        };
        write!(
            f,
            "the program passed its limit on {what}: {used} {unit}, and {allowed} were allowed"
        )
    }
}
