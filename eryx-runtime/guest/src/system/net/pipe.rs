//! A pipe: bytes on their way from one end of a connection to the other.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::system::abi::Bytes;
use crate::system::memory::has_room;
use crate::system::ready::Ready;

/// How many bytes can wait to be read. A writer of more has to wait too.
pub(crate) const CAPACITY: usize = 64 << 10;

/// What both ends share.
#[derive(Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    reader_closed: bool,
    writer_closed: bool,
}

/// The end that is read from. Dropping it closes the end.
pub(crate) struct Reader(Rc<Readable>);

/// The end that is written to. Dropping it closes the end.
pub(crate) struct Writer(Rc<Writable>);

/// Ready when the pipe has bytes to read, or has ended.
pub(crate) struct Readable(Rc<RefCell<Pipe>>);

/// Ready when the pipe has room for bytes, or nothing reads them.
pub(crate) struct Writable(Rc<RefCell<Pipe>>);

/// Creates a pipe and returns its ends, or `None` without memory.
pub(crate) fn pipe() -> Option<(Reader, Writer)> {
    if !has_room(0) {
        return None;
    }
    let pipe = Rc::<RefCell<Pipe>>::default();
    let readable = Rc::new(Readable(Rc::clone(&pipe)));
    Some((Reader(readable), Writer(Rc::new(Writable(pipe)))))
}

impl Reader {
    /// What a program waits for before it reads.
    pub(crate) fn readable(&self) -> Rc<Readable> {
        Rc::clone(&self.0)
    }

    /// Reads at most `limit` bytes, or returns `None` at the end.
    pub(crate) fn read(&self, limit: u64) -> Option<Bytes> {
        let mut pipe = self.0.0.borrow_mut();
        if pipe.bytes.is_empty() && pipe.writer_closed {
            return None;
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let count = pipe.bytes.len().min(limit);
        Bytes::make(count, |buffer| {
            for (to, from) in buffer.iter_mut().zip(pipe.bytes.drain(..count)) {
                *to = from;
            }
        })
    }
}

impl Writer {
    /// What a program waits for before it writes.
    pub(crate) fn writable(&self) -> Rc<Writable> {
        Rc::clone(&self.0)
    }

    /// How many bytes can be written now, or `None` if an end is closed.
    pub(crate) fn room(&self) -> Option<usize> {
        let pipe = self.0.0.borrow();
        let is_closed = pipe.reader_closed || pipe.writer_closed;
        (!is_closed).then(|| CAPACITY.saturating_sub(pipe.bytes.len()))
    }

    /// Writes all bytes, or none and returns false if there is no room for them.
    pub(crate) fn write(&self, bytes: &[u8]) -> bool {
        if self.room().is_none_or(|room| room < bytes.len()) || !has_room(2 * CAPACITY) {
            return false;
        }
        self.0.0.borrow_mut().bytes.extend(bytes);
        true
    }
}

impl Readable {
    /// Closes the end that is read from, though its reader is still there.
    pub(crate) fn close(&self) {
        self.0.borrow_mut().reader_closed = true;
    }
}

impl Writable {
    /// Closes the end that is written to, though its writer is still there.
    pub(crate) fn close(&self) {
        self.0.borrow_mut().writer_closed = true;
    }
}

impl Ready for Readable {
    fn is_ready(&self) -> bool {
        let pipe = self.0.borrow();
        !pipe.bytes.is_empty() || pipe.writer_closed
    }
}

impl Ready for Writable {
    fn is_ready(&self) -> bool {
        let pipe = self.0.borrow();
        pipe.bytes.len() < CAPACITY || pipe.reader_closed || pipe.writer_closed
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut pipe = self.0.0.borrow_mut();
        pipe.reader_closed = true;
        pipe.bytes = VecDeque::new();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.close();
    }
}
