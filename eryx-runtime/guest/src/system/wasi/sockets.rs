//! `wasi:sockets`: TCP within the sandbox, and name lookup.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::rc::Rc;

use crate::system::abi::{Lower, wasi_functions};
use crate::system::error::NetworkError;
use crate::system::host::fail;
use crate::system::net::{Accepted, Addresses, CAPACITY, Reader, Socket, Writer};
use crate::system::ready::Pollable;
use crate::system::resource::{Input, Output, Resource};
use crate::system::state::{System, close, system};

/// `ip-address`, of IPv4.
struct IpAddress(Ipv4Addr);

impl Lower for IpAddress {
    const SIZE: usize = 18;
    const ALIGN: usize = 2;

    unsafe fn lower(self, to: *mut u8) {
        let [a, b, c, d] = self.0.octets();
        // SAFETY: the caller's promise. IPv4 is case 0, and the shorter one.
        unsafe {
            to.write(0);
            (a, b, c, d).lower(to.add(2));
        }
    }
}

/// `ip-socket-address`, of IPv4.
struct IpSocketAddress(SocketAddrV4);

impl Lower for IpSocketAddress {
    const SIZE: usize = 32;
    const ALIGN: usize = 4;

    unsafe fn lower(self, to: *mut u8) {
        let [a, b, c, d] = self.0.ip().octets();
        // SAFETY: the caller's promise. IPv4 is case 0, and the shorter one.
        unsafe {
            to.write(0);
            (self.0.port(), a, b, c, d).lower(to.add(4));
        }
    }
}

/// Lifts an `ip-socket-address`, which arrives as its case and eleven numbers. IPv4 has the first
/// five.
fn lift(case: u32, numbers: [u32; 5]) -> Result<SocketAddrV4, NetworkError> {
    let [port, address @ ..] = numbers;
    let port = u16::try_from(port).map_err(|_| NetworkError::InvalidArgument)?;
    if case != 0 {
        return Err(NetworkError::InvalidArgument);
    }
    let octets = address.map(|number| number.to_le_bytes()[0]);
    Ok(SocketAddrV4::new(octets.into(), port))
}

impl System {
    fn expect_socket(&self, handle: u32) -> Result<Rc<RefCell<Socket>>, NetworkError> {
        self.socket(handle).ok_or(NetworkError::InvalidState)
    }

    fn add_to_network(&mut self, resource: Resource) -> Result<u32, NetworkError> {
        self.add(resource).ok_or(NetworkError::OutOfMemory)
    }

    /// Adds the streams of a connection and returns their handles.
    fn add_streams(&mut self, reader: Reader, writer: Writer) -> Result<(u32, u32), NetworkError> {
        let input = self.add_to_network(Resource::Input(Input::Pipe(reader)))?;
        match self.add_to_network(Resource::Output(Output::Pipe(writer))) {
            Ok(output) => Ok((input, output)),
            Err(error) => {
                self.close(input);
                Err(error)
            }
        }
    }

    fn accept(&mut self, socket: u32) -> Result<(u32, u32, u32), NetworkError> {
        let Accepted {
            socket,
            reader,
            writer,
        } = self.expect_socket(socket)?.borrow_mut().accept()?;
        let (input, output) = self.add_streams(reader, writer)?;
        let socket = self.add_to_network(Resource::Socket(socket))?;
        Ok((socket, input, output))
    }
}

/// Calls a function with the socket of a handle.
fn with_socket<T>(
    socket: u32,
    call: impl FnOnce(&mut Socket) -> Result<T, NetworkError>,
) -> Result<T, NetworkError> {
    let socket = system(|system| system.expect_socket(socket))?;
    call(&mut socket.borrow_mut())
}

wasi_functions! {
    fn wasi_sockets_instance_network_instance_network() -> u32 {
        system(|system| system.add(Resource::Network))
            .unwrap_or_else(|| fail("no memory is left for the network"))
    }

    fn wasi_sockets_tcp_create_socket_create_tcp_socket(
        family: u32,
    ) => Result<u32, NetworkError> {
        if family != 0 {
            return Err(NetworkError::NotSupported);
        }
        system(|system| system.add_to_network(Resource::Socket(Socket::new())))
    }

    fn wasi_sockets_tcp_tcp_socket_start_bind(
        socket: u32, _network: u32, case: u32,
        port: u32, a: u32, b: u32, c: u32, d: u32,
        _5: u32, _6: u32, _7: u32, _8: u32, _9: u32, _10: u32,
    ) => Result<(), NetworkError> {
        let address = lift(case, [port, a, b, c, d])?;
        system(|system| {
            let socket = system.expect_socket(socket)?;
            system.network.bind(&socket, address)
        })
    }

    fn wasi_sockets_tcp_tcp_socket_finish_bind(socket: u32) => Result<(), NetworkError> {
        with_socket(socket, |socket| socket.check_bound())
    }

    fn wasi_sockets_tcp_tcp_socket_start_connect(
        socket: u32, _network: u32, case: u32,
        port: u32, a: u32, b: u32, c: u32, d: u32,
        _5: u32, _6: u32, _7: u32, _8: u32, _9: u32, _10: u32,
    ) => Result<(), NetworkError> {
        let address = lift(case, [port, a, b, c, d])?;
        system(|system| {
            let socket = system.expect_socket(socket)?;
            system.network.connect(&socket, address)
        })
    }

    fn wasi_sockets_tcp_tcp_socket_finish_connect(
        socket: u32,
    ) => Result<(u32, u32), NetworkError> {
        let (reader, writer) = with_socket(socket, Socket::take_streams)?;
        system(|system| system.add_streams(reader, writer))
    }

    fn wasi_sockets_tcp_tcp_socket_start_listen(socket: u32) => Result<(), NetworkError> {
        system(|system| {
            let socket = system.expect_socket(socket)?;
            system.network.listen(&socket)
        })
    }

    fn wasi_sockets_tcp_tcp_socket_finish_listen(socket: u32) => Result<(), NetworkError> {
        with_socket(socket, |socket| {
            if socket.is_listening() {
                Ok(())
            } else {
                Err(NetworkError::NotInProgress)
            }
        })
    }

    fn wasi_sockets_tcp_tcp_socket_accept(
        socket: u32,
    ) => Result<(u32, u32, u32), NetworkError> {
        system(|system| system.accept(socket))
    }

    fn wasi_sockets_tcp_tcp_socket_local_address(
        socket: u32,
    ) => Result<IpSocketAddress, NetworkError> {
        with_socket(socket, |socket| socket.local_address().map(IpSocketAddress))
    }

    fn wasi_sockets_tcp_tcp_socket_remote_address(
        socket: u32,
    ) => Result<IpSocketAddress, NetworkError> {
        with_socket(socket, |socket| socket.remote_address().map(IpSocketAddress))
    }

    fn wasi_sockets_tcp_tcp_socket_is_listening(socket: u32) -> u32 {
        let is_listening = with_socket(socket, |socket| Ok(socket.is_listening()));
        is_listening.unwrap_or_default().into()
    }

    fn wasi_sockets_tcp_tcp_socket_set_listen_backlog_size(
        socket: u32,
        size: u64,
    ) => Result<(), NetworkError> {
        with_socket(socket, |socket| socket.set_backlog(size))
    }

    fn wasi_sockets_tcp_tcp_socket_subscribe(socket: u32) -> u32 {
        system(|system| {
            let pollable = match system.socket(socket) {
                Some(socket) => Pollable::When(socket),
                None => Pollable::Always,
            };
            system.add(Resource::Pollable(pollable))
        })
        .unwrap_or_else(|| fail("no memory is left to wait for a socket"))
    }

    fn wasi_sockets_tcp_tcp_socket_shutdown(socket: u32, how: u32) => Result<(), NetworkError> {
        // `shutdown-type`: receive, send, both.
        with_socket(socket, |socket| socket.shut_down(how != 1, how != 0))
    }

    fn wasi_sockets_tcp_drop_tcp_socket(socket: u32) {
        close(socket);
    }

    fn wasi_sockets_ip_name_lookup_resolve_addresses(
        _network: u32,
        name: &[u8],
    ) => Result<u32, NetworkError> {
        let addresses = Addresses::of(name)?;
        system(|system| system.add_to_network(Resource::Addresses(addresses)))
    }

    fn wasi_sockets_ip_name_lookup_resolve_address_stream_resolve_next_address(
        addresses: u32,
    ) => Result<Option<IpAddress>, NetworkError> {
        system(|system| match system.handles.get_mut(addresses) {
            Some(Resource::Addresses(addresses)) => Ok(addresses.next().map(IpAddress)),
            _ => Err(NetworkError::InvalidState),
        })
    }

    fn wasi_sockets_ip_name_lookup_resolve_address_stream_subscribe(_addresses: u32) -> u32 {
        system(|system| system.add(Resource::Pollable(Pollable::Always)))
            .unwrap_or_else(|| fail("no memory is left to wait for a name"))
    }

    fn wasi_sockets_ip_name_lookup_drop_resolve_address_stream(addresses: u32) {
        close(addresses);
    }

    // Options that mean nothing where no packets are lost. Setting them does nothing, and they keep
    // their defaults.

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
