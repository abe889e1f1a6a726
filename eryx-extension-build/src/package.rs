//! Step 5, *arrange*: from the files of an archive to what Python will find in `site-packages`,
//! and, apart from it, the native libraries that are linked instead.

use crate::libraries::{self, NativeLibrary};
use crate::lock::Wheel;
use crate::unpack::Files;

/// A package in memory, as it will be installed.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its native libraries; what another needs comes first.
    pub libraries: Vec<NativeLibrary>,
    /// All its other files.
    pub tree: Files,
}

/// Why the files of an archive do not make a package.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A wheel wants to install something outside `site-packages`.
    #[error(
        "{path:?} would be installed outside site-packages, and a sandbox has no such place; \
         build the wheel without it"
    )]
    Outside {
        /// The file.
        path: String,
    },
    /// Two files would be installed at one path.
    #[error("two files would be installed as {path:?}")]
    Clash {
        /// The path in `site-packages`.
        path: String,
    },
    /// A file would be installed where a folder has to be.
    #[error("{path:?} would be installed both as a file and as a folder")]
    FileAndFolder {
        /// The path in `site-packages`.
        path: String,
    },
    /// A wheel that is tagged as pure Python is not.
    #[error("it is tagged as pure Python, and has the native library {path}")]
    NotPure {
        /// The library.
        path: String,
    },
    /// A native library cannot be linked.
    #[error(transparent)]
    Library(#[from] libraries::Error),
}

/// Arranges the files of an archive.
pub fn arrange(wheel: &Wheel, files: Files) -> Result<Package, Error> {
    let mut native = Files::new();
    let mut tree = Files::new();
    for (path, bytes) in files {
        let path = installed_path(&path)?;
        let place = if libraries::is_library(path) {
            &mut native
        } else {
            &mut tree
        };
        if place.insert(path.to_owned(), bytes).is_some() {
            let path = path.to_owned();
            return Err(Error::Clash { path });
        }
    }
    // The archive has no such pair, but names of `site-packages` within it can make one.
    let is_file = |path: &str| tree.contains_key(path) || native.contains_key(path);
    let mut folders = tree.keys().chain(native.keys()).flat_map(|path| {
        let ends = path.match_indices('/');
        ends.map(|(end, _)| &path[..end])
    });
    if let Some(path) = folders.find(|folder| is_file(folder)) {
        let path = path.to_owned();
        return Err(Error::FileAndFolder { path });
    }
    if wheel.is_pure()
        && let Some(path) = native.keys().next()
    {
        let path = path.clone();
        return Err(Error::NotPure { path });
    }
    let libraries = libraries::check(native)?;
    Ok(Package { libraries, tree })
}

/// Where a file of an archive goes in `site-packages`.
///
/// `NAME.data/purelib` and `platlib` are other names for `site-packages` itself. The rest of
/// `NAME.data` goes to places that a sandbox does not have.
fn installed_path(path: &str) -> Result<&str, Error> {
    let Some((_, rest)) = path
        .split_once('/')
        .filter(|(top, _)| top.rsplit_once('.').is_some_and(|(_, end)| end == "data"))
    else {
        return Ok(path);
    };
    match rest.split_once('/') {
        Some(("purelib" | "platlib", rest)) => Ok(rest),
        _ => Err(Error::Outside {
            path: path.to_owned(),
        }),
    }
}
