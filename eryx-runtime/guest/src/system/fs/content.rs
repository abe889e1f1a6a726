//! The contents of a file.

use super::blocks::Blocks;
use crate::system::error::ErrorCode;

/// The contents of a file.
pub(crate) enum Content {
    /// Preloaded: a slice of one large block that holds all files of a tree.
    Preloaded(&'static [u8]),
    /// Written by a program or by the host.
    Written(Blocks),
}

impl Content {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Preloaded(bytes) => bytes.len() as u64,
            Self::Written(blocks) => blocks.size(),
        }
    }

    /// How many bytes follow an offset, at most `limit`.
    pub(crate) fn available(&self, offset: u64, limit: u64) -> usize {
        let available = self.size().saturating_sub(offset).min(limit);
        usize::try_from(available).unwrap_or(usize::MAX)
    }

    /// Copies the bytes from `offset` on into a zeroed buffer that is no longer than what is
    /// available there.
    pub(crate) fn read(&self, offset: u64, buffer: &mut [u8]) {
        match self {
            Self::Preloaded(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let bytes = bytes.get(start..);
                if let Some(bytes) = bytes.and_then(|bytes| bytes.get(..buffer.len())) {
                    buffer.copy_from_slice(bytes);
                }
            }
            Self::Written(blocks) => blocks.read(offset, buffer),
        }
    }

    /// Writes bytes at an offset and returns how many: fewer than all where memory ends, but at
    /// least one.
    pub(crate) fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<usize, ErrorCode> {
        match self {
            Self::Preloaded(_) => Err(ErrorCode::ReadOnly),
            Self::Written(blocks) => blocks.write(offset, bytes),
        }
    }

    /// Cuts the contents, or extends them with zero bytes.
    pub(crate) fn resize(&mut self, size: u64) -> Result<(), ErrorCode> {
        match self {
            Self::Preloaded(_) => Err(ErrorCode::ReadOnly),
            Self::Written(blocks) => blocks.resize(size),
        }
    }
}
