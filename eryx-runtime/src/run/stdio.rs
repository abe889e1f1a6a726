//! What a program prints and reads: kept, handed on as it comes, or taken from somewhere.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// One of the two streams that a program prints to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// `sys.stdout`, descriptor 1.
    Stdout,
    /// `sys.stderr`, descriptor 2.
    Stderr,
}

/// A function that takes what a program prints, as it comes.
pub(crate) type Sink = Arc<dyn Fn(Stream, &[u8]) + Send + Sync>;

/// Where one stream goes.
#[derive(Default)]
pub(crate) enum Output {
    /// Captured, up to the limit.
    #[default]
    Captured,
    /// Handed on to a function.
    Function(Sink),
    /// Written to something, for which the program waits.
    Writer(Writer),
    /// Taken by nobody: the program gets a `BrokenPipeError`.
    Closed,
}

/// Something that a program's output is written to.
pub(crate) type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// Where a program's input comes from.
#[derive(Default)]
pub(crate) enum Input {
    /// It has ended.
    #[default]
    Empty,
    /// Some bytes.
    Bytes(io::Cursor<Vec<u8>>),
    /// Read from something, for which the program waits.
    Reader(Box<dyn AsyncRead + Send + Unpin>),
}

/// The streams of one run.
#[derive(Default)]
pub(crate) struct Streams {
    pub(crate) input: Input,
    outputs: [Output; 2],
    kept: [Vec<u8>; 2],
}

impl Streams {
    pub(crate) fn new(input: Input, stdout: Output, stderr: Output) -> Self {
        Self {
            input,
            outputs: [stdout, stderr],
            kept: Default::default(),
        }
    }

    /// What was kept of stdout and of stderr.
    pub(crate) fn take(&mut self) -> [Vec<u8>; 2] {
        std::mem::take(&mut self.kept)
    }

    pub(crate) fn output(&mut self, stream: Stream) -> &mut Output {
        &mut self.outputs[stream as usize]
    }

    /// Takes what is printed, or gives the writer that has to be waited for; until it is back, the
    /// stream is closed.
    pub(crate) fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<Option<Writer>> {
        let index = stream as usize;
        match &mut self.outputs[index] {
            Output::Captured => self.kept[index].extend_from_slice(bytes),
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

/// Writes to something, and sees to it that it gets there.
pub(crate) async fn write_to(writer: &mut Writer, bytes: &[u8]) -> io::Result<()> {
    writer.write_all(bytes).await?;
    writer.flush().await
}

impl Input {
    /// What is next, at most so many bytes; nothing at the end.
    pub(crate) async fn read(&mut self, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; most];
        let count = match self {
            Self::Empty => 0,
            Self::Bytes(cursor) => io::Read::read(cursor, &mut bytes)?,
            Self::Reader(reader) => reader.read(&mut bytes).await?,
        };
        bytes.truncate(count);
        Ok(bytes)
    }
}
