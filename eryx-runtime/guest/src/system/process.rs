//! What a program is started with, randomness, and how it ends.

use super::abi::{Bytes, List, answers};
use super::handles::{Input, Output, Resource};
use super::{end, system};
use crate::eryx::sandbox::host;

/// The environment of every program.
const ENVIRONMENT: &[(&str, &str)] = &[("HOME", "/tmp")];

/// How many random bytes the host gives at a time.
const RANDOM_LIMIT: usize = 4096;

/// Writes random bytes.
pub(crate) fn fill_random(to: &mut [u8]) {
    for piece in to.chunks_mut(RANDOM_LIMIT) {
        let count = u32::try_from(piece.len()).unwrap_or_default();
        let random = host::random(count);
        if random.len() != piece.len() {
            end("the host gave too few random bytes");
        }
        piece.copy_from_slice(&random);
    }
}

/// Ends the instance with an exit status.
pub(crate) fn exit(status: i32) -> ! {
    host::exit(status);
    // It does not return.
    std::process::abort();
}

fn open(stream: Resource) -> u32 {
    system(|system| system.add(stream)).unwrap_or_else(|| end("no memory left for a stream"))
}

answers! {
    fn wasi_cli_environment_get_environment() => List<(Bytes, Bytes)> {
        let copy = |text: &str| Bytes::copy(text.as_bytes()).unwrap_or(Bytes::EMPTY);
        let variables = ENVIRONMENT.iter();
        List(variables.map(|(name, value)| (copy(name), copy(value))).collect())
    }

    // What a program is told as `sys.argv` comes by another way.
    fn wasi_cli_environment_get_arguments() => List<Bytes> {
        List(Vec::new())
    }

    fn wasi_cli_exit_exit(is_failure: u32) {
        exit(i32::from(is_failure != 0));
    }

    fn wasi_cli_stdin_get_stdin() -> u32 {
        open(Resource::Input(Input::Host))
    }

    fn wasi_cli_stdout_get_stdout() -> u32 {
        open(Resource::Output(Output::Host(host::Output::Stdout)))
    }

    fn wasi_cli_stderr_get_stderr() -> u32 {
        open(Resource::Output(Output::Host(host::Output::Stderr)))
    }

    fn wasi_random_random_get_random_bytes(count: u64) => Bytes {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Bytes::make(count, fill_random).unwrap_or_else(|| end("no memory left for random bytes"))
    }
}
