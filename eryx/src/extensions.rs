//! The extensions whose features are on.

use eryx_extension::Extension;

include!(concat!(env!("OUT_DIR"), "/extensions.rs"));

/// The extensions whose features are on, by name: what
/// [`with_embedded_runtime`](crate::SandboxBuilder::with_embedded_runtime) puts into a sandbox.
///
/// ```
/// for extension in eryx::extensions() {
///     println!("{} {}", extension.name, extension.version);
/// }
/// ```
pub fn extensions() -> &'static [Extension] {
    EMBEDDED
}
