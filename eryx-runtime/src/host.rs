//! What a sandbox may ask of its host: the interface `host` in `wit/world.wit`, and nothing else.

use std::time::{Duration, Instant, SystemTime};

use wasmtime::component::{HasSelf, Linker};
use wasmtime::{StoreLimits, StoreLimitsBuilder};

use crate::engine::MEMORY;
use crate::output::Output;

pub(crate) mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "sandbox",
        imports: {
            "eryx:sandbox/host@0.1.0.sleep": async | trappable,
            default: trappable,
        },
        exports: { default: async },
    });
}

use bindings::eryx::sandbox::host::{self, Output as To, WriteError};

/// How many random bytes may be asked for at a time.
const RANDOM_LIMIT: u32 = 4096;

/// What the host keeps for an instance.
pub(crate) struct Host {
    stdout: Output,
    stderr: Output,
    started: Instant,
    pub(crate) limits: StoreLimits,
}

/// The program has ended itself, with this exit status.
#[derive(Debug, thiserror::Error)]
#[error("the program exited with status {0}")]
pub(crate) struct Exit(pub(crate) i32);

impl Host {
    pub(crate) fn new(stdout: Output, stderr: Output) -> Self {
        Self {
            stdout,
            stderr,
            started: Instant::now(),
            limits: StoreLimitsBuilder::new().memory_size(MEMORY).build(),
        }
    }

    /// Gives all instances of a linker what they may ask for.
    pub(crate) fn add_to(linker: &mut Linker<Self>) -> wasmtime::Result<()> {
        host::add_to_linker::<Self, HasSelf<Self>>(linker, |host| host)
    }
}

impl host::Host for Host {
    fn monotonic_now(&mut self) -> wasmtime::Result<u64> {
        Ok(nanoseconds(self.started.elapsed()))
    }

    fn wall_now(&mut self) -> wasmtime::Result<u64> {
        // A host whose clock stands before 1970 has no better answer.
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Ok(nanoseconds(since.unwrap_or_default()))
    }

    fn random(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        if count > RANDOM_LIMIT {
            return Err(wasmtime::Error::msg("it asked for too many random bytes"));
        }
        let mut bytes = vec![0; count as usize];
        getrandom::fill(&mut bytes).map_err(|error| {
            wasmtime::Error::msg(format!("the host has no randomness to give: {error}"))
        })?;
        Ok(bytes)
    }

    async fn sleep(&mut self, duration: u64) -> wasmtime::Result<()> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(wasmtime::Error::msg(
                "a program can only sleep where a tokio runtime runs it",
            ));
        }
        tokio::time::sleep(Duration::from_nanos(duration)).await;
        Ok(())
    }

    fn write(&mut self, to: To, bytes: Vec<u8>) -> wasmtime::Result<Result<(), WriteError>> {
        let output = match to {
            To::Stdout => &self.stdout,
            To::Stderr => &self.stderr,
        };
        Ok(output.write(&bytes).map_err(|_| WriteError::Full))
    }

    fn exit(&mut self, status: i32) -> wasmtime::Result<()> {
        Err(Exit(status).into())
    }
}

/// As many as fit, which is for 584 years.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
