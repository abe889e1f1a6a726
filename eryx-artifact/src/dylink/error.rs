//! The error of the reader, which exists without the reader as well.

/// Why bytes are not a shared library.
///
/// The text completes a sentence that begins with the library.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SharedLibraryError {
    /// They are not WebAssembly.
    #[error("is {found}, not a WebAssembly module; eryx takes libraries built for wasm32-wasi")]
    NotWebAssembly {
        /// What they seem to be: `an ELF library for Linux or another Unix`.
        found: &'static str,
    },
    /// They are a component.
    #[error(
        "is a WebAssembly component, not a core module; \
         take the `.so` that `wasm-ld -shared` made"
    )]
    Component,
    /// They are a core module without a `dylink.0` section.
    #[error(
        "has no `dylink.0` section, so it is not a shared library; link it with `wasm-ld -shared`"
    )]
    NotShared,
    /// They are no well-formed module.
    #[error("is not a valid WebAssembly module: {reason}")]
    Invalid {
        /// What is wrong, and where.
        reason: String,
    },
}
