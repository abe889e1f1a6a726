//! Sandboxes that tests share.

use std::sync::LazyLock;

use eryx::{Sandbox, SandboxBuilder};
use eryx_test_support::image_cache;

/// Python alone.
pub static BARE: LazyLock<Sandbox> = LazyLock::new(|| build(Sandbox::builder()));
/// Python with the embedded packages, which is numpy.
pub static NUMPY: LazyLock<Sandbox> =
    LazyLock::new(|| build(Sandbox::builder().with_embedded_runtime()));
/// Python with the extension `tiny`.
pub static TINY: LazyLock<Sandbox> =
    LazyLock::new(|| build(Sandbox::builder().with_extension(eryx_ext_tiny::EXTENSION)));

/// Builds a sandbox with the image cache of the tests.
pub fn build(builder: SandboxBuilder) -> Sandbox {
    builder
        .with_cache_dir(image_cache())
        .build()
        .expect("the sandbox is built")
}

/// Adds every sample function that programs attack.
pub fn with_host_functions(sandbox: Sandbox) -> Sandbox {
    use crate::host_functions::{big, echo, fail, panic, slow};

    sandbox
        .with_function(echo())
        .expect("it can be given")
        .with_function(fail())
        .expect("it can be given")
        .with_function(panic())
        .expect("it can be given")
        .with_function(slow())
        .expect("it can be given")
        .with_function(big())
        .expect("it can be given")
}
