//! Wall time and CPU time.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// A duration, in wall time and in CPU time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Time {
    /// The wall time.
    pub(crate) wall: Duration,
    /// The CPU time of all threads of this process.
    pub(crate) cpu: Duration,
}

/// A point in time, on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    wall: Instant,
    cpu: Duration,
}

impl Moment {
    pub(crate) fn now() -> Self {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        Self {
            wall: Instant::now(),
            // CPU time is never negative.
            cpu: Duration::try_from(cpu).unwrap_or_default(),
        }
    }

    /// Returns the time from an earlier moment to this one.
    pub(crate) fn since(self, earlier: Self) -> Time {
        Time {
            wall: self.wall.saturating_duration_since(earlier.wall),
            cpu: self.cpu.saturating_sub(earlier.cpu),
        }
    }
}

impl Time {
    /// Returns the median of each clock separately.
    pub(crate) fn median(times: &[Self]) -> Option<Self> {
        Self::percentile(times, 50)
    }

    /// Returns a percentile of each clock separately.
    pub(crate) fn percentile(times: &[Self], percent: usize) -> Option<Self> {
        let at = |of: fn(&Self) -> Duration| {
            let mut sorted: Vec<Duration> = times.iter().map(of).collect();
            sorted.sort_unstable();
            let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(index).copied()
        };
        Some(Self {
            wall: at(|time| time.wall)?,
            cpu: at(|time| time.cpu)?,
        })
    }

    /// Returns the minimum of each clock separately.
    pub(crate) fn least(self, other: Self) -> Self {
        Self {
            wall: self.wall.min(other.wall),
            cpu: self.cpu.min(other.cpu),
        }
    }
}
