//! Bytes of a file in blocks.

use crate::system::error::ErrorCode;
use crate::system::memory::has_room;

/// The size of a block.
const BLOCK: usize = 64 << 10;
/// The largest file: more than linear memory can hold.
const LIMIT: u64 = 1 << 32;

/// The bytes of a file in blocks, so that it grows without being copied and can have holes.
#[derive(Default)]
pub(crate) struct Blocks {
    /// Each stands for `BLOCK` bytes of the file. Bytes beyond the end of a block, or of the last
    /// block, read as 0.
    blocks: Vec<Vec<u8>>,
    size: u64,
}

impl Blocks {
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<usize, ErrorCode> {
        let end = offset.checked_add(bytes.len() as u64);
        if end.is_none_or(|end| end > LIMIT) {
            return Err(ErrorCode::InsufficientSpace);
        }
        let mut written = 0;
        while written < bytes.len() {
            let (index, start) = position(offset + written as u64);
            let count = (BLOCK - start).min(bytes.len() - written);
            match self.block(index, start + count) {
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

    /// Returns the block of an index, grown to `length` bytes at least.
    fn block(&mut self, index: usize, length: usize) -> Result<&mut Vec<u8>, ErrorCode> {
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
                // Small files stay small; the blocks of a large file are soon full.
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

    pub(super) fn read(&self, offset: u64, buffer: &mut [u8]) {
        let mut done = 0;
        while done < buffer.len() {
            let (index, start) = position(offset + done as u64);
            let count = (BLOCK - start).min(buffer.len() - done);
            if let Some(block) = self.blocks.get(index)
                && start < block.len()
            {
                let present = count.min(block.len() - start);
                buffer[done..done + present].copy_from_slice(&block[start..start + present]);
            }
            done += count;
        }
    }

    pub(super) fn resize(&mut self, size: u64) -> Result<(), ErrorCode> {
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

/// Returns the index of an offset's block, and the offset in the block. Exact below [`LIMIT`].
fn position(offset: u64) -> (usize, usize) {
    let block = BLOCK as u64;
    let index = usize::try_from(offset / block).unwrap_or(usize::MAX);
    (index, usize::try_from(offset % block).unwrap_or_default())
}
