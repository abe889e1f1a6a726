//! The standard streams of a program: stdin, stdout and stderr.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// An output stream of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// `sys.stdout`, file descriptor 1.
    Stdout,
    /// `sys.stderr`, file descriptor 2.
    Stderr,
}

/// A function that receives output as the program prints it.
pub(crate) type Sink = Arc<dyn Fn(Stream, &[u8]) + Send + Sync>;

/// The destination of an output stream.
#[derive(Default)]
pub(crate) enum Output {
    /// Captured, up to the limit.
    #[default]
    Captured,
    /// Passed to a function.
    Function(Sink),
    /// Written to a writer; the program waits for it.
    Writer(Writer),
    /// Closed after a failed write: the program gets a `BrokenPipeError`.
    Closed,
}

/// A writer for the output of a program.
pub(crate) type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// The source of stdin.
#[derive(Default)]
pub(crate) enum Input {
    /// Empty: stdin is at its end.
    #[default]
    Empty,
    /// Bytes in memory.
    Bytes(io::Cursor<Vec<u8>>),
    /// A reader; the program waits for it.
    Reader(Box<dyn AsyncRead + Send + Unpin>),
}

/// The streams of one run.
#[derive(Default)]
pub(crate) struct Streams {
    pub(crate) input: Input,
    outputs: [Output; 2],
    captured: [Vec<u8>; 2],
}

impl Streams {
    pub(crate) fn new(input: Input, stdout: Output, stderr: Output) -> Self {
        Self {
            input,
            outputs: [stdout, stderr],
            captured: Default::default(),
        }
    }

    /// Takes the captured stdout and stderr.
    pub(crate) fn take_captured(&mut self) -> [Vec<u8>; 2] {
        std::mem::take(&mut self.captured)
    }

    pub(crate) fn output(&mut self, stream: Stream) -> &mut Output {
        &mut self.outputs[stream as usize]
    }

    /// Captures output or passes it to the function. If the stream has a writer, returns that, for
    /// the caller to write to and put back; the stream is closed until then.
    pub(crate) fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<Option<Writer>> {
        let index = stream as usize;
        match &mut self.outputs[index] {
            Output::Captured => self.captured[index].extend_from_slice(bytes),
            Output::Function(sink) => sink(stream, bytes),
            Output::Closed => return Err(io::ErrorKind::BrokenPipe.into()),
            output @ Output::Writer(_) => {
                if let Output::Writer(writer) = std::mem::replace(output, Output::Closed) {
                    return Ok(Some(writer));
                }
            }
        }
        Ok(None)
    }
}

/// Writes all bytes to a writer and flushes it.
pub(crate) async fn write_to(writer: &mut Writer, bytes: &[u8]) -> io::Result<()> {
    writer.write_all(bytes).await?;
    writer.flush().await
}

impl Input {
    /// Reads the next bytes, at most `limit`; none at the end.
    pub(crate) async fn read(&mut self, limit: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; limit];
        let count = match self {
            Self::Empty => 0,
            Self::Bytes(cursor) => io::Read::read(cursor, &mut bytes)?,
            Self::Reader(reader) => reader.read(&mut bytes).await?,
        };
        bytes.truncate(count);
        Ok(bytes)
    }
}
