//! Bytes on their way from one end of a connection to the other.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::abi::{Bytes, has_room};

/// How many bytes may wait to be read; who writes more must wait too.
pub(crate) const CAPACITY: usize = 64 << 10;

/// Both ends know of it; each says when it is gone.
#[derive(Default)]
pub(crate) struct Pipe {
    bytes: VecDeque<u8>,
    reader_gone: bool,
    writer_gone: bool,
}

/// The end that is read from.
pub(crate) struct Reader(Rc<RefCell<Pipe>>);

/// The end that is written to.
pub(crate) struct Writer(Rc<RefCell<Pipe>>);

/// A new pipe's two ends. Nothing if there is no memory.
pub(crate) fn pipe() -> Option<(Reader, Writer)> {
    if !has_room(0) {
        return None;
    }
    let pipe = Rc::<RefCell<Pipe>>::default();
    Some((Reader(Rc::clone(&pipe)), Writer(pipe)))
}

impl Reader {
    /// The pipe, to wait for.
    pub(crate) fn pipe(&self) -> Rc<RefCell<Pipe>> {
        Rc::clone(&self.0)
    }

    /// Takes what there is, up to so many bytes; nothing if it has ended.
    pub(crate) fn read(&self, most: u64) -> Option<Bytes> {
        let mut pipe = self.0.borrow_mut();
        if pipe.bytes.is_empty() && pipe.writer_gone {
            return None;
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let count = pipe.bytes.len().min(most);
        Bytes::make(count, |to| {
            for (to, from) in to.iter_mut().zip(pipe.bytes.drain(..count)) {
                *to = from;
            }
        })
    }
}

impl Writer {
    /// The pipe, to wait for.
    pub(crate) fn pipe(&self) -> Rc<RefCell<Pipe>> {
        Rc::clone(&self.0)
    }

    /// How many bytes can be written now; nothing if nobody reads them any more.
    pub(crate) fn room(&self) -> Option<usize> {
        let pipe = self.0.borrow();
        let closed = pipe.reader_gone || pipe.writer_gone;
        (!closed).then(|| CAPACITY.saturating_sub(pipe.bytes.len()))
    }

    /// Writes all of these bytes, which there must be room for. Says whether it could.
    pub(crate) fn write(&self, bytes: &[u8]) -> bool {
        if self.room().is_none_or(|room| room < bytes.len()) || !has_room(2 * CAPACITY) {
            return false;
        }
        self.0.borrow_mut().bytes.extend(bytes);
        true
    }
}

impl Pipe {
    /// Whether a read would give something, be it the end.
    pub(crate) fn can_be_read(&self) -> bool {
        !self.bytes.is_empty() || self.writer_gone
    }

    /// Whether a write would do something, be it to fail.
    pub(crate) fn can_be_written(&self) -> bool {
        self.bytes.len() < CAPACITY || self.reader_gone || self.writer_gone
    }

    /// As if the end that writes were gone.
    pub(crate) fn end(&mut self) {
        self.writer_gone = true;
    }

    /// As if the end that reads were gone.
    pub(crate) fn refuse(&mut self) {
        self.reader_gone = true;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut pipe = self.0.borrow_mut();
        pipe.reader_gone = true;
        pipe.bytes = VecDeque::new();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.borrow_mut().writer_gone = true;
    }
}
