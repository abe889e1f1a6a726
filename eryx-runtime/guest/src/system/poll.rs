//! Waiting, without using the processor: the host sleeps as long as nothing can happen here.

use std::cell::RefCell;
use std::rc::Rc;

use super::abi::{self, List, answers};
use super::handles::Resource;
use super::pipes::Pipe;
use super::sockets::Socket;
use super::{System, close, end, system};
use crate::eryx::sandbox::host;

/// Something that can be waited for.
pub(crate) enum Pollable {
    /// What never needs waiting.
    Ready,
    /// A time of the monotonic clock.
    At(u64),
    /// Something to read, or the end.
    Read(Rc<RefCell<Pipe>>),
    /// Room to write, or that nobody reads any more.
    Write(Rc<RefCell<Pipe>>),
    /// Somebody who connects.
    Accept(Rc<RefCell<Socket>>),
}

/// How far something is that is waited for.
enum Readiness {
    Now,
    At(u64),
    /// Not until the program itself does something.
    Unknown,
}

impl Pollable {
    fn readiness(&self, now: u64) -> Readiness {
        let ready = match self {
            Self::At(time) if *time > now => return Readiness::At(*time),
            Self::Ready | Self::At(_) => true,
            Self::Read(pipe) => pipe.borrow().can_be_read(),
            Self::Write(pipe) => pipe.borrow().can_be_written(),
            Self::Accept(socket) => socket.borrow().can_accept(),
        };
        if ready {
            Readiness::Now
        } else {
            Readiness::Unknown
        }
    }
}

/// Waits until one of so many things is ready; `ready` is called with the index of each that is.
fn wait(count: usize, handle: impl Fn(usize) -> u32, mut ready: impl FnMut(u32)) {
    if count == 0 {
        return;
    }
    let mut look = |system: &mut System| {
        let now = system.clock.now();
        let mut found = false;
        let mut next = None;
        for index in 0..count {
            let readiness = match system.handles.get(handle(index)) {
                Some(Resource::Pollable(pollable)) => pollable.readiness(now),
                _ => Readiness::Now,
            };
            match readiness {
                Readiness::Now => {
                    found = true;
                    ready(u32::try_from(index).unwrap_or_default());
                }
                Readiness::At(time) => next = Some(next.unwrap_or(time).min(time)),
                Readiness::Unknown => {}
            }
        }
        (found, next.map(|time| time - now))
    };
    loop {
        match system(&mut look) {
            (true, _) => return,
            (false, Some(duration)) => host::sleep(duration),
            // It is the only thread, and nothing comes from outside.
            (false, None) => end("the program waits for what can never happen"),
        }
    }
}

answers! {
    fn wasi_io_poll_poll(list: *const u32, count: usize) => List<u32> {
        let mut indices = Vec::new();
        // SAFETY: libc passes a list of that many handles.
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
}
