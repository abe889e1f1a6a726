//! `wasi:random`.

use crate::system::abi::{Bytes, wasi_functions};
use crate::system::host::{fail, fill_random};

wasi_functions! {
    fn wasi_random_random_get_random_bytes(count: u64) => Bytes {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Bytes::make(count, fill_random).unwrap_or_else(|| fail("no memory is left for random bytes"))
    }
}
