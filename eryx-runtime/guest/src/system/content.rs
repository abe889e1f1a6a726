//! What is in a file.

use super::abi::has_room;
use super::error::ErrorCode;

/// The size of a block of a file that a program writes.
const BLOCK: usize = 64 << 10;
/// No file can be longer: more than linear memory can hold.
const LIMIT: u64 = 1 << 32;

/// What is in a file.
pub(crate) enum Content {
    /// Loaded before any program ran; a part of one large block with other files of its tree.
    Loaded(&'static [u8]),
    /// Written by a program.
    Written(Blocks),
}

/// Bytes in blocks, so that a file can grow without being copied, and have holes.
#[derive(Default)]
pub(crate) struct Blocks {
    /// Each for `BLOCK` bytes of the file. What a block is too short for, or what is beyond the
    /// last of them, reads as 0.
    blocks: Vec<Vec<u8>>,
    size: u64,
}

impl Content {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Loaded(bytes) => bytes.len() as u64,
            Self::Written(blocks) => blocks.size,
        }
    }

    /// How many bytes there are from a place on, at most `most`.
    pub(crate) fn available(&self, offset: u64, most: u64) -> usize {
        let available = self.size().saturating_sub(offset).min(most);
        usize::try_from(available).unwrap_or(usize::MAX)
    }

    /// Copies the bytes from `offset` on into `to`, which is 0 and no longer than what is there.
    pub(crate) fn read(&self, offset: u64, to: &mut [u8]) {
        match self {
            Self::Loaded(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                if let Some(from) = bytes.get(start..).and_then(|bytes| bytes.get(..to.len())) {
                    to.copy_from_slice(from);
                }
            }
            Self::Written(blocks) => blocks.read(offset, to),
        }
    }

    /// Writes bytes at a place, and says how many: less than all where memory ends, but not none.
    pub(crate) fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<usize, ErrorCode> {
        match self {
            Self::Loaded(_) => Err(ErrorCode::ReadOnly),
            Self::Written(blocks) => blocks.write(offset, bytes),
        }
    }

    /// Makes it so long; what is added is 0.
    pub(crate) fn resize(&mut self, size: u64) -> Result<(), ErrorCode> {
        match self {
            Self::Loaded(_) => Err(ErrorCode::ReadOnly),
            Self::Written(blocks) => blocks.resize(size),
        }
    }
}

impl Blocks {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<usize, ErrorCode> {
        let end = offset.checked_add(bytes.len() as u64);
        if end.is_none_or(|end| end > LIMIT) {
            return Err(ErrorCode::InsufficientSpace);
        }
        let mut written = 0;
        while written < bytes.len() {
            let (index, start) = position(offset + written as u64);
            let count = (BLOCK - start).min(bytes.len() - written);
            match self.reach(index, start + count) {
                Ok(block) => {
                    block[start..start + count].copy_from_slice(&bytes[written..written + count]);
                }
                Err(error) if written == 0 => return Err(error),
                Err(_) => break,
            }
            written += count;
            self.size = self.size.max(offset + written as u64);
        }
        Ok(written)
    }

    /// The block of an index, with so many bytes at least.
    fn reach(&mut self, index: usize, length: usize) -> Result<&mut Vec<u8>, ErrorCode> {
        let no_space = |_| ErrorCode::InsufficientSpace;
        if index >= self.blocks.len() {
            let more = index + 1 - self.blocks.len();
            if !has_room(more.saturating_mul(2 * size_of::<Vec<u8>>())) {
                return Err(ErrorCode::InsufficientSpace);
            }
            self.blocks.try_reserve(more).map_err(no_space)?;
            self.blocks.resize_with(index + 1, Vec::new);
        }
        let block = self
            .blocks
            .get_mut(index)
            .ok_or(ErrorCode::InsufficientSpace)?;
        if block.len() < length {
            if block.capacity() < length {
                // Small files stay small; the blocks of a large one are soon whole.
                let capacity = length.next_power_of_two().clamp(64, BLOCK);
                if !has_room(capacity) {
                    return Err(ErrorCode::InsufficientSpace);
                }
                let more = capacity - block.len();
                block.try_reserve_exact(more).map_err(no_space)?;
            }
            block.resize(length, 0);
        }
        Ok(block)
    }

    fn read(&self, offset: u64, to: &mut [u8]) {
        let mut done = 0;
        while done < to.len() {
            let (index, start) = position(offset + done as u64);
            let count = (BLOCK - start).min(to.len() - done);
            if let Some(block) = self.blocks.get(index)
                && start < block.len()
            {
                let there = count.min(block.len() - start);
                to[done..done + there].copy_from_slice(&block[start..start + there]);
            }
            done += count;
        }
    }

    fn resize(&mut self, size: u64) -> Result<(), ErrorCode> {
        if size > LIMIT {
            return Err(ErrorCode::InsufficientSpace);
        }
        if size < self.size {
            let (index, rest) = position(size);
            self.blocks.truncate(index + usize::from(rest > 0));
            if let Some(block) = self.blocks.get_mut(index) {
                block.truncate(rest);
                block.shrink_to_fit();
            }
        }
        self.size = size;
        Ok(())
    }
}

/// The block of a place in a file, and the place in the block. Below [`LIMIT`] it is exact.
fn position(offset: u64) -> (usize, usize) {
    let block = BLOCK as u64;
    let index = usize::try_from(offset / block).unwrap_or(usize::MAX);
    (index, usize::try_from(offset % block).unwrap_or_default())
}
