//! The state of the system, and access to it.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::rc::Rc;

use super::clock::MonotonicClock;
use super::error::ErrorCode;
use super::fs::FileSystem;
use super::handles::Handles;
use super::net::{Network, Socket};
use super::resource::{Descriptor, Resource};

/// Everything that the system remembers.
#[derive(Default)]
pub(crate) struct System {
    pub(super) files: FileSystem,
    pub(super) handles: Handles<Resource>,
    pub(super) network: Network,
    pub(super) clock: MonotonicClock,
    /// Whether the last write failed for lack of memory.
    pub(super) is_full: bool,
    /// Whether output to the host is discarded.
    pub(super) discards_output: bool,
}

impl System {
    /// Adds a resource and returns its handle, or `None` without memory.
    pub(super) fn add(&mut self, resource: Resource) -> Option<u32> {
        let inode = resource.inode();
        let handle = self.handles.add(resource)?;
        if let Some(inode) = inode {
            self.files.open(inode);
        }
        Some(handle)
    }

    /// Adds a resource for a function of `wasi:filesystem`.
    pub(super) fn open(&mut self, resource: Resource) -> Result<u32, ErrorCode> {
        self.add(resource).ok_or(ErrorCode::InsufficientMemory)
    }

    /// Drops the resource of a handle.
    pub(super) fn close(&mut self, handle: u32) {
        let resource = self.handles.remove(handle);
        if let Some(inode) = resource.and_then(|resource| resource.inode()) {
            self.files.close(inode);
        }
    }

    /// The open file or directory of a handle.
    pub(super) fn descriptor(&self, handle: u32) -> Result<Descriptor, ErrorCode> {
        match self.handles.get(handle) {
            Some(Resource::Descriptor(descriptor)) => Ok(*descriptor),
            _ => Err(ErrorCode::BadDescriptor),
        }
    }

    /// The socket of a handle.
    pub(super) fn socket(&self, handle: u32) -> Option<Rc<RefCell<Socket>>> {
        match self.handles.get(handle) {
            Some(Resource::Socket(socket)) => Some(Rc::clone(socket)),
            _ => None,
        }
    }
}

/// Calls a function with the state. The function must not call this one.
///
/// libc asks for some things as soon as it is instantiated, before any other code of this library
/// has run. So the state is created by the first call.
pub(super) fn system<T>(with: impl FnOnce(&mut System) -> T) -> T {
    thread_local! {
        // Never dropped: libc still calls when everything else has been.
        static SYSTEM: ManuallyDrop<RefCell<System>> = ManuallyDrop::default();
    }
    SYSTEM.with(|system| with(&mut system.borrow_mut()))
}

/// Drops the resource of a handle.
pub(super) fn close(handle: u32) {
    system(|system| system.close(handle));
}
