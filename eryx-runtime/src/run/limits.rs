//! What a run may use, and what is said of it when that was not enough.

use std::fmt;
use std::time::Duration;

/// What a program may use. Passing a limit ends the run with an error that says which one it was.
///
/// | limit | of what | default |
/// |---|---|---|
/// | [`wall_time`](Self::wall_time) | one run | 60 s |
/// | [`cpu_time`](Self::cpu_time) | one run | none |
/// | [`memory`](Self::memory) | an instance, its files included | 1 GiB |
/// | [`output_bytes`](Self::output_bytes) | one run, stdout and stderr together | 16 MiB |
/// | [`output_lines`](Self::output_lines) | the same | none |
/// | [`host_calls`](Self::host_calls) | one run | 10,000 |
/// | [`host_call_bytes`](Self::host_call_bytes) | the arguments of one call, and its result | 1 MiB |
/// | [`result_bytes`](Self::result_bytes) | a value, an exception, or a file that is handed back | 16 MiB |
/// | [`fuel`](Self::fuel) | one run | none |
/// | [`queue_time`](Self::queue_time) | waiting for a place to run | none |
///
/// How deep calls may nest is Python's own limit, `sys.getrecursionlimit()`. The fields are there to be
/// read; the methods of their names set them.
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
    /// How long a run may take, whether it computes, sleeps, or waits for the host. It is looked at
    /// every 10 ms in code of any kind.
    #[must_use]
    pub fn wall_time(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.wall_time = time.into();
        self
    }

    /// How much of a processor a run may use, with what the host does for it in its own thread.
    /// Sleeping and waiting use none. It is looked at every 10 ms. Where the system has no clock for
    /// a thread (it is not Unix), it is the time in which the run was not waiting.
    #[must_use]
    pub fn cpu_time(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.cpu_time = time.into();
        self
    }

    /// How many bytes of memory an instance may have. Python itself takes 40 MB of it, and 52 MB with
    /// numpy; files in the sandbox lie in it as well.
    ///
    /// More is refused, and Python raises a `MemoryError`, as it would anywhere. A program may catch
    /// that and go on with what it has; if it does not, the run has ended by this limit.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// How many bytes a run may print, to stdout and stderr together. What fits is taken.
    #[must_use]
    pub fn output_bytes(mut self, bytes: u64) -> Self {
        self.output_bytes = bytes;
        self
    }

    /// How many lines a run may print, to stdout and stderr together. What fits is taken.
    #[must_use]
    pub fn output_lines(mut self, lines: impl Into<Option<u64>>) -> Self {
        self.output_lines = lines.into();
        self
    }

    /// How many calls of the host's functions a run may make. At most 64 of them are under way at a
    /// time; the program waits with others until one of these has ended.
    #[must_use]
    pub fn host_calls(mut self, calls: u64) -> Self {
        self.host_calls = calls;
        self
    }

    /// How many bytes the arguments of one call of the host's functions may have as JSON, and how
    /// many its result.
    #[must_use]
    pub fn host_call_bytes(mut self, bytes: u64) -> Self {
        self.host_call_bytes = bytes;
        self
    }

    /// How many bytes a run may give back in one piece: as a value, its JSON and its `repr()` together,
    /// as what is told of an exception, or as what is in a file.
    #[must_use]
    pub fn result_bytes(mut self, bytes: u64) -> Self {
        self.result_bytes = bytes;
        self
    }

    /// How much a run may execute, in the engine's own unit, which is about one WebAssembly
    /// instruction. Unlike time it is the same whenever a program does the same. Only an image that
    /// was built with fuel measures it; others refuse to run with this limit.
    #[must_use]
    pub fn fuel(mut self, fuel: impl Into<Option<u64>>) -> Self {
        self.fuel = fuel.into();
        self
    }

    /// How long a run may wait for its turn, if as many run already as may. The time for the run
    /// itself begins after that.
    #[must_use]
    pub fn queue_time(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.queue_time = time.into();
        self
    }
}

/// One of [`Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::wall_time`], in microseconds.
    WallTime,
    /// [`Limits::cpu_time`], in microseconds.
    CpuTime,
    /// [`Limits::memory`], in bytes.
    Memory,
    /// [`Limits::output_bytes`].
    OutputBytes,
    /// [`Limits::output_lines`].
    OutputLines,
    /// [`Limits::host_calls`].
    HostCalls,
    /// [`Limits::host_call_bytes`].
    HostCallBytes,
    /// [`Limits::result_bytes`].
    ResultBytes,
    /// [`Limits::fuel`].
    Fuel,
}

/// A run has ended because it passed a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct LimitReached {
    /// Which one.
    pub limit: Limit,
    /// What was allowed, in the limit's unit.
    pub allowed: u64,
    /// What was used, or would have been with what was refused.
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
