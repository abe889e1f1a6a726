//! The bytes of libraries and files: plain, or compressed until they are needed. Each carries the
//! SHA-256 of the plain bytes.

use std::borrow::Cow;

use eryx_artifact::Digest;
use eryx_extension::File;
use flate2::{Decompress, FlushDecompress, Status};
use ruzstd::decoding::FrameDecoder;

use crate::error::ImageError;

/// A zstd-compressed file that is embedded in this crate.
#[derive(Clone, Copy)]
pub struct Compressed {
    /// The file name.
    pub name: &'static str,
    /// The compressed bytes: one zstd frame, or nothing for an empty file.
    pub zstd: &'static [u8],
    /// The decompressed size in bytes.
    pub size: usize,
    /// The SHA-256 of the decompressed bytes.
    pub sha256: [u8; 32],
}

impl Compressed {
    /// Decompresses the file.
    ///
    /// # Errors
    ///
    /// [`ImageError::Damaged`] if the decompressed bytes do not have the stated size and digest.
    /// Files of [`base`](crate::base) fail only if the running program is damaged.
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
    /// Omits the bytes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compressed")
            .field("name", &self.name)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// The bytes of a library or file.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    /// A compressed file of an extension crate.
    Extension(File),
    /// Plain bytes.
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
    // The buffer has one spare byte: it shows output beyond the stated size, and `decompress_vec`
    // needs a non-empty buffer to reach the end of an empty stream.
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
