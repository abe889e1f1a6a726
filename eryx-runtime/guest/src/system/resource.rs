//! What libc holds handles to.

use std::cell::RefCell;
use std::rc::Rc;

use super::fs::InodeId;
use super::host;
use super::net::{Addresses, Reader, Socket, Writer};
use super::ready::Pollable;

/// The object behind a handle.
pub(crate) enum Resource {
    /// An open file or directory.
    Descriptor(Descriptor),
    /// A directory that is being listed.
    Listing(Listing),
    Input(Input),
    Output(Output),
    Pollable(Pollable),
    Socket(Rc<RefCell<Socket>>),
    /// The result of a name lookup.
    Addresses(Addresses),
    /// The error of a stream. It has no details.
    Error,
    /// The network that sockets are created in. There is one.
    Network,
}

/// A `descriptor` of `wasi:filesystem/types`.
#[derive(Clone, Copy)]
pub(crate) struct Descriptor {
    pub(crate) inode: InodeId,
    /// `descriptor-flags` of `wasi:filesystem/types`.
    pub(crate) flags: u8,
}

/// A `directory-entry-stream` of `wasi:filesystem/types`.
pub(crate) struct Listing {
    pub(crate) directory: InodeId,
    /// The name that was listed last.
    pub(crate) last: Option<Box<[u8]>>,
}

/// An `input-stream`: where its bytes come from.
pub(crate) enum Input {
    Host,
    File { inode: InodeId, offset: u64 },
    Pipe(Reader),
}

/// An `output-stream`: where its bytes go.
pub(crate) enum Output {
    Host(host::Output),
    File {
        inode: InodeId,
        /// Where the next bytes go; without an offset, to the end of the file.
        offset: Option<u64>,
    },
    Pipe(Writer),
}

impl Resource {
    /// The inode that it keeps open.
    pub(crate) fn inode(&self) -> Option<InodeId> {
        match self {
            Self::Descriptor(Descriptor { inode, .. })
            | Self::Listing(Listing {
                directory: inode, ..
            })
            | Self::Input(Input::File { inode, .. })
            | Self::Output(Output::File { inode, .. }) => Some(*inode),
            _ => None,
        }
    }
}
