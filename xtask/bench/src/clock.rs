//! Time, as people feel it and as the processor spends it.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// How long something took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Time {
    /// What a clock on the wall says.
    pub(crate) wall: Duration,
    /// What all threads of this process spent together.
    pub(crate) cpu: Duration,
}

/// A moment.
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
            // A process has not used less than nothing.
            cpu: Duration::try_from(cpu).unwrap_or_default(),
        }
    }

    /// From an earlier moment to this one.
    pub(crate) fn since(self, earlier: Self) -> Time {
        Time {
            wall: self.wall.saturating_duration_since(earlier.wall),
            cpu: self.cpu.saturating_sub(earlier.cpu),
        }
    }
}

impl Time {
    /// The medians of both clocks, each by itself.
    pub(crate) fn median(times: &[Self]) -> Option<Self> {
        Self::percentile(times, 50)
    }

    /// What so many per cent of the times do not exceed, of both clocks, each by itself.
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

    /// The least of both clocks, each by itself.
    pub(crate) fn least(self, other: Self) -> Self {
        Self {
            wall: self.wall.min(other.wall),
            cpu: self.cpu.min(other.cpu),
        }
    }
}
