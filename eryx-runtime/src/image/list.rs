//! The images in a store.

use std::fs::File;
use std::time::SystemTime;

use super::manifest::Manifest;
use crate::error::ImageError;
use crate::store::sealed_file::Sealed;
use crate::store::{ImageStore, Kind};

/// An image in a store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CachedImage {
    /// Its [id](crate::Image::id).
    pub id: String,
    /// The packages in it, by name and version, and the modules imported beforehand. Empty if the
    /// file is not readable as an image of this version.
    pub contents: String,
    /// The size of its file, in bytes.
    pub size: u64,
    /// When it was last made or loaded.
    pub last_used: SystemTime,
}

impl ImageStore {
    /// The images in the store, the one used last first.
    ///
    /// # Errors
    ///
    /// If others can write to the directory.
    pub fn list(&self) -> Result<Vec<CachedImage>, ImageError> {
        self.check()?;
        let images = self.entries(Kind::Image).into_iter().map(|listed| {
            let sealed = self.entry(Kind::Image, &listed.key);
            let sealed = sealed.and_then(File::open).ok();
            let sealed = sealed.and_then(|file| Sealed::open(file).ok()?.ok());
            let manifest = sealed.and_then(|sealed| Manifest::parse(&sealed.text));
            CachedImage {
                id: listed.key,
                contents: manifest.map(|it| it.contents).unwrap_or_default(),
                size: listed.size,
                last_used: listed.last_used,
            }
        });
        Ok(images.collect())
    }
}
