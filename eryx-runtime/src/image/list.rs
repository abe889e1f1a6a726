//! Listing the images in a store.

use std::fs::File;
use std::time::SystemTime;

use super::manifest::Manifest;
use crate::error::ImageError;
use crate::store::sealed_file::Sealed;
use crate::store::{ImageStore, Kind};

/// An image in a store; [`ImageStore::list`] returns it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CachedImage {
    /// The [id](crate::Image::id).
    pub id: String,
    /// The packages with their versions, the copied directories and the preimported modules, in one
    /// line. Empty if the file is not an image of this version of eryx.
    pub contents: String,
    /// The size of the file in bytes: the memory snapshot, without the shared machine code.
    pub size: u64,
    /// The time at which the image was last built or loaded.
    pub last_used: SystemTime,
}

impl ImageStore {
    /// Lists the images in the store, the most recently used first.
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
                contents: manifest.map_or_else(String::new, |it| it.contents),
                size: listed.size,
                last_used: listed.last_used,
            }
        });
        Ok(images.collect())
    }
}
