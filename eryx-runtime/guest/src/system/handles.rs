//! What libc holds handles to. A handle is an index into one table; 0 is none.

use std::cell::RefCell;
use std::rc::Rc;

use super::abi::has_room;
use super::error::ErrorCode;
use super::nodes::{FileSystem, NodeId};
use super::pipes::{Reader, Writer};
use super::poll::Pollable;
use super::resolver::Answers;
use super::sockets::Socket;
use crate::eryx::sandbox::host;

/// What a handle stands for.
pub(crate) enum Resource {
    /// An open file or directory.
    Descriptor(Descriptor),
    /// A directory that is being listed.
    Listing(Listing),
    Input(Input),
    Output(Output),
    Pollable(Pollable),
    Socket(Rc<RefCell<Socket>>),
    /// The answers to a look-up of a name.
    Answers(Answers),
    /// Why a stream failed. Nothing more is known of it than that.
    Error,
    /// The network that sockets are made in. There is one.
    Network,
}

#[derive(Clone, Copy)]
pub(crate) struct Descriptor {
    pub(crate) node: NodeId,
    /// `descriptor-flags` of `wasi:filesystem/types`.
    pub(crate) flags: u8,
}

pub(crate) struct Listing {
    pub(crate) directory: NodeId,
    /// The name that was listed last.
    pub(crate) last: Option<Box<[u8]>>,
}

/// Where bytes come from.
pub(crate) enum Input {
    Host,
    File {
        node: NodeId,
        offset: u64,
    },
    Pipe(Reader),
}

/// Where bytes go.
pub(crate) enum Output {
    Host(host::Output),
    /// Without an offset, to the file's end.
    File {
        node: NodeId,
        offset: Option<u64>,
    },
    Pipe(Writer),
}

impl Resource {
    /// The node that it keeps.
    fn node(&self) -> Option<NodeId> {
        match self {
            Self::Descriptor(Descriptor { node, .. })
            | Self::Listing(Listing {
                directory: node, ..
            })
            | Self::Input(Input::File { node, .. })
            | Self::Output(Output::File { node, .. }) => Some(*node),
            _ => None,
        }
    }
}

#[derive(Default)]
pub(crate) struct Handles {
    slots: Vec<Option<Resource>>,
    free: Vec<u32>,
}

impl Handles {
    /// A handle to something new. Nothing if there is no memory.
    pub(crate) fn add(&mut self, files: &mut FileSystem, resource: Resource) -> Option<u32> {
        let node = resource.node();
        let handle = match self.free.pop() {
            Some(handle) => handle,
            None if has_room(4 * size_of_val(&*self.slots)) => {
                self.slots.push(None);
                // To give it up must not want memory.
                self.free.reserve(self.slots.len());
                u32::try_from(self.slots.len()).ok()?
            }
            None => return None,
        };
        *self.slots.get_mut(handle as usize - 1)? = Some(resource);
        if let Some(node) = node {
            files.open(node);
        }
        Some(handle)
    }

    /// Gives a handle up.
    pub(crate) fn remove(&mut self, files: &mut FileSystem, handle: u32) {
        let slot = (handle as usize).wrapping_sub(1);
        let Some(resource) = self.slots.get_mut(slot).and_then(Option::take) else {
            return;
        };
        self.free.push(handle);
        if let Some(node) = resource.node() {
            files.close(node);
        }
    }

    pub(crate) fn get(&self, handle: u32) -> Option<&Resource> {
        self.slots.get((handle as usize).wrapping_sub(1))?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, handle: u32) -> Option<&mut Resource> {
        let slot = (handle as usize).wrapping_sub(1);
        self.slots.get_mut(slot)?.as_mut()
    }

    pub(crate) fn descriptor(&self, handle: u32) -> Result<Descriptor, ErrorCode> {
        match self.get(handle) {
            Some(Resource::Descriptor(descriptor)) => Ok(*descriptor),
            _ => Err(ErrorCode::BadDescriptor),
        }
    }

    pub(crate) fn socket(&self, handle: u32) -> Option<Rc<RefCell<Socket>>> {
        match self.get(handle) {
            Some(Resource::Socket(socket)) => Some(Rc::clone(socket)),
            _ => None,
        }
    }
}
