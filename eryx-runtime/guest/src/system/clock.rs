//! The monotonic clock.

use super::host::monotonic_now;

/// A clock that continues, in an instance of a snapshot, from where it was when the snapshot was
/// taken.
#[derive(Default)]
pub(crate) struct MonotonicClock {
    /// What is added to the host's clock.
    offset: u64,
    /// The last time that it returned.
    last: u64,
}

impl MonotonicClock {
    /// Returns the time in nanoseconds.
    pub(crate) fn now(&mut self) -> u64 {
        self.last = monotonic_now().saturating_add(self.offset);
        self.last
    }

    /// Continues from the last time that it returned, by the clock of another host.
    pub(crate) fn resume(&mut self) {
        self.offset = self.last.saturating_sub(monotonic_now());
    }
}
