//! The cache key of an image: a hash of everything that determines its contents.

use eryx_artifact::PartsHasher;

use super::base;
use super::recipe::{CopiedDirectory, Package};

/// A hash of this crate's sources and of the versions of the crates that link. The build script
/// computes it, so a change of either makes every cached image a miss.
const SOURCES: &str = env!("ERYX_SOURCES_SHA256");

/// Computes the cache key of an image: 64 hexadecimal digits.
///
/// The hash covers this crate's sources, the compiler's identity (version, settings and target),
/// the path and digest of every library, the digest of every file tree, and the preimports.
pub(crate) fn cache_key(
    compiler: &str,
    packages: &[&Package],
    directories: &[CopiedDirectory],
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
        // The name is left out: for a directory it is the host path, which is not in the image.
        key.count(package.preimport.len());
        key.part(package.files_sha256().as_bytes());
        key.count(package.libraries.len());
        for (path, data) in &package.libraries {
            key.part(path.as_bytes());
            key.part(data.sha256().as_bytes());
        }
    }
    key.count(directories.len());
    for directory in directories {
        key.part(directory.path.as_bytes());
        key.part(directory.sha256.as_bytes());
    }
    for module in preimports {
        key.part(module.as_bytes());
    }
    key.digest().to_string()
}
