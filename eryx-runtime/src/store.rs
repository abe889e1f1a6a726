//! Images that were made once, kept in a folder under their keys.
//!
//! An entry appears whole or not at all: it is made under a temporary name and renamed. The folder
//! belongs to the user alone, for what is in it is run as machine code.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use tempfile::TempDir;

use crate::error::ImageError;

/// A folder of kept images.
#[derive(Clone, Debug)]
pub struct ImageStore {
    folder: PathBuf,
}

impl ImageStore {
    /// The store in `eryx/` of the user's cache folder, or in the folder that the environment
    /// variable `ERYX_CACHE_DIR` names.
    ///
    /// # Errors
    ///
    /// If the user has no cache folder.
    pub fn of_user() -> Result<Self, ImageError> {
        if let Some(folder) = std::env::var_os("ERYX_CACHE_DIR").filter(|name| !name.is_empty()) {
            return Ok(Self::at(folder));
        }
        let user = etcetera::choose_base_strategy().map_err(|_| ImageError::NoCacheFolder)?;
        Ok(Self::at(user.cache_dir().join("eryx")))
    }

    /// The store in a folder, which is made when it is needed.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into().join("images"),
        }
    }

    /// The folder of an entry, if it is there.
    pub(crate) fn get(&self, key: &str) -> Option<PathBuf> {
        let entry = self.folder.join(key);
        entry.is_dir().then_some(entry)
    }

    /// Waits until nobody else makes this entry. The lock ends with the file.
    pub(crate) fn lock(&self, key: &str) -> Result<File, ImageError> {
        let path = self.folder.join(format!("{key}.lock"));
        let lock = || {
            make_private(&self.folder)?;
            let mut options = OpenOptions::new();
            let file = options
                .create(true)
                .write(true)
                .truncate(false)
                .open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|source| ImageError::Cache {
            path: path.clone(),
            source,
        })
    }

    /// An empty folder in which an entry can be made.
    pub(crate) fn stage(&self) -> Result<TempDir, ImageError> {
        tempfile::Builder::new()
            .prefix(".making-")
            .tempdir_in(&self.folder)
            .map_err(cannot_use(&self.folder))
    }

    /// Makes a staged folder the entry of a key, in place of what may be there.
    pub(crate) fn put(&self, key: &str, staged: TempDir) -> Result<PathBuf, ImageError> {
        let entry = self.folder.join(key);
        let put = || {
            if entry.exists() {
                // Out of the way first, so that the name never stands for half an entry.
                let old = tempfile::Builder::new()
                    .prefix(".old-")
                    .tempdir_in(&self.folder)?;
                fs::rename(&entry, old.path().join("entry"))?;
            }
            fs::rename(staged.path(), &entry)
        };
        put().map_err(cannot_use(&entry))?;
        // It has another name now, so there is nothing left to remove.
        let _ = staged.keep();
        Ok(entry)
    }
}

/// Makes a folder, and all above it, for this user alone.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The error of a file or folder in a store.
pub(crate) fn cannot_use(path: &Path) -> impl Fn(io::Error) -> ImageError + use<> {
    let path = path.to_owned();
    move |source| ImageError::Cache {
        path: path.clone(),
        source,
    }
}
