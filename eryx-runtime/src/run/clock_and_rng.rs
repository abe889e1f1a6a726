//! The clock and the random number generator of an instance: the host's, or deterministic ones for
//! reproducible runs.

use std::time::{Duration, Instant, SystemTime};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};

/// The time by which each reading advances a deterministic clock.
const READING: Duration = Duration::from_micros(1);

/// The clock and the random number generator of one instance.
pub(crate) struct ClockAndRng {
    started: Instant,
    /// None for the host's clock.
    clock: Option<DeterministicClock>,
    /// None for the host's randomness.
    rng: Option<Box<ChaCha20Rng>>,
}

/// A clock that advances by a microsecond at each reading, and by the time of each sleep, which
/// returns at once.
#[derive(Clone, Copy)]
struct DeterministicClock {
    start: SystemTime,
    elapsed: Duration,
}

impl ClockAndRng {
    /// Creates a clock that begins at `clock` and a generator with this seed. None stands for the
    /// host's.
    pub(crate) fn new(clock: Option<SystemTime>, seed: Option<u64>) -> Self {
        let clock = clock.map(|start| DeterministicClock {
            start,
            elapsed: Duration::ZERO,
        });
        Self {
            started: Instant::now(),
            clock,
            rng: seed.map(|seed| Box::new(ChaCha20Rng::seed_from_u64(seed))),
        }
    }

    /// Returns a copy that continues from the same state, for a copy of the instance.
    pub(crate) fn copy(&self) -> Self {
        let rng = self.rng.as_ref().map(|rng| {
            let mut copy = ChaCha20Rng::from_seed(rng.get_seed());
            copy.set_word_pos(rng.get_word_pos());
            Box::new(copy)
        });
        Self {
            started: self.started,
            clock: self.clock,
            rng,
        }
    }

    /// Reads the monotonic clock: the time since the instance started.
    pub(crate) fn monotonic(&mut self) -> Duration {
        match &mut self.clock {
            Some(clock) => clock.read(),
            None => self.started.elapsed(),
        }
    }

    /// Reads the wall clock.
    pub(crate) fn wall(&mut self) -> SystemTime {
        match &mut self.clock {
            Some(clock) => {
                let elapsed = clock.read();
                // The clock stops at the last time that the system can represent.
                clock.start.checked_add(elapsed).unwrap_or(clock.start)
            }
            None => SystemTime::now(),
        }
    }

    /// Advances a deterministic clock by a sleep. Returns false for the host's clock: then the
    /// caller must wait.
    pub(crate) fn skip_sleep(&mut self, time: Duration) -> bool {
        if let Some(clock) = &mut self.clock {
            let elapsed = clock.elapsed.saturating_add(time);
            clock.elapsed = elapsed.min(DeterministicClock::END);
        }
        self.clock.is_some()
    }

    /// Fills a buffer with random bytes.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> Result<(), getrandom::Error> {
        match &mut self.rng {
            Some(rng) => rng.fill_bytes(bytes),
            None => getrandom::fill(bytes)?,
        }
        Ok(())
    }
}

impl DeterministicClock {
    /// The largest elapsed time, at which the clock stops: a thousand years.
    const END: Duration = Duration::from_hours(1000 * 366 * 24);

    fn read(&mut self) -> Duration {
        self.elapsed = (self.elapsed + READING).min(Self::END);
        self.elapsed
    }
}
