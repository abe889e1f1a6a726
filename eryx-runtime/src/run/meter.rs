//! What a run has used, and whether it may go on.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use wasmtime::ResourceLimiter;

use super::limits::{Limit, LimitReached, Limits};

/// How many elements all tables may have: more than any image has.
const TABLE: usize = 4 << 20;

/// Counts what a run uses.
pub(crate) struct Meter {
    pub(crate) limits: Limits,
    started: Instant,
    cpu: Arc<CpuClock>,
    pub(crate) printed: u64,
    lines: u64,
    pub(crate) calls: u64,
    /// How much memory was asked for and refused last.
    refused: Option<usize>,
}

impl Meter {
    /// For a run that begins now.
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

    /// Whether there is time left. Called by the run itself.
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

    /// What is said when the engine has ended a run for want of fuel.
    pub(crate) fn out_of_fuel(&self) -> LimitReached {
        let allowed = self.limits.fuel.unwrap_or(u64::MAX);
        LimitReached {
            limit: Limit::Fuel,
            allowed,
            used: allowed,
        }
    }

    /// Waits for something, as long as there is time.
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

    /// Notes what is printed: how much of it fits, and which limit it passes if not all does.
    pub(crate) fn print(&mut self, bytes: &[u8]) -> (usize, Option<LimitReached>) {
        let mut fits = bytes.len();
        let mut passed = None;
        let allowed = self.limits.output_bytes;
        let room = usize::try_from(allowed - self.printed.min(allowed)).unwrap_or(usize::MAX);
        if fits > room {
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
                let room = usize::try_from(allowed - self.lines.min(allowed));
                let last = room.unwrap_or(usize::MAX).checked_sub(1);
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

    /// Notes a call of the host, with arguments of so many bytes.
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

    /// Whether the arguments of a call, or its result, may have so many bytes.
    pub(crate) fn check_call(&self, size: usize) -> Result<(), LimitReached> {
        check(Limit::HostCallBytes, self.limits.host_call_bytes, size)
    }

    /// What is said of a host call's result that was cut off: it has at least one byte too many.
    pub(crate) fn call_too_large(&self) -> LimitReached {
        let allowed = self.limits.host_call_bytes;
        LimitReached {
            limit: Limit::HostCallBytes,
            allowed,
            used: allowed.saturating_add(1),
        }
    }

    /// Whether a result may have so many bytes.
    pub(crate) fn check_result(&self, size: usize) -> Result<(), LimitReached> {
        check(Limit::ResultBytes, self.limits.result_bytes, size)
    }

    /// Whether a memory may have so many bytes.
    pub(crate) fn check_memory(&self, size: usize) -> Result<(), LimitReached> {
        check(Limit::Memory, self.limits.memory, size)
    }

    /// The limit on memory, if it was met.
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
        let may = self.check_memory(desired).is_ok();
        if !may {
            self.refused = Some(desired);
        }
        Ok(may)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE)
    }
}

/// The processor time of a future, in nanoseconds.
#[derive(Default)]
pub(crate) struct CpuClock {
    /// Of all polls that have ended.
    spent: AtomicU64,
    /// What the thread's clock showed when the last poll began.
    since: AtomicU64,
}

impl CpuClock {
    /// Measures a future.
    pub(crate) async fn measure<F: Future>(self: Arc<Self>, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            let since = thread_time();
            self.since.store(since, Ordering::Relaxed);
            let poll = future.as_mut().poll(context);
            let spent = thread_time().saturating_sub(since);
            self.spent.fetch_add(spent, Ordering::Relaxed);
            poll
        })
        .await
    }

    /// Between two polls, or after the last.
    pub(crate) fn spent(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Ordering::Relaxed))
    }

    /// In a poll.
    fn running(&self) -> Duration {
        let now = thread_time().saturating_sub(self.since.load(Ordering::Relaxed));
        self.spent() + Duration::from_nanos(now)
    }
}

/// The processor time that this thread has spent, in nanoseconds.
#[cfg(unix)]
fn thread_time() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let time = Duration::try_from(time).unwrap_or_default();
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// How long it is since some moment: a thread of this system does not know what it has spent.
#[cfg(not(unix))]
fn thread_time() -> u64 {
    use std::sync::LazyLock;

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
