//! Reading and writing.

use super::abi::{Bytes, answers};
use super::error::{ErrorCode, StreamError};
use super::handles::{Input, Output, Resource};
use super::nodes::{Device, FileSystem, Kind, NodeId};
use super::poll::Pollable;
use super::{System, close, end, process, system};
use crate::eryx::sandbox::host;

/// How much is handed over at a time where the end is not near, in bytes.
const PIECE: usize = 64 << 10;
/// How much the host or a file takes at a time, in bytes.
const MOST: u64 = 1 << 20;

/// Reads what is in a file from a place on, at most so many bytes. Nothing means its end.
pub(crate) fn read_file(
    files: &FileSystem,
    node: NodeId,
    offset: u64,
    most: u64,
) -> Result<Bytes, ErrorCode> {
    let piece = || usize::try_from(most).unwrap_or(PIECE).min(PIECE);
    let bytes = match &files.node(node)?.kind {
        Kind::File(content) => {
            let count = content.available(offset, most);
            let read = |count| Bytes::make(count, |to| content.read(offset, to));
            read(count).or_else(|| read(count.min(PIECE)))
        }
        Kind::Device(Device::Null) => Some(Bytes::EMPTY),
        Kind::Device(Device::Zero) => Bytes::make(piece(), |_| {}),
        Kind::Device(Device::Random) => Bytes::make(piece(), process::fill_random),
        Kind::Directory(_) => return Err(ErrorCode::IsDirectory),
        Kind::Link(_) => return Err(ErrorCode::Loop),
    };
    bytes.ok_or(ErrorCode::InsufficientMemory)
}

/// Writes to a file, at a place or at its end, and says how much and where that ended.
pub(crate) fn write_file(
    files: &mut FileSystem,
    node: NodeId,
    offset: Option<u64>,
    bytes: &[u8],
) -> Result<(usize, u64), ErrorCode> {
    let node = files.writable(node)?;
    match &mut node.kind {
        Kind::File(content) => {
            let offset = offset.unwrap_or_else(|| content.size());
            let written = content.write(offset, bytes)?;
            node.touch();
            Ok((written, offset + written as u64))
        }
        Kind::Device(_) => Ok((bytes.len(), offset.unwrap_or_default())),
        Kind::Directory(_) => Err(ErrorCode::IsDirectory),
        Kind::Link(_) => Err(ErrorCode::Loop),
    }
}

impl System {
    fn read(&mut self, stream: u32, most: u64) -> Result<Bytes, StreamError> {
        let Some(Resource::Input(input)) = self.handles.get_mut(stream) else {
            return Err(StreamError::Closed);
        };
        match input {
            Input::Host => {
                let most = u32::try_from(most.min(MOST)).unwrap_or_default();
                let bytes = host::read(most);
                if bytes.is_empty() && most > 0 {
                    return Err(StreamError::Closed);
                }
                Bytes::copy(&bytes).ok_or_else(|| self.failed())
            }
            Input::Pipe(reader) => reader.read(most).ok_or(StreamError::Closed),
            Input::File { node, offset } => match read_file(&self.files, *node, *offset, most) {
                Ok(bytes) if bytes.is_empty() && most > 0 => Err(StreamError::Closed),
                Ok(bytes) => {
                    *offset += bytes.len() as u64;
                    Ok(bytes)
                }
                Err(_) => Err(self.failed()),
            },
        }
    }

    /// How much can be written to a stream now.
    fn check_write(&mut self, stream: u32) -> Result<u64, StreamError> {
        match self.handles.get(stream) {
            Some(Resource::Output(Output::Pipe(writer))) => writer
                .room()
                .map(|room| room as u64)
                .ok_or(StreamError::Closed),
            Some(Resource::Output(_)) => Ok(MOST),
            _ => Err(StreamError::Closed),
        }
    }

    fn write(&mut self, stream: u32, bytes: &[u8]) -> Result<(), StreamError> {
        let Some(Resource::Output(output)) = self.handles.get_mut(stream) else {
            return Err(StreamError::Closed);
        };
        let done = match output {
            Output::Host(_) if self.is_silent => true,
            Output::Host(to) => match host::write(*to, bytes) {
                Ok(()) => true,
                Err(()) => return Err(StreamError::Closed),
            },
            Output::Pipe(writer) => writer.write(bytes),
            Output::File { node, offset } => {
                match write_file(&mut self.files, *node, *offset, bytes) {
                    Ok((written, end)) => {
                        *offset = offset.map(|_| end);
                        self.is_full = written < bytes.len();
                        !self.is_full
                    }
                    Err(error) => {
                        self.is_full = error == ErrorCode::InsufficientSpace;
                        false
                    }
                }
            }
        };
        if done { Ok(()) } else { Err(self.failed()) }
    }

    fn failed(&mut self) -> StreamError {
        // Without memory for it there is no such handle, which libc gives up all the same.
        StreamError::Failed(self.add(Resource::Error).unwrap_or_default())
    }

    fn subscribe(&mut self, stream: u32) -> u32 {
        let pollable = match self.handles.get(stream) {
            Some(Resource::Input(Input::Pipe(reader))) => Pollable::Read(reader.pipe()),
            Some(Resource::Output(Output::Pipe(writer))) => Pollable::Write(writer.pipe()),
            _ => Pollable::Ready,
        };
        self.add(Resource::Pollable(pollable))
            .unwrap_or_else(|| end("no memory left to wait for a stream"))
    }
}

answers! {
    fn wasi_io_streams_input_stream_read(stream: u32, most: u64) => Result<Bytes, StreamError> {
        system(|system| system.read(stream, most))
    }

    fn wasi_io_streams_input_stream_subscribe(stream: u32) -> u32 {
        system(|system| system.subscribe(stream))
    }

    fn wasi_io_streams_output_stream_check_write(stream: u32) => Result<u64, StreamError> {
        system(|system| system.check_write(stream))
    }

    fn wasi_io_streams_output_stream_write(stream: u32, bytes: &[u8]) => Result<(), StreamError> {
        system(|system| system.write(stream, bytes))
    }

    fn wasi_io_streams_output_stream_blocking_flush(_stream: u32) => Result<(), StreamError> {
        Ok(())
    }

    fn wasi_io_streams_output_stream_subscribe(stream: u32) -> u32 {
        system(|system| system.subscribe(stream))
    }

    fn wasi_io_streams_drop_input_stream(stream: u32) {
        close(stream);
    }

    fn wasi_io_streams_drop_output_stream(stream: u32) {
        close(stream);
    }

    fn wasi_io_error_drop_error(error: u32) {
        close(error);
    }
}
