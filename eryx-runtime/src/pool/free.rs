//! What is free to be used again.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A list of at most `limit` things, the one that came back last at its end.
pub(super) struct Free<T> {
    limit: usize,
    list: Mutex<Vec<T>>,
}

impl<T> Free<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            list: Mutex::default(),
        }
    }

    /// Takes one, if `choose` finds one; it is told whether the list is full.
    pub(super) fn take(&self, choose: impl FnOnce(&[T], bool) -> Option<usize>) -> Option<T> {
        let mut list = self.lock();
        let chosen = choose(&list, list.len() >= self.limit)?;
        (chosen < list.len()).then(|| list.remove(chosen))
    }

    /// Adds one. When there are too many, the oldest is dropped.
    pub(super) fn give(&self, one: T) {
        let mut list = self.lock();
        list.push(one);
        let oldest = (list.len() > self.limit).then(|| list.remove(0));
        // To drop it takes a while, for which nobody else has to wait.
        drop(list);
        drop(oldest);
    }

    /// The list is sound after a panic: nothing that is done to it can panic half way.
    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
