//! The error codes that libc knows, with WASI's numbers.

use super::abi::Lower;

/// `error-code` of `wasi:filesystem/types`. libc turns it into an `errno`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ErrorCode {
    BadDescriptor = 3,
    Exist = 7,
    Invalid = 12,
    IsDirectory = 14,
    Loop = 15,
    NameTooLong = 18,
    NoEntry = 20,
    InsufficientMemory = 22,
    InsufficientSpace = 23,
    NotDirectory = 24,
    NotEmpty = 25,
    NotPermitted = 31,
    ReadOnly = 33,
    CrossDevice = 36,
}

/// `error-code` of `wasi:sockets/network`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum NetworkError {
    NotSupported = 2,
    InvalidArgument = 3,
    OutOfMemory = 4,
    NotInProgress = 7,
    WouldBlock = 8,
    InvalidState = 9,
    AddressNotBindable = 11,
    AddressInUse = 12,
    RemoteUnreachable = 13,
    ConnectionRefused = 14,
    NameUnresolvable = 18,
}

/// `stream-error` of `wasi:io/streams`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamError {
    /// The operation failed; the handle is that of an error. libc reports `EIO`.
    Failed(u32),
    /// The stream has ended. libc reports `EPIPE` where it writes.
    Closed,
}

impl Lower for ErrorCode {
    const SIZE: usize = 1;
    const ALIGN: usize = 1;

    unsafe fn lower(self, to: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { to.write(self as u8) }
    }
}

impl Lower for NetworkError {
    const SIZE: usize = 1;
    const ALIGN: usize = 1;

    unsafe fn lower(self, to: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { to.write(self as u8) }
    }
}

impl Lower for StreamError {
    const SIZE: usize = 8;
    const ALIGN: usize = 4;

    unsafe fn lower(self, to: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe {
            match self {
                Self::Failed(error) => {
                    to.write(0);
                    error.lower(to.add(4));
                }
                Self::Closed => to.write(1),
            }
        }
    }
}
