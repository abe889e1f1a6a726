//! The clocks.

use super::abi::answers;
use super::handles::Resource;
use super::poll::Pollable;
use super::{end, system};
use crate::eryx::sandbox::host;

const SECOND: u64 = 1_000_000_000;

/// The monotonic clock, which goes on in an instance that is a snapshot where it was when the
/// snapshot was taken.
#[derive(Default)]
pub(crate) struct Clock {
    /// What is added to the host's.
    offset: u64,
    /// What it showed last.
    last: u64,
}

impl Clock {
    /// What it shows, in nanoseconds.
    pub(crate) fn now(&mut self) -> u64 {
        self.last = host::monotonic_now().saturating_add(self.offset);
        self.last
    }

    pub(crate) fn renew(&mut self) {
        self.offset = self.last.saturating_sub(host::monotonic_now());
    }
}

/// Nanoseconds since 1970.
pub(crate) fn wall() -> u64 {
    host::wall_now()
}

/// `datetime` of `wasi:clocks/wall-clock`: seconds and nanoseconds.
pub(crate) fn date_time(time: u64) -> (u64, u32) {
    let nanoseconds = u32::try_from(time % SECOND).unwrap_or_default();
    (time / SECOND, nanoseconds)
}

/// The time that a `datetime` stands for; the last that there is, if it is beyond.
pub(crate) fn time((seconds, nanoseconds): (u64, u32)) -> u64 {
    seconds
        .saturating_mul(SECOND)
        .saturating_add(nanoseconds.into())
}

fn subscribe(at: impl FnOnce(u64) -> u64) -> u32 {
    let handle = system(|system| {
        let at = at(system.clock.now());
        system.add(Resource::Pollable(Pollable::At(at)))
    });
    handle.unwrap_or_else(|| end("no memory left to wait for a clock"))
}

answers! {
    fn wasi_clocks_monotonic_clock_now() -> u64 {
        system(|system| system.clock.now())
    }

    fn wasi_clocks_monotonic_clock_resolution() -> u64 {
        1
    }

    fn wasi_clocks_monotonic_clock_subscribe_instant(at: u64) -> u32 {
        subscribe(|_| at)
    }

    fn wasi_clocks_monotonic_clock_subscribe_duration(duration: u64) -> u32 {
        subscribe(|now| now.saturating_add(duration))
    }

    fn wasi_clocks_wall_clock_now() => (u64, u32) {
        date_time(wall())
    }

    fn wasi_clocks_wall_clock_resolution() => (u64, u32) {
        (0, 1)
    }
}
