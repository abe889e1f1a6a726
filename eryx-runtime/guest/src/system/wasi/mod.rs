//! The functions of WASI that libc imports, one file for each package of WASI.
//!
//! They translate arguments and results between libc and the modules below, and hold no state.

mod cli;
mod clocks;
mod filesystem;
mod io;
mod random;
mod sockets;
mod unsupported;
