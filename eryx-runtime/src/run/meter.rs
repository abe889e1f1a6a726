//! The meter of a run: it counts what the run uses and checks its limits.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use wasmtime::ResourceLimiter;

use super::limits::{Limit, LimitReached, Limits};

/// The limit on the elements of each table, above what any image has.
const TABLE_LIMIT: usize = 4 << 20;

/// The counters and limits of one run.
pub(crate) struct Meter {
    pub(crate) limits: Limits,
    started: Instant,
    cpu: Arc<CpuClock>,
    /// The printed bytes.
    pub(crate) printed: u64,
    lines: u64,
    /// The host calls.
    pub(crate) calls: u64,
    /// The memory size in bytes that the last refused growth requested.
    refused: Option<usize>,
}

impl Meter {
    /// Creates the meter of a run that begins now.
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            started: Instant::now(),
            cpu: Arc::default(),
            printed: 0,
            lines: 0,
            calls: 0,
            refused: None,
        }
    }

    pub(crate) fn wall(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn cpu(&self) -> &Arc<CpuClock> {
        &self.cpu
    }

    /// Checks the limits on time. The run's own thread must call this.
    pub(crate) fn check_time(&self) -> Result<(), LimitReached> {
        if let Some(allowed) = self.limits.cpu_time {
            let used = self.cpu.running();
            if used > allowed {
                return Err(LimitReached::time(Limit::CpuTime, allowed, used));
            }
        }
        match self.limits.wall_time {
            Some(allowed) if self.wall() > allowed => Err(self.out_of_time(allowed)),
            _ => Ok(()),
        }
    }

    fn out_of_time(&self, allowed: Duration) -> LimitReached {
        LimitReached::time(Limit::WallTime, allowed, self.wall())
    }

    /// Returns the error of a run that ran out of fuel.
    pub(crate) fn out_of_fuel(&self) -> LimitReached {
        let allowed = self.limits.fuel.unwrap_or(u64::MAX);
        LimitReached {
            limit: Limit::Fuel,
            allowed,
            used: allowed,
        }
    }

    /// Awaits a future until the limit on wall-clock time.
    pub(crate) fn wait<F: Future>(
        &self,
        future: F,
    ) -> impl Future<Output = wasmtime::Result<F::Output>> + use<F> {
        let (started, allowed) = (self.started, self.limits.wall_time);
        async move {
            let deadline = allowed.and_then(|allowed| started.checked_add(allowed));
            let Some((allowed, deadline)) = allowed.zip(deadline) else {
                return Ok(future.await);
            };
            let waited = tokio::time::timeout_at(deadline.into(), future).await;
            waited
                .map_err(|_| LimitReached::time(Limit::WallTime, allowed, started.elapsed()).into())
        }
    }

    /// Counts printed bytes. Returns how many of them fit, and the limit that the others pass.
    pub(crate) fn print(&mut self, bytes: &[u8]) -> (usize, Option<LimitReached>) {
        let mut fits = bytes.len();
        let mut passed = None;
        let allowed = self.limits.output_bytes;
        let room = usize::try_from(allowed.saturating_sub(self.printed)).ok();
        if let Some(room) = room.filter(|room| fits > *room) {
            passed = Some(LimitReached {
                limit: Limit::OutputBytes,
                allowed,
                used: self.printed.saturating_add(fits as u64),
            });
            fits = room;
        }
        if let Some(allowed) = self.limits.output_lines {
            let mut ends = (1..).zip(bytes).filter(|(_, byte)| **byte == b'\n');
            let lines = ends.clone().count() as u64;
            let used = self.lines.saturating_add(lines);
            if used > allowed {
                let room = usize::try_from(allowed.saturating_sub(self.lines)).ok();
                let last = room.and_then(|room| room.checked_sub(1));
                let end = last.and_then(|last| ends.nth(last));
                let end = end.map_or(0, |(end, _)| end);
                if end < fits {
                    fits = end;
                    passed = Some(LimitReached {
                        limit: Limit::OutputLines,
                        allowed,
                        used,
                    });
                }
            }
            self.lines = used;
        }
        self.printed = self.printed.saturating_add(fits as u64);
        (fits, passed)
    }

    /// Counts a host call with arguments of this size in bytes.
    pub(crate) fn call(&mut self, size: usize) -> Result<(), LimitReached> {
        self.calls = self.calls.saturating_add(1);
        let allowed = self.limits.host_calls;
        if self.calls > allowed {
            return Err(LimitReached {
                limit: Limit::HostCalls,
                allowed,
                used: self.calls,
            });
        }
        self.check_call(size)
    }

    /// Checks the size of a host call's arguments or result in bytes.
    pub(crate) fn check_call(&self, size: usize) -> Result<(), LimitReached> {
        check(Limit::HostCallBytes, self.limits.host_call_bytes, size)
    }

    /// Returns the error of a host call whose result is over the limit. Its size is unknown, so
    /// `used` is one more than allowed.
    pub(crate) fn call_too_large(&self) -> LimitReached {
        let allowed = self.limits.host_call_bytes;
        LimitReached {
            limit: Limit::HostCallBytes,
            allowed,
            used: allowed.saturating_add(1),
        }
    }

    /// Checks the size of a returned item in bytes.
    pub(crate) fn check_result(&self, size: usize) -> Result<(), LimitReached> {
        check(Limit::ResultBytes, self.limits.result_bytes, size)
    }

    /// Checks the size of the linear memory in bytes.
    pub(crate) fn check_memory(&self, size: usize) -> Result<(), LimitReached> {
        check(Limit::Memory, self.limits.memory, size)
    }

    /// Returns the error of the limit on memory, if a growth was refused.
    pub(crate) fn memory_refused(&self) -> Option<LimitReached> {
        self.check_memory(self.refused?).err()
    }
}

fn check(limit: Limit, allowed: u64, used: usize) -> Result<(), LimitReached> {
    let used = used as u64;
    if used <= allowed {
        return Ok(());
    }
    Err(LimitReached {
        limit,
        allowed,
        used,
    })
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let is_allowed = self.check_memory(desired).is_ok();
        if !is_allowed {
            self.refused = Some(desired);
        }
        Ok(is_allowed)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_LIMIT)
    }
}

/// The processor time of a future, in nanoseconds: the time of the threads that poll it, while they
/// do.
#[derive(Default)]
pub(crate) struct CpuClock {
    /// The time of all completed polls.
    spent: AtomicU64,
    /// The thread's clock at the start of the current poll.
    poll_started: AtomicU64,
}

impl CpuClock {
    /// Awaits a future and measures it.
    pub(crate) async fn measure<F: Future>(self: Arc<Self>, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            let started = thread_time();
            self.poll_started.store(started, Ordering::Relaxed);
            let poll = future.as_mut().poll(context);
            let spent = thread_time().saturating_sub(started);
            self.spent.fetch_add(spent, Ordering::Relaxed);
            poll
        })
        .await
    }

    /// Returns the time of all completed polls.
    pub(crate) fn spent(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Ordering::Relaxed))
    }

    /// Returns the time so far, including the current poll. The polling thread must call this.
    fn running(&self) -> Duration {
        let started = self.poll_started.load(Ordering::Relaxed);
        self.spent() + Duration::from_nanos(thread_time().saturating_sub(started))
    }
}

/// Returns the processor time of this thread in nanoseconds.
#[cfg(unix)]
fn thread_time() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    // The processor time of a thread is never negative.
    let time = Duration::try_from(time).unwrap_or(Duration::ZERO);
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns nanoseconds of wall-clock time: this system has no processor clock per thread.
#[cfg(not(unix))]
fn thread_time() -> u64 {
    use std::sync::LazyLock;

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
