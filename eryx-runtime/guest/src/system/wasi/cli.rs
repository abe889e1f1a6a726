//! `wasi:cli`: environment, arguments, exit and the standard streams.

use crate::system::abi::{Bytes, List, wasi_functions};
use crate::system::host::{self, fail};
use crate::system::resource::{Input, Output, Resource};
use crate::system::state::system;

/// The environment of every program.
const ENVIRONMENT: &[(&str, &str)] = &[("HOME", "/tmp")];

fn open(stream: Resource) -> u32 {
    system(|system| system.add(stream)).unwrap_or_else(|| fail("no memory is left for a stream"))
}

wasi_functions! {
    fn wasi_cli_environment_get_environment() => List<(Bytes, Bytes)> {
        let copy = |text: &str| Bytes::copy(text.as_bytes()).unwrap_or(Bytes::EMPTY);
        let variables = ENVIRONMENT.iter();
        List(variables.map(|(name, value)| (copy(name), copy(value))).collect())
    }

    // `sys.argv` is set by the driver.
    fn wasi_cli_environment_get_arguments() => List<Bytes> {
        List(Vec::new())
    }

    fn wasi_cli_exit_exit(is_failure: u32) {
        host::exit(i32::from(is_failure != 0));
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
}
