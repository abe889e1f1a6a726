//! What a program prints: kept up to a limit, or handed on as it comes.

use std::sync::{Arc, Mutex, PoisonError};

/// What is kept of each stream, in bytes. A program that prints more gets an `OSError`.
pub(crate) const LIMIT: usize = 16 << 20;

/// One of the two streams that a program prints to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// `sys.stdout`, descriptor 1.
    Stdout,
    /// `sys.stderr`, descriptor 2.
    Stderr,
}

/// A function that takes what a program prints, as it comes.
pub type Sink = Arc<dyn Fn(Stream, &[u8]) + Send + Sync>;

/// Where one stream goes.
#[derive(Clone)]
pub(crate) enum Output {
    Kept(Arc<Mutex<Vec<u8>>>),
    HandedOn(Stream, Sink),
}

/// More was printed than is kept.
#[derive(Debug)]
pub(crate) struct Full;

impl Output {
    pub(crate) fn kept() -> Self {
        Self::Kept(Arc::default())
    }

    /// Takes what was kept.
    pub(crate) fn take(&self) -> Vec<u8> {
        match self {
            Self::Kept(bytes) => {
                std::mem::take(&mut bytes.lock().unwrap_or_else(PoisonError::into_inner))
            }
            Self::HandedOn(..) => Vec::new(),
        }
    }

    /// Takes all of what a program prints, or nothing.
    pub(crate) fn write(&self, new: &[u8]) -> Result<(), Full> {
        match self {
            Self::Kept(bytes) => {
                let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                if new.len() > LIMIT - bytes.len().min(LIMIT) {
                    return Err(Full);
                }
                bytes.extend_from_slice(new);
            }
            Self::HandedOn(stream, sink) => sink(*stream, new),
        }
        Ok(())
    }
}
