//! The network of a sandbox, which ends at its borders: TCP connections to 127.0.0.1.
//!
//! [`tcp`] knows sockets and ports, [`pipe`] carries the bytes of a connection in one direction,
//! [`names`] resolves names.

mod names;
mod pipe;
mod tcp;

pub(crate) use names::Addresses;
pub(crate) use pipe::{CAPACITY, Reader, Writer};
pub(crate) use tcp::{Accepted, Network, Socket};
