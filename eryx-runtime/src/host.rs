//! What a sandbox may ask of its host: the interface `host` in `wit/world.wit`, and nothing else.
//!
//! The functions take and give values as the component model's canonical ABI says; what they are told
//! of places in memory comes from a program that nobody trusts, and is looked at before it is used.

use std::time::{Duration, Instant, SystemTime};

use wasmtime::{Caller, Linker, Memory, StoreLimits, StoreLimitsBuilder};

use crate::abi;
use crate::engine::MEMORY;
use crate::output::Output;

/// The interface, as the base's module imports it.
pub(crate) const INTERFACE: &str = "eryx:sandbox/host@0.1.0";

/// How many random bytes may be asked for at a time.
const RANDOM_LIMIT: usize = 4096;

/// What the host keeps for an instance.
pub(crate) struct Host {
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
    /// Whether the program has ended the instance itself.
    pub(crate) has_exited: bool,
    started: Instant,
    pub(crate) limits: StoreLimits,
    /// The instance's memory, once there is one.
    pub(crate) memory: Option<Memory>,
}

/// The program has ended itself, with this exit status.
#[derive(Debug, thiserror::Error)]
#[error("the program exited with status {0}")]
pub(crate) struct Exit(pub(crate) i32);

impl Host {
    pub(crate) fn new() -> Self {
        Self::of(Instant::now())
    }

    /// For an instance that goes on where this one is.
    pub(crate) fn copy(&self) -> Self {
        Self::of(self.started)
    }

    fn of(started: Instant) -> Self {
        Self {
            stdout: Output::kept(),
            stderr: Output::kept(),
            has_exited: false,
            started,
            limits: StoreLimitsBuilder::new().memory_size(MEMORY).build(),
            memory: None,
        }
    }

    /// Gives all instances of a linker what they may ask for.
    pub(crate) fn add_to(linker: &mut Linker<Self>) -> wasmtime::Result<()> {
        linker.func_wrap(INTERFACE, "monotonic-now", monotonic_now)?;
        linker.func_wrap(INTERFACE, "wall-now", wall_now)?;
        linker.func_wrap_async(INTERFACE, "random", |caller, (count, answer)| {
            Box::new(random(caller, count, answer))
        })?;
        linker.func_wrap_async(INTERFACE, "sleep", |_, (nanoseconds,)| {
            Box::new(sleep(nanoseconds))
        })?;
        linker.func_wrap(INTERFACE, "write", write)?;
        linker.func_wrap(INTERFACE, "exit", exit)?;
        Ok(())
    }
}

/// `monotonic-now: func() -> u64`
#[expect(clippy::needless_pass_by_value, reason = "so the engine calls it")]
fn monotonic_now(caller: Caller<'_, Host>) -> u64 {
    nanoseconds(caller.data().started.elapsed())
}

/// `wall-now: func() -> u64`
fn wall_now() -> u64 {
    // A host whose clock stands before 1970 has no better answer.
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    nanoseconds(since.unwrap_or_default())
}

/// `random: func(count: u32) -> list<u8>`
async fn random(mut caller: Caller<'_, Host>, count: u32, answer: u32) -> wasmtime::Result<()> {
    let count = count as usize;
    if count > RANDOM_LIMIT {
        return Err(wasmtime::Error::msg("it asked for too many random bytes"));
    }
    let mut bytes = vec![0; count];
    getrandom::fill(&mut bytes).map_err(|error| {
        wasmtime::Error::msg(format!("the host has no randomness to give: {error}"))
    })?;
    let realloc = caller.get_export(abi::REALLOC);
    let realloc = realloc.and_then(wasmtime::Extern::into_func);
    let realloc = realloc.ok_or_else(|| wasmtime::Error::msg("it has no way to be given bytes"))?;
    let realloc = realloc.typed::<(u32, u32, u32, u32), u32>(&caller)?;
    let size = u32::try_from(count)?;
    let place = realloc.call_async(&mut caller, (0, 0, 1, size)).await?;
    let (memory, _) = memory(&mut caller)?;
    abi::write(memory, place, &bytes)?;
    abi::write_pair(memory, answer, place, size)
}

/// `sleep: func(nanoseconds: u64)`
async fn sleep(nanoseconds: u64) -> wasmtime::Result<()> {
    if tokio::runtime::Handle::try_current().is_err() {
        return Err(wasmtime::Error::msg(
            "a program can only sleep where a tokio runtime runs it",
        ));
    }
    tokio::time::sleep(Duration::from_nanos(nanoseconds)).await;
    Ok(())
}

/// `write: func(to: output, bytes: list<u8>) -> result<_, write-error>`
fn write(
    mut caller: Caller<'_, Host>,
    to: u32,
    place: u32,
    size: u32,
    answer: u32,
) -> wasmtime::Result<()> {
    let (memory, host) = memory(&mut caller)?;
    let output = match to {
        0 => &host.stdout,
        1 => &host.stderr,
        _ => return Err(wasmtime::Error::msg("it wrote to a stream that is none")),
    };
    let is_full = output.write(abi::bytes(memory, place, size)?).is_err();
    // The error `full` is the first of `write-error`.
    abi::write(memory, answer, &[u8::from(is_full), 0])
}

/// `exit: func(status: s32)`
fn exit(mut caller: Caller<'_, Host>, status: i32) -> wasmtime::Result<()> {
    caller.data_mut().has_exited = true;
    Err(Exit(status).into())
}

/// The memory of the instance that calls, and what the host keeps for it.
fn memory<'c>(caller: &'c mut Caller<'_, Host>) -> wasmtime::Result<(&'c mut [u8], &'c mut Host)> {
    let memory = caller.data().memory;
    // It is known before anything is called.
    let memory = memory.ok_or_else(|| wasmtime::Error::msg("it has no memory"))?;
    Ok(memory.data_and_store_mut(caller))
}

/// As many as fit, which is for 584 years.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
