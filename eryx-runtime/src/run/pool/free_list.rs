//! Free slots and stacks, to be used again.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A list of at most `limit` free things. The warm ones, which have memory of their own, are at its
/// end, the one that came back last the very last; the others are before them.
pub(super) struct FreeList<T> {
    limit: usize,
    warm_limit: usize,
    list: Mutex<List<T>>,
}

struct List<T> {
    free: Vec<T>,
    /// How many of them are warm.
    warm: usize,
}

impl<T> FreeList<T> {
    /// Keeps at most `limit` things, of which at most `warm_limit` are warm.
    pub(super) fn new(limit: usize, warm_limit: usize) -> Self {
        let (free, warm) = (Vec::new(), 0);
        Self {
            limit,
            warm_limit,
            list: Mutex::new(List { free, warm }),
        }
    }

    /// Takes one, if `choose` finds one; it is told whether the list is full.
    pub(super) fn take(&self, choose: impl FnOnce(&[T], bool) -> Option<usize>) -> Option<T> {
        let mut list = self.lock();
        let List { free, warm } = &mut *list;
        let chosen = choose(free, free.len() >= self.limit)?;
        if chosen >= free.len() {
            return None;
        }
        if chosen >= free.len() - *warm {
            *warm -= 1;
        }
        Some(free.remove(chosen))
    }

    /// Whether one more may be warm.
    pub(super) fn has_room_for_warm(&self) -> bool {
        self.lock().warm < self.warm_limit
    }

    /// Adds one. When there are too many, the coldest is dropped.
    pub(super) fn give(&self, one: T, is_warm: bool) {
        let mut list = self.lock();
        if is_warm {
            list.free.push(one);
            list.warm += 1;
        } else {
            let end = list.free.len() - list.warm;
            list.free.insert(end, one);
        }
        let coldest = (list.free.len() > self.limit).then(|| list.free.remove(0));
        list.warm = list.warm.min(list.free.len());
        // To drop it takes a while, for which nobody else has to wait.
        drop(list);
        drop(coldest);
    }

    /// The list is sound after a panic: nothing that is done to it can panic half way.
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
        list.give(1, true);
        list.give(2, false);
        list.give(3, true);
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
        list.give(1, true);
        list.give(2, false);
        list.give(3, true);
        assert_eq!(
            list.take(|free, is_full| is_full.then(|| free.len() - 1)),
            Some(3)
        );
        assert_eq!(list.take(last), Some(1));
        assert_eq!(list.take(last), None);
        assert!(list.has_room_for_warm());
    }
}
