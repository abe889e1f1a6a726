//! The name under which an image is kept: a hash over all that it is made of.

use eryx_artifact::PartsHasher;

use super::base;
use super::recipe::{Folder, Package};

/// A hash of the sources that make images, and of the linker's version: an image that was made by
/// others is never taken for one of these. The build script works it out.
const SOURCES: &str = env!("ERYX_SOURCES_SHA256");

/// The key of an image, as 64 hexadecimal digits.
///
/// In it are our own sources, the compiler's identity (its version, settings, and what it compiles
/// for), and the path and digest of every library and tree.
pub(crate) fn cache_key(
    compiler: &str,
    packages: &[&Package],
    folders: &[Folder],
    preimports: &[String],
) -> String {
    let mut key = PartsHasher::default();
    key.part(env!("CARGO_PKG_VERSION").as_bytes());
    key.part(SOURCES.as_bytes());
    key.part(compiler.as_bytes());
    for library in base::libraries().iter().chain([base::stdlib()]) {
        key.part(library.name.as_bytes());
        key.part(&library.sha256);
    }
    for package in packages {
        // Not its name, which is where a folder lies: that changes nothing in the image.
        key.count(package.preimport.len());
        key.part(package.files_sha256().as_bytes());
        key.count(package.libraries.len());
        for (path, data) in &package.libraries {
            key.part(path.as_bytes());
            key.part(data.sha256().as_bytes());
        }
    }
    key.count(folders.len());
    for folder in folders {
        key.part(folder.path.as_bytes());
        key.part(folder.sha256.as_bytes());
    }
    for module in preimports {
        key.part(module.as_bytes());
    }
    key.digest().to_string()
}
