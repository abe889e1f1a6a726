//! What a program can wait for.

use std::rc::Rc;

/// An object that becomes ready: to be read, to be written, or to accept a connection.
pub(crate) trait Ready {
    /// Whether the operation would not block, even if it would fail.
    fn is_ready(&self) -> bool;
}

/// A `pollable` of `wasi:io/poll`.
pub(crate) enum Pollable {
    /// What is ready at any time.
    Always,
    /// A time of the monotonic clock.
    At(u64),
    /// What is ready when this object says so.
    When(Rc<dyn Ready>),
}

/// When a [`Pollable`] is ready.
pub(crate) enum Readiness {
    Now,
    /// At a time of the monotonic clock.
    At(u64),
    /// Not before the program itself does something.
    Unknown,
}

impl Pollable {
    /// Tells when it is ready, by the present time of the monotonic clock.
    pub(crate) fn readiness(&self, now: u64) -> Readiness {
        match self {
            Self::At(time) if *time > now => Readiness::At(*time),
            Self::When(object) if !object.is_ready() => Readiness::Unknown,
            Self::Always | Self::At(_) | Self::When(_) => Readiness::Now,
        }
    }
}
