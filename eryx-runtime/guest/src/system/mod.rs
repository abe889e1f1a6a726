//! The operating system of a sandbox: what libc asks of WASI is answered here, inside the sandbox.
//!
//! libc is built for WASI 0.2. `cargo xtask fetch-libs` renames its imports: for
//! `[method]input-stream.read` of `wasi:io/streams`, libc imports
//! `wasi_io_streams_input_stream_read`. Each of these functions is defined in [`wasi`], in the file
//! of its package, with the meaning that WASI gives it.
//!
//! From the top down; no module imports one above it:
//!
//! | module | what it is |
//! |---|---|
//! | [`libc`] | `chdir` and `write`, in place of libc's own |
//! | [`wasi`] | the functions of WASI: they translate between libc and the modules below |
//! | [`state`], [`resource`] | the state of the system, and what handles refer to |
//! | [`fs`] | the file system |
//! | [`net`] | TCP and pipes within the sandbox, and name lookup |
//! | [`handles`], [`ready`], [`clock`] | the table of handles, what can be waited for, the clock |
//! | [`abi`], [`error`], [`memory`], [`host`] | the canonical ABI, WASI's error codes, how much memory is left, calls to the host |
//!
//! Nothing in the state comes from a clock or from randomness, except the times of what a program
//! writes.

mod abi;
mod clock;
mod error;
mod fs;
mod handles;
mod host;
mod libc;
mod memory;
mod net;
mod ready;
mod resource;
mod state;
mod wasi;

use crate::bindings::exports::eryx::sandbox::files::{Entry, File, FileError};
use state::system;

pub(crate) use host::{exit, fill_random};
pub(crate) use libc::enter_home;

/// Adds a tree of files to the file system, in a directory that is made for it.
pub(crate) fn preload(directory: &str, tree: &[File], contents: Vec<u8>) -> Result<(), String> {
    system(|system| system.files.preload(directory, tree, contents.leak()))
}

/// Writes a file, in place of the one that may be there.
pub(crate) fn write_file(path: &str, contents: &[u8]) -> Result<(), FileError> {
    let now = host::wall_now();
    system(|system| fs::host_files::write(&mut system.files, path, contents, now))
}

/// Returns the contents of a file of at most `limit` bytes.
pub(crate) fn return_file(path: &str, limit: u64) -> Result<Vec<u8>, FileError> {
    system(|system| fs::host_files::read(&system.files, path, limit))
}

/// Lists a directory.
pub(crate) fn list_directory(path: &str) -> Result<Vec<Entry>, FileError> {
    system(|system| fs::host_files::list(&system.files, path))
}

/// Removes a file, or a directory and everything in it.
pub(crate) fn remove(path: &str) -> Result<(), FileError> {
    let now = host::wall_now();
    system(|system| fs::host_files::remove(&mut system.files, path, now))
}

/// Lets the monotonic clock continue from where the snapshot stopped it.
pub(crate) fn resume_clock() {
    system(|system| system.clock.resume());
}

/// Calls a function, and discards what is printed meanwhile.
pub(crate) fn discard_output<T>(call: impl FnOnce() -> T) -> T {
    system(|system| system.discards_output = true);
    let result = call();
    system(|system| system.discards_output = false);
    result
}
