//! The interfaces of `wit/world.wit`, as `wit-bindgen` generates them: what the guest library
//! imports from its host, and what it exports.
#![expect(
    clippy::same_length_and_capacity,
    reason = "the canonical ABI passes a list without its capacity"
)]

wit_bindgen::generate!({ path: "../wit", world: "sandbox" });
