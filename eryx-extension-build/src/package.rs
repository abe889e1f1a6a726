//! Step 5, *package*: from the files of an archive to what goes into `site-packages`, with the
//! native libraries, which are linked and not loaded from files, apart from the rest.

use eryx_artifact::library_name::is_native_library;
use eryx_artifact::package_path::parents;

use crate::emit::Streams;
use crate::libraries::{self, NativeLibrary};
use crate::lock::Wheel;
use crate::unpack::{self, Files};

/// A package in memory, as it will be installed.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its native libraries, each after those it needs.
    pub libraries: Vec<NativeLibrary>,
    /// All its other files.
    pub tree: Files,
}

/// Why the files of an archive do not make a package.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A wheel installs something outside `site-packages`.
    #[error(
        "{path:?} would be installed outside site-packages, which a sandbox does not have; \
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
    /// A file would be installed where a directory has to be.
    #[error("{path:?} would be installed both as a file and as a directory")]
    FileAndDirectory {
        /// The path in `site-packages`.
        path: String,
    },
    /// A wheel that is tagged as pure Python has a native library.
    #[error("it is tagged as pure Python, and has the native library {path}")]
    NotPure {
        /// The library.
        path: String,
    },
    /// A native library cannot be linked.
    #[error(transparent)]
    Library(#[from] libraries::Error),
}

impl Package {
    /// Makes a package from the files of an archive.
    pub fn from_files(wheel: &Wheel, files: Files) -> Result<Self, Error> {
        let mut native = Files::new();
        let mut tree = Files::new();
        for (path, bytes) in files {
            let path = installed_path(&path)?;
            let group = if is_native_library(path) {
                &mut native
            } else {
                &mut tree
            };
            if group.insert(path.to_owned(), bytes).is_some() {
                let path = path.to_owned();
                return Err(Error::Clash { path });
            }
        }
        // The archive has no such pair, but the two names of `site-packages` can make one.
        let is_file = |path: &str| tree.contains_key(path) || native.contains_key(path);
        let paths = tree.keys().chain(native.keys());
        let conflict = paths
            .flat_map(|path| parents(path))
            .find(|directory| is_file(directory))
            .map(str::to_owned);
        if let Some(path) = conflict {
            return Err(Error::FileAndDirectory { path });
        }
        if wheel.is_pure()
            && let Some(path) = native.keys().next()
        {
            let path = path.clone();
            return Err(Error::NotPure { path });
        }
        let libraries = libraries::check_and_sort(native)?;
        Ok(Self { libraries, tree })
    }
}

/// The DEFLATE streams that an archive has of its files: all, if it was made as wheels are.
///
/// The archive must be one from which a package was made: only then was each stream read.
pub fn streams<'a>(wheel: &Wheel, archive: &'a [u8]) -> Streams<'a> {
    let streams = unpack::streams(archive, wheel.format).into_iter();
    let installed =
        streams.filter_map(|(path, stream)| Some((installed_path(&path).ok()?.to_owned(), stream)));
    installed.collect()
}

/// Where a file of an archive is installed in `site-packages`.
///
/// `NAME.data/purelib` and `NAME.data/platlib` are other names for `site-packages` itself. The rest
/// of `NAME.data` is for directories that a sandbox does not have.
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
