//! The names of `wit/world.wit`, as the modules of an image have them. The build script reads them there.
#![allow(
    dead_code,
    reason = "the host's functions have theirs without the interface, and without `build` nothing boots"
)]

include!(concat!(env!("OUT_DIR"), "/world.rs"));
