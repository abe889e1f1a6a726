//! Bytes that an image is made of: at hand, or compressed until they are needed; known by their
//! digest either way.

use std::borrow::Cow;

use eryx_artifact::Digest;
use eryx_extension::File;
use flate2::{Decompress, FlushDecompress, Status};
use ruzstd::decoding::FrameDecoder;

use crate::error::ImageError;

/// A file that is carried compressed.
#[derive(Clone, Copy)]
pub struct Compressed {
    /// Its file name.
    pub name: &'static str,
    /// Its bytes, as one zstd frame.
    pub zstd: &'static [u8],
    /// Its size when decompressed, in bytes.
    pub size: usize,
    /// The SHA-256 of its decompressed bytes.
    pub sha256: [u8; 32],
}

impl Compressed {
    /// Decompresses the file.
    ///
    /// # Errors
    ///
    /// If this is not one zstd frame of bytes of the stated size and digest, which can only be so
    /// in a program whose constants were changed.
    pub fn load(&self) -> Result<Vec<u8>, ImageError> {
        let damaged = || ImageError::Damaged {
            file: self.name.to_owned(),
        };
        if self.zstd.is_empty() && self.size == 0 {
            return Ok(Vec::new());
        }
        let mut bytes = Vec::with_capacity(self.size);
        FrameDecoder::new()
            .decode_all_to_vec(self.zstd, &mut bytes)
            .map_err(|_| damaged())?;
        if bytes.len() != self.size || *Digest::of(&bytes).as_bytes() != self.sha256 {
            return Err(damaged());
        }
        Ok(bytes)
    }
}

impl std::fmt::Debug for Compressed {
    /// Without the bytes, which nobody wants in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compressed")
            .field("name", &self.name)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Bytes, or a way to them.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Extension(File),
    Plain { bytes: Vec<u8>, sha256: Digest },
}

impl Data {
    pub(crate) fn plain(bytes: Vec<u8>) -> Self {
        let sha256 = Digest::of(&bytes);
        Self::Plain { bytes, sha256 }
    }

    pub(crate) fn sha256(&self) -> Digest {
        match self {
            Self::Extension(file) => Digest::from_bytes(file.sha256),
            Self::Plain { sha256, .. } => *sha256,
        }
    }

    pub(crate) fn load(&self) -> Result<Cow<'_, [u8]>, ImageError> {
        match self {
            Self::Extension(file) => inflate(file).map(Cow::Owned),
            Self::Plain { bytes, .. } => Ok(Cow::Borrowed(bytes)),
        }
    }
}

/// Decompresses a file of an extension crate.
fn inflate(file: &File) -> Result<Vec<u8>, ImageError> {
    let damaged = || ImageError::Damaged {
        file: file.path.to_owned(),
    };
    let size = usize::try_from(file.size).map_err(|_| damaged())?;
    // One byte more than promised: to see that there is none, and for the end of an empty file.
    let mut bytes = Vec::with_capacity(size.saturating_add(1));
    let status = Decompress::new(false)
        .decompress_vec(file.deflate, &mut bytes, FlushDecompress::Finish)
        .map_err(|_| damaged())?;
    if status != Status::StreamEnd
        || bytes.len() != size
        || *Digest::of(&bytes).as_bytes() != file.sha256
    {
        return Err(damaged());
    }
    Ok(bytes)
}
