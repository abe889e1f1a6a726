//! Name lookup: `localhost`, and addresses that are written as numbers.

use std::net::Ipv4Addr;

use crate::system::error::NetworkError;

/// The addresses of a name that were not returned yet.
pub(crate) struct Addresses(Option<Ipv4Addr>);

impl Addresses {
    /// Looks a name up.
    pub(crate) fn of(name: &[u8]) -> Result<Self, NetworkError> {
        let name = std::str::from_utf8(name).map_err(|_| NetworkError::InvalidArgument)?;
        if name.trim_end_matches('.').eq_ignore_ascii_case("localhost") {
            return Ok(Self(Some(Ipv4Addr::LOCALHOST)));
        }
        let address = name.parse().map_err(|_| NetworkError::NameUnresolvable)?;
        Ok(Self(Some(address)))
    }
}

impl Iterator for Addresses {
    type Item = Ipv4Addr;

    fn next(&mut self) -> Option<Ipv4Addr> {
        self.0.take()
    }
}
