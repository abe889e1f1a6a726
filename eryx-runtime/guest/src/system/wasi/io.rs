//! `wasi:io`: streams, waiting and errors.

use crate::system::abi::{self, Bytes, List, wasi_functions};
use crate::system::error::{ErrorCode, StreamError};
use crate::system::host::{self, fail, wall_now};
use crate::system::ready::{Pollable, Readiness};
use crate::system::resource::{Input, Output, Resource};
use crate::system::state::{System, close, system};

/// The most bytes that the host or a file takes or returns at once.
const LIMIT: u64 = 1 << 20;

impl System {
    fn read(&mut self, stream: u32, limit: u64) -> Result<Bytes, StreamError> {
        let Some(Resource::Input(input)) = self.handles.get_mut(stream) else {
            return Err(StreamError::Closed);
        };
        match input {
            Input::Host => {
                let limit = u32::try_from(limit.min(LIMIT)).unwrap_or_default();
                let bytes = host::read(limit);
                if bytes.is_empty() && limit > 0 {
                    return Err(StreamError::Closed);
                }
                Bytes::copy(&bytes).ok_or_else(|| self.failed())
            }
            Input::Pipe(reader) => reader.read(limit).ok_or(StreamError::Closed),
            Input::File { inode, offset } => match self.files.read(*inode, *offset, limit) {
                Ok(bytes) if bytes.is_empty() && limit > 0 => Err(StreamError::Closed),
                Ok(bytes) => {
                    *offset += bytes.len() as u64;
                    Ok(bytes)
                }
                Err(_) => Err(self.failed()),
            },
        }
    }

    /// How many bytes can be written to a stream now.
    fn check_write(&mut self, stream: u32) -> Result<u64, StreamError> {
        match self.handles.get(stream) {
            Some(Resource::Output(Output::Pipe(writer))) => {
                let room = writer.room().ok_or(StreamError::Closed)?;
                Ok(room as u64)
            }
            Some(Resource::Output(_)) => Ok(LIMIT),
            _ => Err(StreamError::Closed),
        }
    }

    fn write(&mut self, stream: u32, bytes: &[u8]) -> Result<(), StreamError> {
        let Some(Resource::Output(output)) = self.handles.get_mut(stream) else {
            return Err(StreamError::Closed);
        };
        let is_written = match output {
            Output::Host(_) if self.discards_output => true,
            Output::Host(output) => match host::write(*output, bytes) {
                Ok(()) => true,
                Err(()) => return Err(StreamError::Closed),
            },
            Output::Pipe(writer) => writer.write(bytes),
            Output::File { inode, offset } => {
                match self.files.write(*inode, *offset, bytes, wall_now()) {
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
        if is_written {
            Ok(())
        } else {
            Err(self.failed())
        }
    }

    fn failed(&mut self) -> StreamError {
        // Without memory for a handle, libc gets and drops one that refers to nothing.
        StreamError::Failed(self.add(Resource::Error).unwrap_or_default())
    }

    fn subscribe(&mut self, stream: u32) -> u32 {
        let pollable = match self.handles.get(stream) {
            Some(Resource::Input(Input::Pipe(reader))) => Pollable::When(reader.readable()),
            Some(Resource::Output(Output::Pipe(writer))) => Pollable::When(writer.writable()),
            _ => Pollable::Always,
        };
        self.add(Resource::Pollable(pollable))
            .unwrap_or_else(|| fail("no memory is left to wait for a stream"))
    }
}

/// Waits until at least one of `count` handles is ready, and calls `ready` with the index of each
/// that is. The host sleeps as long as nothing can happen here.
fn wait(count: usize, handle: impl Fn(usize) -> u32, mut ready: impl FnMut(u32)) {
    if count == 0 {
        return;
    }
    let mut look = |system: &mut System| {
        let now = system.clock.now();
        let mut is_any_ready = false;
        let mut next = None;
        for index in 0..count {
            let readiness = match system.handles.get(handle(index)) {
                Some(Resource::Pollable(pollable)) => pollable.readiness(now),
                _ => Readiness::Now,
            };
            match readiness {
                Readiness::Now => {
                    is_any_ready = true;
                    ready(u32::try_from(index).unwrap_or_default());
                }
                Readiness::At(time) => next = Some(next.unwrap_or(time).min(time)),
                Readiness::Unknown => {}
            }
        }
        (is_any_ready, next.map(|time| time - now))
    };
    loop {
        match system(&mut look) {
            (true, _) => return,
            (false, Some(duration)) => host::sleep(duration),
            // There is one thread, and nothing arrives from outside.
            (false, None) => fail("the program waits for what can never happen"),
        }
    }
}

wasi_functions! {
    fn wasi_io_streams_input_stream_read(stream: u32, limit: u64) => Result<Bytes, StreamError> {
        system(|system| system.read(stream, limit))
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

    fn wasi_io_poll_poll(list: *const u32, count: usize) => List<u32> {
        let mut indices = Vec::new();
        // SAFETY: libc passes a list of `count` handles, and `wait` asks for no more.
        let handle = |index| unsafe { abi::handle(list, index) };
        wait(count, handle, |index| {
            if indices.try_reserve(1).is_ok() {
                indices.push(index);
            }
        });
        List(indices)
    }

    fn wasi_io_poll_pollable_block(pollable: u32) {
        wait(1, |_| pollable, |_| {});
    }

    fn wasi_io_poll_drop_pollable(pollable: u32) {
        close(pollable);
    }

    fn wasi_io_error_drop_error(error: u32) {
        close(error);
    }
}
