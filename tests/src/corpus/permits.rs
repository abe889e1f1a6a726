use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A number of permits that threads take and give back.
pub(super) struct Permits {
    free: Mutex<usize>,
    freed: Condvar,
}

/// Gives its permit back when it is dropped.
pub(super) struct Permit<'p>(&'p Permits);

impl Permits {
    /// Creates permits that live as long as the process.
    pub(super) fn leak(count: usize) -> &'static Self {
        Box::leak(Box::new(Self {
            free: Mutex::new(count),
            freed: Condvar::new(),
        }))
    }

    /// Takes a permit; waits until one is free.
    pub(super) fn take(&self) -> Permit<'_> {
        let free = self.free();
        let free = self.freed.wait_while(free, |free| *free == 0);
        *free.unwrap_or_else(PoisonError::into_inner) -= 1;
        Permit(self)
    }

    fn free(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free() += 1;
        self.0.freed.notify_one();
    }
}
