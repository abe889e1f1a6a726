//! Reading and writing what an inode holds.

use super::inode::{Device, InodeId, Kind};
use super::tree::FileSystem;
use crate::system::abi::Bytes;
use crate::system::error::ErrorCode;
use crate::system::host::fill_random;

/// The most bytes that a read returns where the end is far or unknown.
const PIECE: usize = 64 << 10;

impl FileSystem {
    /// Reads at most `limit` bytes from an offset on. Returns no bytes at the end.
    pub(crate) fn read(&self, inode: InodeId, offset: u64, limit: u64) -> Result<Bytes, ErrorCode> {
        let piece = || usize::try_from(limit).unwrap_or(PIECE).min(PIECE);
        let bytes = match &self.inode(inode)?.kind {
            Kind::File(content) => {
                let count = content.available(offset, limit);
                let read = |count| Bytes::make(count, |buffer| content.read(offset, buffer));
                read(count).or_else(|| read(count.min(PIECE)))
            }
            Kind::Device(Device::Null) => Some(Bytes::EMPTY),
            Kind::Device(Device::Zero) => Bytes::make(piece(), |_| {}),
            Kind::Device(Device::Random) => Bytes::make(piece(), fill_random),
            Kind::Directory(_) => return Err(ErrorCode::IsDirectory),
            Kind::Link(_) => return Err(ErrorCode::Loop),
        };
        bytes.ok_or(ErrorCode::InsufficientMemory)
    }

    /// Writes bytes at an offset, or at the end. Returns how many, and the offset behind them.
    pub(crate) fn write(
        &mut self,
        inode: InodeId,
        offset: Option<u64>,
        bytes: &[u8],
        now: u64,
    ) -> Result<(usize, u64), ErrorCode> {
        let inode = self.writable(inode)?;
        match &mut inode.kind {
            Kind::File(content) => {
                let offset = offset.unwrap_or_else(|| content.size());
                let written = content.write(offset, bytes)?;
                inode.touch(now);
                Ok((written, offset + written as u64))
            }
            Kind::Device(_) => Ok((bytes.len(), offset.unwrap_or_default())),
            Kind::Directory(_) => Err(ErrorCode::IsDirectory),
            Kind::Link(_) => Err(ErrorCode::Loop),
        }
    }
}
