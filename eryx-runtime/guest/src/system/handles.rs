//! The table of handles: libc refers to every resource by a number. 0 is no handle.

use super::memory::has_room;

/// Resources by handle. A handle is an index into the table, plus one.
pub(crate) struct Handles<R> {
    slots: Vec<Option<R>>,
    free: Vec<u32>,
}

impl<R> Default for Handles<R> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<R> Handles<R> {
    /// Adds a resource and returns its handle, or `None` without memory.
    pub(crate) fn add(&mut self, resource: R) -> Option<u32> {
        let handle = match self.free.pop() {
            Some(handle) => handle,
            None if has_room(4 * size_of_val(&*self.slots)) => {
                self.slots.push(None);
                // So that `remove` needs no memory.
                self.free.reserve(self.slots.len());
                u32::try_from(self.slots.len()).ok()?
            }
            None => return None,
        };
        *self.slots.get_mut(handle as usize - 1)? = Some(resource);
        Some(handle)
    }

    /// Removes a resource and returns it.
    pub(crate) fn remove(&mut self, handle: u32) -> Option<R> {
        let resource = self.slots.get_mut(slot(handle)).and_then(Option::take)?;
        self.free.push(handle);
        Some(resource)
    }

    pub(crate) fn get(&self, handle: u32) -> Option<&R> {
        self.slots.get(slot(handle))?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, handle: u32) -> Option<&mut R> {
        self.slots.get_mut(slot(handle))?.as_mut()
    }
}

/// The index of a handle's slot; that of no handle is beyond the table.
fn slot(handle: u32) -> usize {
    (handle as usize).wrapping_sub(1)
}
