//! TCP sockets that connect to 127.0.0.1. They make `socket.socketpair` work, and with it the event
//! loop of `asyncio`.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::rc::{Rc, Weak};

use super::pipe::{Readable, Reader, Writable, Writer, pipe};
use crate::system::error::NetworkError;
use crate::system::memory::has_room;
use crate::system::ready::Ready;

/// The first port that is assigned where none is requested (RFC 6335).
const FIRST_PORT: u16 = 49152;
/// The longest queue of connections that wait to be accepted.
const BACKLOG_LIMIT: u64 = 4096;

/// A TCP socket.
pub(crate) struct Socket {
    state: State,
    backlog: usize,
}

enum State {
    New,
    Bound(u16),
    Listening {
        port: u16,
        waiting: VecDeque<Incoming>,
    },
    Connected {
        port: u16,
        peer: u16,
        incoming: Rc<Readable>,
        outgoing: Rc<Writable>,
        /// The streams, until libc has handles to them.
        streams: Option<(Reader, Writer)>,
    },
}

/// A connection that waits to be accepted.
struct Incoming {
    port: u16,
    reader: Reader,
    writer: Writer,
}

/// A socket for a connection that was accepted, and the streams of the connection.
pub(crate) struct Accepted {
    pub(crate) socket: Rc<RefCell<Socket>>,
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
}

/// Ready when the socket can accept a connection, or cannot accept at all.
impl Ready for RefCell<Socket> {
    fn is_ready(&self) -> bool {
        let socket = self.borrow();
        !matches!(&socket.state, State::Listening { waiting, .. } if waiting.is_empty())
    }
}

impl Socket {
    /// Creates a socket that is not bound.
    pub(crate) fn new() -> Rc<RefCell<Self>> {
        Self::with_state(State::New)
    }

    fn with_state(state: State) -> Rc<RefCell<Self>> {
        let backlog = 128;
        Rc::new(RefCell::new(Self { state, backlog }))
    }

    /// Checks that the socket is bound, as `finish-bind` does.
    pub(crate) fn check_bound(&self) -> Result<(), NetworkError> {
        match self.state {
            State::Bound(_) => Ok(()),
            _ => Err(NetworkError::NotInProgress),
        }
    }

    pub(crate) fn is_listening(&self) -> bool {
        matches!(self.state, State::Listening { .. })
    }

    pub(crate) fn local_address(&self) -> Result<SocketAddrV4, NetworkError> {
        match self.state {
            State::New => Err(NetworkError::InvalidState),
            State::Bound(port) | State::Listening { port, .. } | State::Connected { port, .. } => {
                Ok(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
            }
        }
    }

    pub(crate) fn remote_address(&self) -> Result<SocketAddrV4, NetworkError> {
        match self.state {
            State::Connected { peer, .. } => Ok(SocketAddrV4::new(Ipv4Addr::LOCALHOST, peer)),
            _ => Err(NetworkError::InvalidState),
        }
    }

    pub(crate) fn set_backlog(&mut self, size: u64) -> Result<(), NetworkError> {
        if size == 0 {
            return Err(NetworkError::InvalidArgument);
        }
        self.backlog = usize::try_from(size.min(BACKLOG_LIMIT)).unwrap_or(1);
        Ok(())
    }

    /// Takes the streams of a connection. They can be taken once.
    pub(crate) fn take_streams(&mut self) -> Result<(Reader, Writer), NetworkError> {
        let streams = match &mut self.state {
            State::Connected { streams, .. } => streams.take(),
            _ => None,
        };
        streams.ok_or(NetworkError::NotInProgress)
    }

    /// Accepts the connection that has waited longest.
    pub(crate) fn accept(&mut self) -> Result<Accepted, NetworkError> {
        let (port, incoming) = match &mut self.state {
            State::Listening { port, waiting } => {
                (*port, waiting.pop_front().ok_or(NetworkError::WouldBlock)?)
            }
            _ => return Err(NetworkError::InvalidState),
        };
        let Incoming {
            port: peer,
            reader,
            writer,
        } = incoming;
        let state = State::Connected {
            port,
            peer,
            incoming: reader.readable(),
            outgoing: writer.writable(),
            streams: None,
        };
        Ok(Accepted {
            socket: Self::with_state(state),
            reader,
            writer,
        })
    }

    /// Ends a connection in one direction or both.
    pub(crate) fn shut_down(&self, receiving: bool, sending: bool) -> Result<(), NetworkError> {
        let State::Connected {
            incoming, outgoing, ..
        } = &self.state
        else {
            return Err(NetworkError::InvalidState);
        };
        if receiving {
            incoming.close();
        }
        if sending {
            outgoing.close();
        }
        Ok(())
    }
}

/// The ports that are in use.
#[derive(Default)]
pub(crate) struct Network {
    ports: BTreeMap<u16, Weak<RefCell<Socket>>>,
    last_assigned: u16,
}

impl Network {
    /// Binds a socket to an address.
    pub(crate) fn bind(
        &mut self,
        socket: &Rc<RefCell<Socket>>,
        address: SocketAddrV4,
    ) -> Result<(), NetworkError> {
        if !address.ip().is_loopback() && !address.ip().is_unspecified() {
            return Err(NetworkError::AddressNotBindable);
        }
        if !matches!(socket.borrow().state, State::New) {
            return Err(NetworkError::InvalidState);
        }
        self.bind_port(socket, address.port())
    }

    /// Binds a socket to a port, or to any free one if that is 0.
    fn bind_port(&mut self, socket: &Rc<RefCell<Socket>>, port: u16) -> Result<(), NetworkError> {
        let port = match port {
            0 => self.free_port()?,
            port if self.is_in_use(port) => return Err(NetworkError::AddressInUse),
            port => port,
        };
        if !has_room(0) {
            return Err(NetworkError::OutOfMemory);
        }
        self.ports.insert(port, Rc::downgrade(socket));
        socket.borrow_mut().state = State::Bound(port);
        Ok(())
    }

    /// Lets a socket accept connections; one that is not bound is bound to any free port.
    pub(crate) fn listen(&mut self, socket: &Rc<RefCell<Socket>>) -> Result<(), NetworkError> {
        let is_new = matches!(socket.borrow().state, State::New);
        if is_new {
            self.bind_port(socket, 0)?;
        }
        let mut socket = socket.borrow_mut();
        let State::Bound(port) = socket.state else {
            return Err(NetworkError::InvalidState);
        };
        let waiting = VecDeque::new();
        socket.state = State::Listening { port, waiting };
        Ok(())
    }

    /// Connects a socket to one that listens.
    pub(crate) fn connect(
        &mut self,
        socket: &Rc<RefCell<Socket>>,
        address: SocketAddrV4,
    ) -> Result<(), NetworkError> {
        if !matches!(socket.borrow().state, State::New | State::Bound(_)) {
            return Err(NetworkError::InvalidState);
        }
        if !address.ip().is_loopback() {
            return Err(NetworkError::RemoteUnreachable);
        }
        let listener = self.ports.get(&address.port()).and_then(Weak::upgrade);
        let listener = listener.ok_or(NetworkError::ConnectionRefused)?;
        if Rc::ptr_eq(&listener, socket) {
            return Err(NetworkError::ConnectionRefused);
        }
        let (reader, their_writer) = pipe().ok_or(NetworkError::OutOfMemory)?;
        let (their_reader, writer) = pipe().ok_or(NetworkError::OutOfMemory)?;
        let port = match socket.borrow().state {
            State::Bound(port) => port,
            _ => self.free_port()?,
        };
        let mut listener = listener.borrow_mut();
        let backlog = listener.backlog;
        match &mut listener.state {
            State::Listening { waiting, .. } if waiting.len() < backlog => {
                waiting.push_back(Incoming {
                    port,
                    reader: their_reader,
                    writer: their_writer,
                });
            }
            _ => return Err(NetworkError::ConnectionRefused),
        }
        socket.borrow_mut().state = State::Connected {
            port,
            peer: address.port(),
            incoming: reader.readable(),
            outgoing: writer.writable(),
            streams: Some((reader, writer)),
        };
        Ok(())
    }

    /// Returns a port that is not in use.
    fn free_port(&mut self) -> Result<u16, NetworkError> {
        self.ports.retain(|_, socket| socket.strong_count() > 0);
        for _ in FIRST_PORT..=u16::MAX {
            let next = self.last_assigned.checked_add(1).unwrap_or(FIRST_PORT);
            self.last_assigned = next.max(FIRST_PORT);
            if !self.ports.contains_key(&self.last_assigned) {
                return Ok(self.last_assigned);
            }
        }
        Err(NetworkError::AddressInUse)
    }

    fn is_in_use(&self, port: u16) -> bool {
        let socket = self.ports.get(&port);
        socket.is_some_and(|socket| socket.strong_count() > 0)
    }
}
