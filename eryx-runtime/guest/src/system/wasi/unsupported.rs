//! What a sandbox does not have: terminals and UDP. UDP sockets cannot be created, so that libc
//! calls none of the other UDP functions; but it imports them.

use crate::system::abi::{Bytes, wasi_functions};
use crate::system::error::NetworkError;
use crate::system::ready::Pollable;
use crate::system::resource::Resource;
use crate::system::state::system;

/// A handle that refers to nothing.
const NONE: u32 = 0;

fn ready() -> u32 {
    let ready = Resource::Pollable(Pollable::Always);
    system(|system| system.add(ready)).unwrap_or(NONE)
}

wasi_functions! {
    // A stream is a terminal if libc gets a handle to a terminal for it.

    fn wasi_cli_terminal_stdin_get_terminal_stdin() => Option<u32> {
        None
    }

    fn wasi_cli_terminal_stdout_get_terminal_stdout() => Option<u32> {
        None
    }

    fn wasi_cli_terminal_stderr_get_terminal_stderr() => Option<u32> {
        None
    }

    fn wasi_cli_terminal_input_drop_terminal_input(_terminal: u32) {}

    fn wasi_cli_terminal_output_drop_terminal_output(_terminal: u32) {}

    fn wasi_sockets_udp_create_socket_create_udp_socket(
        _family: u32,
    ) => Result<u32, NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_udp_socket_start_bind(
        _socket: u32, _network: u32, _kind: u32,
        _0: u32, _1: u32, _2: u32, _3: u32, _4: u32, _5: u32,
        _6: u32, _7: u32, _8: u32, _9: u32, _10: u32,
    ) => Result<(), NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_udp_socket_finish_bind(_socket: u32) => Result<(), NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_udp_socket_stream(
        _socket: u32, _has_address: u32, _kind: u32,
        _0: u32, _1: u32, _2: u32, _3: u32, _4: u32, _5: u32,
        _6: u32, _7: u32, _8: u32, _9: u32, _10: u32,
    ) => Result<(u32, u32), NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_udp_socket_local_address(_socket: u32) => Result<u32, NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_udp_socket_remote_address(_socket: u32) => Result<u32, NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_udp_socket_unicast_hop_limit(_socket: u32) => Result<u8, NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_udp_socket_set_unicast_hop_limit(
        _socket: u32,
        _limit: u32,
    ) => Result<(), NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_udp_socket_receive_buffer_size(_socket: u32) => Result<u64, NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_udp_socket_set_receive_buffer_size(
        _socket: u32,
        _size: u64,
    ) => Result<(), NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_udp_socket_send_buffer_size(_socket: u32) => Result<u64, NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_udp_socket_set_send_buffer_size(
        _socket: u32,
        _size: u64,
    ) => Result<(), NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_incoming_datagram_stream_receive(
        _stream: u32,
        _most: u64,
    ) => Result<Bytes, NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_outgoing_datagram_stream_check_send(
        _stream: u32,
    ) => Result<u64, NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_outgoing_datagram_stream_send(
        _stream: u32,
        _datagrams: &[u8],
    ) => Result<u64, NetworkError> {
        Err(NetworkError::NotSupported)
    }

    fn wasi_sockets_udp_udp_socket_subscribe(_handle: u32) -> u32 {
        ready()
    }

    fn wasi_sockets_udp_incoming_datagram_stream_subscribe(_handle: u32) -> u32 {
        ready()
    }

    fn wasi_sockets_udp_outgoing_datagram_stream_subscribe(_handle: u32) -> u32 {
        ready()
    }

    fn wasi_sockets_udp_drop_udp_socket(_handle: u32) {}

    fn wasi_sockets_udp_drop_incoming_datagram_stream(_handle: u32) {}

    fn wasi_sockets_udp_drop_outgoing_datagram_stream(_handle: u32) {}
}
