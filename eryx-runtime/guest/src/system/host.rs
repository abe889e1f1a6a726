//! What the system asks of the host directly: time, randomness, and the end of the instance.

use crate::bindings::eryx::sandbox::host;

pub(crate) use host::Output;
pub(super) use host::{monotonic_now, read, sleep, wall_now, write};

/// The most random bytes that the host returns at once.
const RANDOM_LIMIT: usize = 4096;

/// Fills a buffer with random bytes.
pub(crate) fn fill_random(buffer: &mut [u8]) {
    for piece in buffer.chunks_mut(RANDOM_LIMIT) {
        let count = u32::try_from(piece.len()).unwrap_or_default();
        let random = host::random(count);
        if random.len() != piece.len() {
            fail("the host returned too few random bytes");
        }
        piece.copy_from_slice(&random);
    }
}

/// Ends the instance with an exit status.
pub(crate) fn exit(status: i32) -> ! {
    host::exit(status);
    // `exit` does not return.
    std::process::abort();
}

/// Ends the instance with a trap, after writing the reason to stderr.
pub(super) fn fail(reason: &str) -> ! {
    let message = format!("eryx: {reason}\n");
    // If the host no longer takes stderr, nothing is left to report to.
    let _ = write(Output::Stderr, message.as_bytes());
    std::process::abort();
}
