//! TCP within the sandbox: what listens on 127.0.0.1 can be connected to, and nothing else. So
//! `socket.socketpair` works, and the event loop of `asyncio`, which wants one.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::{Rc, Weak};

use super::abi::{Lower, answers, has_room};
use super::error::NetworkError;
use super::handles::{Input, Output, Resource};
use super::pipes::{CAPACITY, Pipe, Reader, Writer, pipe};
use super::poll::Pollable;
use super::{System, close, end, system};

/// The ports that are given out where none is asked for begin here (RFC 6335).
const FIRST_PORT: u16 = 49152;
/// How many may wait to be accepted, at most.
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
        waiting: VecDeque<Caller>,
    },
    Connected {
        port: u16,
        peer: u16,
        incoming: Rc<RefCell<Pipe>>,
        outgoing: Rc<RefCell<Pipe>>,
        /// The ends, until libc has handles to them.
        ends: Option<(Reader, Writer)>,
    },
}

/// Somebody who connects, from the listener's side.
struct Caller {
    port: u16,
    reader: Reader,
    writer: Writer,
}

impl Socket {
    fn new(state: State) -> Rc<RefCell<Self>> {
        let backlog = 128;
        Rc::new(RefCell::new(Self { state, backlog }))
    }

    /// Whether to accept now would not have to wait, be it for an error.
    pub(crate) fn can_accept(&self) -> bool {
        !matches!(&self.state, State::Listening { waiting, .. } if waiting.is_empty())
    }
}

/// Which ports are taken.
#[derive(Default)]
pub(crate) struct Network {
    ports: BTreeMap<u16, Weak<RefCell<Socket>>>,
    last_given: u16,
}

impl Network {
    /// A port that nobody has.
    fn free_port(&mut self) -> Result<u16, NetworkError> {
        self.ports.retain(|_, socket| socket.strong_count() > 0);
        for _ in FIRST_PORT..=u16::MAX {
            let next = self.last_given.checked_add(1).unwrap_or(FIRST_PORT);
            self.last_given = next.max(FIRST_PORT);
            if !self.ports.contains_key(&self.last_given) {
                return Ok(self.last_given);
            }
        }
        Err(NetworkError::AddressInUse)
    }

    fn is_taken(&self, port: u16) -> bool {
        let socket = self.ports.get(&port);
        socket.is_some_and(|socket| socket.strong_count() > 0)
    }
}

/// `ip-socket-address`, of IPv4.
struct SocketAddress([u8; 4], u16);

const LOOPBACK: [u8; 4] = [127, 0, 0, 1];
const ANY: [u8; 4] = [0; 4];

impl SocketAddress {
    /// The address that comes as eleven numbers, of which IPv4 has the first five.
    fn lift(kind: u32, numbers: [u32; 5]) -> Result<Self, NetworkError> {
        let [port, address @ ..] = numbers;
        let port = u16::try_from(port).map_err(|_| NetworkError::InvalidArgument)?;
        if kind != 0 {
            return Err(NetworkError::InvalidArgument);
        }
        Ok(Self(address.map(|number| number.to_le_bytes()[0]), port))
    }

    fn is_loopback(&self) -> bool {
        self.0[0] == 127
    }
}

impl Lower for SocketAddress {
    const SIZE: usize = 32;
    const ALIGN: usize = 4;

    unsafe fn lower(self, to: *mut u8) {
        let Self([a, b, c, d], port) = self;
        // SAFETY: the caller's promise. The case of IPv4 is 0, and the shorter one.
        unsafe {
            to.write(0);
            (port, a, b, c, d).lower(to.add(4));
        }
    }
}

impl System {
    fn with_socket<T>(
        &mut self,
        handle: u32,
        with: impl FnOnce(&mut Self, &Rc<RefCell<Socket>>) -> Result<T, NetworkError>,
    ) -> Result<T, NetworkError> {
        let socket = self.handles.socket(handle);
        with(self, &socket.ok_or(NetworkError::InvalidState)?)
    }

    fn add_to_network(&mut self, resource: Resource) -> Result<u32, NetworkError> {
        self.add(resource).ok_or(NetworkError::OutOfMemory)
    }

    fn bind(&mut self, socket: u32, address: &SocketAddress) -> Result<(), NetworkError> {
        if !address.is_loopback() && address.0 != ANY {
            return Err(NetworkError::AddressNotBindable);
        }
        self.with_socket(socket, |system, socket| {
            if !matches!(socket.borrow().state, State::New) {
                return Err(NetworkError::InvalidState);
            }
            system.bind_port(socket, address.1)
        })
    }

    fn bind_port(&mut self, socket: &Rc<RefCell<Socket>>, port: u16) -> Result<(), NetworkError> {
        let port = match port {
            0 => self.network.free_port()?,
            port if self.network.is_taken(port) => return Err(NetworkError::AddressInUse),
            port => port,
        };
        if !has_room(0) {
            return Err(NetworkError::OutOfMemory);
        }
        self.network.ports.insert(port, Rc::downgrade(socket));
        socket.borrow_mut().state = State::Bound(port);
        Ok(())
    }

    fn listen(&mut self, socket: u32) -> Result<(), NetworkError> {
        self.with_socket(socket, |system, socket| {
            // To listen without having been bound is to listen on any port.
            if matches!(socket.borrow().state, State::New) {
                system.bind_port(socket, 0)?;
            }
            let mut socket = socket.borrow_mut();
            let State::Bound(port) = socket.state else {
                return Err(NetworkError::InvalidState);
            };
            let waiting = VecDeque::new();
            socket.state = State::Listening { port, waiting };
            Ok(())
        })
    }

    fn connect(&mut self, socket: u32, to: &SocketAddress) -> Result<(), NetworkError> {
        self.with_socket(socket, |system, socket| {
            if !matches!(socket.borrow().state, State::New | State::Bound(_)) {
                return Err(NetworkError::InvalidState);
            }
            if !to.is_loopback() {
                return Err(NetworkError::RemoteUnreachable);
            }
            let listener = system.network.ports.get(&to.1).and_then(Weak::upgrade);
            let listener = listener.ok_or(NetworkError::ConnectionRefused)?;
            if Rc::ptr_eq(&listener, socket) {
                return Err(NetworkError::ConnectionRefused);
            }
            let (reader, their_writer) = pipe().ok_or(NetworkError::OutOfMemory)?;
            let (their_reader, writer) = pipe().ok_or(NetworkError::OutOfMemory)?;
            let port = match socket.borrow().state {
                State::Bound(port) => port,
                _ => system.network.free_port()?,
            };
            let mut listener = listener.borrow_mut();
            let backlog = listener.backlog;
            match &mut listener.state {
                State::Listening { waiting, .. } if waiting.len() < backlog => {
                    waiting.push_back(Caller {
                        port,
                        reader: their_reader,
                        writer: their_writer,
                    });
                }
                _ => return Err(NetworkError::ConnectionRefused),
            }
            socket.borrow_mut().state = connected(port, to.1, reader, writer);
            Ok(())
        })
    }

    /// Handles to both ends of a connection.
    fn ends(&mut self, socket: &RefCell<Socket>) -> Result<(u32, u32), NetworkError> {
        let ends = match &mut socket.borrow_mut().state {
            State::Connected { ends, .. } => ends.take(),
            _ => None,
        };
        let (reader, writer) = ends.ok_or(NetworkError::NotInProgress)?;
        let input = self.add_to_network(Resource::Input(Input::Pipe(reader)))?;
        match self.add_to_network(Resource::Output(Output::Pipe(writer))) {
            Ok(output) => Ok((input, output)),
            Err(error) => {
                self.handles.remove(&mut self.files, input);
                Err(error)
            }
        }
    }

    fn accept(&mut self, socket: u32) -> Result<(u32, u32, u32), NetworkError> {
        self.with_socket(socket, |system, socket| {
            let (port, caller) = match &mut socket.borrow_mut().state {
                State::Listening { port, waiting } => {
                    (*port, waiting.pop_front().ok_or(NetworkError::WouldBlock)?)
                }
                _ => return Err(NetworkError::InvalidState),
            };
            let Caller {
                port: peer,
                reader,
                writer,
            } = caller;
            let accepted = Socket::new(connected(port, peer, reader, writer));
            let (input, output) = system.ends(&accepted)?;
            let accepted = system.add_to_network(Resource::Socket(accepted))?;
            Ok((accepted, input, output))
        })
    }
}

fn connected(port: u16, peer: u16, reader: Reader, writer: Writer) -> State {
    State::Connected {
        port,
        peer,
        incoming: reader.pipe(),
        outgoing: writer.pipe(),
        ends: Some((reader, writer)),
    }
}

/// Something of a socket that is there.
fn of<T>(
    socket: u32,
    get: impl FnOnce(&mut Socket) -> Result<T, NetworkError>,
) -> Result<T, NetworkError> {
    system(|system| system.with_socket(socket, |_, socket| get(&mut socket.borrow_mut())))
}

answers! {
    fn wasi_sockets_instance_network_instance_network() -> u32 {
        system(|system| system.add(Resource::Network))
            .unwrap_or_else(|| end("no memory left for the network"))
    }

    fn wasi_sockets_tcp_create_socket_create_tcp_socket(
        family: u32,
    ) => Result<u32, NetworkError> {
        if family != 0 {
            return Err(NetworkError::NotSupported);
        }
        system(|system| system.add_to_network(Resource::Socket(Socket::new(State::New))))
    }

    fn wasi_sockets_tcp_tcp_socket_start_bind(
        socket: u32, _network: u32, kind: u32,
        port: u32, a: u32, b: u32, c: u32, d: u32,
        _5: u32, _6: u32, _7: u32, _8: u32, _9: u32, _10: u32,
    ) => Result<(), NetworkError> {
        let address = SocketAddress::lift(kind, [port, a, b, c, d])?;
        system(|system| system.bind(socket, &address))
    }

    fn wasi_sockets_tcp_tcp_socket_finish_bind(socket: u32) => Result<(), NetworkError> {
        of(socket, |socket| match socket.state {
            State::Bound(_) => Ok(()),
            _ => Err(NetworkError::NotInProgress),
        })
    }

    fn wasi_sockets_tcp_tcp_socket_start_connect(
        socket: u32, _network: u32, kind: u32,
        port: u32, a: u32, b: u32, c: u32, d: u32,
        _5: u32, _6: u32, _7: u32, _8: u32, _9: u32, _10: u32,
    ) => Result<(), NetworkError> {
        let address = SocketAddress::lift(kind, [port, a, b, c, d])?;
        system(|system| system.connect(socket, &address))
    }

    fn wasi_sockets_tcp_tcp_socket_finish_connect(
        socket: u32,
    ) => Result<(u32, u32), NetworkError> {
        system(|system| system.with_socket(socket, |system, socket| system.ends(socket)))
    }

    fn wasi_sockets_tcp_tcp_socket_start_listen(socket: u32) => Result<(), NetworkError> {
        system(|system| system.listen(socket))
    }

    fn wasi_sockets_tcp_tcp_socket_finish_listen(socket: u32) => Result<(), NetworkError> {
        of(socket, |socket| match socket.state {
            State::Listening { .. } => Ok(()),
            _ => Err(NetworkError::NotInProgress),
        })
    }

    fn wasi_sockets_tcp_tcp_socket_accept(
        socket: u32,
    ) => Result<(u32, u32, u32), NetworkError> {
        system(|system| system.accept(socket))
    }

    fn wasi_sockets_tcp_tcp_socket_local_address(
        socket: u32,
    ) => Result<SocketAddress, NetworkError> {
        of(socket, |socket| match socket.state {
            State::New => Err(NetworkError::InvalidState),
            State::Bound(port)
            | State::Listening { port, .. }
            | State::Connected { port, .. } => Ok(SocketAddress(LOOPBACK, port)),
        })
    }

    fn wasi_sockets_tcp_tcp_socket_remote_address(
        socket: u32,
    ) => Result<SocketAddress, NetworkError> {
        of(socket, |socket| match socket.state {
            State::Connected { peer, .. } => Ok(SocketAddress(LOOPBACK, peer)),
            _ => Err(NetworkError::InvalidState),
        })
    }

    fn wasi_sockets_tcp_tcp_socket_is_listening(socket: u32) -> u32 {
        let is_listening = of(socket, |socket| {
            Ok(matches!(socket.state, State::Listening { .. }))
        });
        is_listening.unwrap_or_default().into()
    }

    fn wasi_sockets_tcp_tcp_socket_set_listen_backlog_size(
        socket: u32,
        size: u64,
    ) => Result<(), NetworkError> {
        if size == 0 {
            return Err(NetworkError::InvalidArgument);
        }
        of(socket, |socket| {
            socket.backlog = usize::try_from(size.min(BACKLOG_LIMIT)).unwrap_or(1);
            Ok(())
        })
    }

    fn wasi_sockets_tcp_tcp_socket_subscribe(socket: u32) -> u32 {
        system(|system| {
            let pollable = match system.handles.socket(socket) {
                Some(socket) => Pollable::Accept(socket),
                None => Pollable::Ready,
            };
            system.add(Resource::Pollable(pollable))
        })
        .unwrap_or_else(|| end("no memory left to wait for a socket"))
    }

    fn wasi_sockets_tcp_tcp_socket_shutdown(socket: u32, how: u32) => Result<(), NetworkError> {
        of(socket, |socket| {
            let State::Connected { incoming, outgoing, .. } = &socket.state else {
                return Err(NetworkError::InvalidState);
            };
            // Receiving, sending, or both.
            if how != 1 {
                incoming.borrow_mut().refuse();
            }
            if how != 0 {
                outgoing.borrow_mut().end();
            }
            Ok(())
        })
    }

    fn wasi_sockets_tcp_drop_tcp_socket(socket: u32) {
        close(socket);
    }

    // Options that mean nothing where no packets are lost. They can be set, and have their defaults.

    fn wasi_sockets_tcp_tcp_socket_keep_alive_enabled(_socket: u32) => Result<bool, NetworkError> {
        Ok(false)
    }

    fn wasi_sockets_tcp_tcp_socket_set_keep_alive_enabled(
        _socket: u32,
        _enabled: u32,
    ) => Result<(), NetworkError> {
        Ok(())
    }

    fn wasi_sockets_tcp_tcp_socket_keep_alive_idle_time(_socket: u32) => Result<u64, NetworkError> {
        Ok(7200 * 1_000_000_000)
    }

    fn wasi_sockets_tcp_tcp_socket_set_keep_alive_idle_time(
        _socket: u32,
        _nanoseconds: u64,
    ) => Result<(), NetworkError> {
        Ok(())
    }

    fn wasi_sockets_tcp_tcp_socket_keep_alive_interval(_socket: u32) => Result<u64, NetworkError> {
        Ok(75 * 1_000_000_000)
    }

    fn wasi_sockets_tcp_tcp_socket_set_keep_alive_interval(
        _socket: u32,
        _nanoseconds: u64,
    ) => Result<(), NetworkError> {
        Ok(())
    }

    fn wasi_sockets_tcp_tcp_socket_keep_alive_count(_socket: u32) => Result<u32, NetworkError> {
        Ok(9)
    }

    fn wasi_sockets_tcp_tcp_socket_set_keep_alive_count(
        _socket: u32,
        _count: u32,
    ) => Result<(), NetworkError> {
        Ok(())
    }

    fn wasi_sockets_tcp_tcp_socket_hop_limit(_socket: u32) => Result<u8, NetworkError> {
        Ok(64)
    }

    fn wasi_sockets_tcp_tcp_socket_set_hop_limit(
        _socket: u32,
        _limit: u32,
    ) => Result<(), NetworkError> {
        Ok(())
    }

    fn wasi_sockets_tcp_tcp_socket_receive_buffer_size(_socket: u32) => Result<u64, NetworkError> {
        Ok(CAPACITY as u64)
    }

    fn wasi_sockets_tcp_tcp_socket_set_receive_buffer_size(
        _socket: u32,
        _size: u64,
    ) => Result<(), NetworkError> {
        Ok(())
    }

    fn wasi_sockets_tcp_tcp_socket_send_buffer_size(_socket: u32) => Result<u64, NetworkError> {
        Ok(CAPACITY as u64)
    }

    fn wasi_sockets_tcp_tcp_socket_set_send_buffer_size(
        _socket: u32,
        _size: u64,
    ) => Result<(), NetworkError> {
        Ok(())
    }
}
