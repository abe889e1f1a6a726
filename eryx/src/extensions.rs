//! The extensions whose Cargo features are enabled.

use eryx_extension::Extension;

include!(concat!(env!("OUT_DIR"), "/extensions.rs"));

/// Returns the extensions whose Cargo features are enabled, sorted by name.
///
/// [`with_embedded_runtime`](crate::SandboxBuilder::with_embedded_runtime) adds them to a sandbox.
///
/// ```
/// for extension in eryx::extensions() {
///     println!("{} {}", extension.name, extension.version);
/// }
/// ```
pub fn extensions() -> &'static [Extension] {
    EMBEDDED
}
