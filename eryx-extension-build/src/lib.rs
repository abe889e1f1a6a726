//! For build scripts of eryx extension crates.
