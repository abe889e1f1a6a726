//! Bytes that an image is made of: at hand, or compressed until they are needed; known by their
//! digest either way.

use std::borrow::Cow;
use std::hash::Hasher;

use eryx_extension::File;
use flate2::{Decompress, FlushDecompress, Status};
use ruzstd::decoding::FrameDecoder;
use sha2::{Digest as _, Sha256};

use crate::error::ImageError;

/// The SHA-256 of some bytes.
pub(crate) type Digest = [u8; 32];

/// The SHA-256 of `bytes`.
pub(crate) fn digest(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

/// The SHA-256 of a list: of each part with its length, so that no two lists read the same.
#[derive(Default)]
pub(crate) struct Parts(Sha256);

impl Parts {
    /// Adds how many parts come next.
    pub(crate) fn count(&mut self, count: usize) {
        self.0.update((count as u64).to_le_bytes());
    }

    /// Adds some bytes.
    pub(crate) fn part(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }

    pub(crate) fn digest(self) -> Digest {
        self.0.finalize().into()
    }
}

/// For what can only be hashed as Rust's collections do it.
impl Hasher for Parts {
    fn write(&mut self, bytes: &[u8]) {
        self.part(bytes);
    }

    fn finish(&self) -> u64 {
        0 // nobody asks: the digest is taken from what was written
    }
}

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
        if bytes.len() != self.size || digest(&bytes) != self.sha256 {
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
        let sha256 = digest(&bytes);
        Self::Plain { bytes, sha256 }
    }

    pub(crate) fn sha256(&self) -> &Digest {
        match self {
            Self::Extension(file) => &file.sha256,
            Self::Plain { sha256, .. } => sha256,
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
    if status != Status::StreamEnd || bytes.len() != size || digest(&bytes) != file.sha256 {
        return Err(damaged());
    }
    Ok(bytes)
}
