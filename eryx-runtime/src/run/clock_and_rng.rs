//! Where an instance's time and randomness come from: from the host, or, for runs that are to be the
//! same each time, from what the host has said.

use std::time::{Duration, Instant, SystemTime};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};

/// How long looking at a clock takes that is not the host's.
const LOOK: Duration = Duration::from_micros(1);

/// Time and randomness of one instance.
pub(crate) struct Sources {
    started: Instant,
    clock: Option<Clock>,
    random: Option<Box<ChaCha20Rng>>,
}

/// A clock that goes on by a microsecond whenever it is looked at, and by as much as a program sleeps,
/// which takes no time at all.
#[derive(Clone, Copy)]
struct Clock {
    start: SystemTime,
    passed: Duration,
}

impl Sources {
    /// With a clock that starts at some time, and random numbers from a seed; or the host's.
    pub(crate) fn new(clock: Option<SystemTime>, seed: Option<u64>) -> Self {
        let clock = clock.map(|start| Clock {
            start,
            passed: Duration::ZERO,
        });
        Self {
            started: Instant::now(),
            clock,
            random: seed.map(|seed| Box::new(ChaCha20Rng::seed_from_u64(seed))),
        }
    }

    /// For an instance that goes on where this one is.
    pub(crate) fn copy(&self) -> Self {
        let random = self.random.as_ref().map(|random| {
            let mut copy = ChaCha20Rng::from_seed(random.get_seed());
            copy.set_word_pos(random.get_word_pos());
            Box::new(copy)
        });
        Self {
            started: self.started,
            clock: self.clock,
            random,
        }
    }

    /// How long it is since some moment before the instance started.
    pub(crate) fn monotonic(&mut self) -> Duration {
        match &mut self.clock {
            Some(clock) => clock.look(),
            None => self.started.elapsed(),
        }
    }

    pub(crate) fn wall(&mut self) -> SystemTime {
        match &mut self.clock {
            Some(clock) => {
                let passed = clock.look();
                // Where no later time can be told, it stands still.
                clock.start.checked_add(passed).unwrap_or(clock.start)
            }
            None => SystemTime::now(),
        }
    }

    /// Lets time pass, if that needs no waiting.
    pub(crate) fn passes(&mut self, time: Duration) -> bool {
        if let Some(clock) = &mut self.clock {
            clock.passed = clock.passed.saturating_add(time).min(Clock::END);
        }
        self.clock.is_some()
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> Result<(), getrandom::Error> {
        match &mut self.random {
            Some(random) => random.fill_bytes(bytes),
            None => getrandom::fill(bytes)?,
        }
        Ok(())
    }
}

impl Clock {
    /// It stands still from then on: a thousand years is as far as programs can sleep.
    const END: Duration = Duration::from_hours(1000 * 366 * 24);

    fn look(&mut self) -> Duration {
        self.passed = (self.passed + LOOK).min(Self::END);
        self.passed
    }
}
