//! Saving an image to a single file; [`file`](super::file) describes the format.

use std::path::Path;

use eryx_artifact::AtomicFile;

use super::file::PARTS;
use super::{Image, engine_error};
use crate::error::ImageError;
use crate::store::sealed_file;

/// The alignment of the snapshot in the file, in bytes.
const ALIGNMENT: usize = 64 << 10;

impl Image {
    /// Writes the image to a file, which [`Image::load`] loads on any machine of the same
    /// architecture and operating system. Replaces an existing file atomically.
    ///
    /// ```no_run
    /// # fn example(image: &eryx_runtime::Image) -> Result<(), eryx_runtime::ImageError> {
    /// image.save("sandbox.eryx")
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the file cannot be written; an existing file is then unchanged.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ImageError> {
        let path = path.as_ref();
        let modules = &self.template.modules;
        let state = self.template.state.as_ref();
        let memory = state.map_or(&[][..], |state| state.memory.bytes());
        let mut payload = modules.base.bytes().map_err(engine_error)?;
        pad(&mut payload);
        let memory_start = payload.len();
        payload.extend_from_slice(memory);
        let memory_end = payload.len();
        if let Some(extensions) = &modules.extensions {
            payload.extend(extensions.bytes().map_err(engine_error)?);
        }
        let text = format!(
            "{}{PARTS}{memory_start} {memory_end} {}\n",
            self.manifest,
            payload.len()
        );
        // On the machine where it is deployed, programs of other users may load it.
        AtomicFile::new()
            .prefix(".eryx-image-")
            .readable_by_all()
            .durable()
            .write_with(path, |file| sealed_file::write(file, &payload, &text))
            .map_err(|source| ImageError::Write {
                path: path.to_owned(),
                source,
            })
    }
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
}
