//! A list of free slots or stacks.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A list of at most `limit` free items. Warm items, which keep resident pages, are at its end; the
/// item that was put there last is the last.
pub(super) struct FreeList<T> {
    limit: usize,
    warm_limit: usize,
    list: Mutex<List<T>>,
}

struct List<T> {
    free: Vec<T>,
    /// The number of warm items.
    warm: usize,
}

impl<T> FreeList<T> {
    /// Creates a list of at most `limit` items, of which at most `warm_limit` should be warm.
    pub(super) fn new(limit: usize, warm_limit: usize) -> Self {
        let (free, warm) = (Vec::new(), 0);
        Self {
            limit,
            warm_limit,
            list: Mutex::new(List { free, warm }),
        }
    }

    /// Takes the item whose index `select` returns. `select` gets the items, and whether the list
    /// is full.
    pub(super) fn take(&self, select: impl FnOnce(&[T], bool) -> Option<usize>) -> Option<T> {
        let mut list = self.lock();
        let List { free, warm } = &mut *list;
        let index = select(free, free.len() >= self.limit)?;
        if index >= free.len() {
            return None;
        }
        if index >= free.len() - *warm {
            *warm -= 1;
        }
        Some(free.remove(index))
    }

    /// Whether the list has room for one more warm item.
    pub(super) fn has_room_for_warm(&self) -> bool {
        self.lock().warm < self.warm_limit
    }

    /// Adds an item. A full list drops its coldest.
    pub(super) fn put(&self, item: T, is_warm: bool) {
        let mut list = self.lock();
        if is_warm {
            list.free.push(item);
            list.warm += 1;
        } else {
            let end = list.free.len() - list.warm;
            list.free.insert(end, item);
        }
        let coldest = (list.free.len() > self.limit).then(|| list.free.remove(0));
        list.warm = list.warm.min(list.free.len());
        // Unmapping takes a while, so the lock is released first.
        drop(list);
        drop(coldest);
    }

    /// Locks the list. It is consistent even if the lock is poisoned: no change to it can panic
    /// half way.
    fn lock(&self) -> MutexGuard<'_, List<T>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::FreeList;

    fn last(free: &[u32], _: bool) -> Option<usize> {
        free.len().checked_sub(1)
    }

    #[test]
    fn the_warm_are_taken_first() {
        let list = FreeList::new(4, 2);
        list.put(1, true);
        list.put(2, false);
        list.put(3, true);
        assert!(!list.has_room_for_warm());
        assert_eq!(list.take(last), Some(3));
        assert!(list.has_room_for_warm());
        assert_eq!(list.take(last), Some(1));
        assert_eq!(list.take(last), Some(2));
        assert_eq!(list.take(last), None);
    }

    #[test]
    fn the_coldest_is_dropped() {
        let list = FreeList::new(2, 2);
        list.put(1, true);
        list.put(2, false);
        list.put(3, true);
        assert_eq!(
            list.take(|free, is_full| is_full.then(|| free.len() - 1)),
            Some(3)
        );
        assert_eq!(list.take(last), Some(1));
        assert_eq!(list.take(last), None);
        assert!(list.has_room_for_warm());
    }
}
