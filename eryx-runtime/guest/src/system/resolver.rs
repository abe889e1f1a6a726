//! Looking names up: there are none but `localhost`, and addresses that are numbers already.

use std::net::Ipv4Addr;

use super::abi::{Lower, answers};
use super::error::NetworkError;
use super::handles::Resource;
use super::poll::Pollable;
use super::{close, end, system};

/// The answers to a look-up that are still to be given.
pub(crate) struct Answers(Option<Ipv4Addr>);

impl Answers {
    fn to(name: &[u8]) -> Result<Self, NetworkError> {
        let name = std::str::from_utf8(name).map_err(|_| NetworkError::InvalidArgument)?;
        if name.trim_end_matches('.').eq_ignore_ascii_case("localhost") {
            return Ok(Self(Some(Ipv4Addr::LOCALHOST)));
        }
        let address = name.parse().map_err(|_| NetworkError::NameUnresolvable)?;
        Ok(Self(Some(address)))
    }
}

/// `ip-address`, of IPv4.
struct Address(Ipv4Addr);

impl Lower for Address {
    const SIZE: usize = 18;
    const ALIGN: usize = 2;

    unsafe fn lower(self, to: *mut u8) {
        let [a, b, c, d] = self.0.octets();
        // SAFETY: the caller's promise. The case of IPv4 is 0, and the shorter one.
        unsafe {
            to.write(0);
            (a, b, c, d).lower(to.add(2));
        }
    }
}

answers! {
    fn wasi_sockets_ip_name_lookup_resolve_addresses(
        _network: u32,
        name: &[u8],
    ) => Result<u32, NetworkError> {
        let answers = Answers::to(name)?;
        let handle = system(|system| system.add(Resource::Answers(answers)));
        handle.ok_or(NetworkError::OutOfMemory)
    }

    fn wasi_sockets_ip_name_lookup_resolve_address_stream_resolve_next_address(
        answers: u32,
    ) => Result<Option<Address>, NetworkError> {
        system(|system| match system.handles.get_mut(answers) {
            Some(Resource::Answers(answers)) => Ok(answers.0.take().map(Address)),
            _ => Err(NetworkError::InvalidState),
        })
    }

    fn wasi_sockets_ip_name_lookup_resolve_address_stream_subscribe(_answers: u32) -> u32 {
        system(|system| system.add(Resource::Pollable(Pollable::Ready)))
            .unwrap_or_else(|| end("no memory left to wait for a name"))
    }

    fn wasi_sockets_ip_name_lookup_drop_resolve_address_stream(answers: u32) {
        close(answers);
    }
}
