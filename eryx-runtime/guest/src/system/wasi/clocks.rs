//! `wasi:clocks`.

use crate::system::abi::wasi_functions;
use crate::system::host::{fail, wall_now};
use crate::system::ready::Pollable;
use crate::system::resource::Resource;
use crate::system::state::system;

const SECOND: u64 = 1_000_000_000;

/// A time in nanoseconds since 1970 as a `datetime`: seconds and nanoseconds.
pub(super) fn date_time(time: u64) -> (u64, u32) {
    let nanoseconds = u32::try_from(time % SECOND).unwrap_or_default();
    (time / SECOND, nanoseconds)
}

/// A `datetime` in nanoseconds since 1970, or the last such time if it lies beyond that.
pub(super) fn time((seconds, nanoseconds): (u64, u32)) -> u64 {
    seconds
        .saturating_mul(SECOND)
        .saturating_add(nanoseconds.into())
}

fn subscribe(at: impl FnOnce(u64) -> u64) -> u32 {
    let handle = system(|system| {
        let at = at(system.clock.now());
        system.add(Resource::Pollable(Pollable::At(at)))
    });
    handle.unwrap_or_else(|| fail("no memory is left to wait for a clock"))
}

wasi_functions! {
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
        date_time(wall_now())
    }

    fn wasi_clocks_wall_clock_resolution() => (u64, u32) {
        (0, 1)
    }
}
