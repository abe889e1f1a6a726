//! What a sandbox may ask of its host: the interface `host` in `wit/world.wit`, and nothing else.
//!
//! The functions take and give values as the component model's canonical ABI says; what they are told
//! of places in memory comes from a program that nobody trusts, and is looked at before it is used.

use std::time::{Duration, SystemTime};

use wasmtime::{Caller, Linker, Memory};

use crate::module::world::host::INTERFACE;

use super::canonical_abi as abi;
use super::clock_and_rng::Sources;
use super::host_calls::{Answer, Calls};
use super::limits::Limits;
use super::meter::Meter;
use super::stdio::{Output, Stream, Streams, write_to};

/// How many random bytes may be asked for at a time.
const RANDOM_LIMIT: usize = 4096;
/// How much input is taken at a time, in bytes.
const READ_LIMIT: u32 = 1 << 20;

/// What the host keeps for an instance.
pub(crate) struct Host {
    pub(crate) meter: Meter,
    pub(crate) streams: Streams,
    pub(crate) calls: Calls,
    pub(crate) sources: Sources,
    /// Whether the program has ended the instance itself.
    pub(crate) has_exited: bool,
    /// The instance's memory, once there is one.
    pub(crate) memory: Option<Memory>,
}

/// The program has ended itself, with this exit status.
#[derive(Debug, thiserror::Error)]
#[error("the program exited with status {0}")]
pub(crate) struct Exit(pub(crate) i32);

/// The reader that stdin comes from failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct StdinFailed(pub(crate) String);

impl Host {
    pub(crate) fn new(limits: Limits, calls: Calls, sources: Sources) -> Self {
        Self {
            meter: Meter::new(limits),
            streams: Streams::default(),
            calls,
            sources,
            has_exited: false,
            memory: None,
        }
    }

    /// For an instance that goes on where this one is.
    pub(crate) fn copy(&self) -> Self {
        let calls = Calls::new(self.calls.functions.clone());
        Self::new(self.meter.limits.clone(), calls, self.sources.copy())
    }

    /// Gives all instances of a linker what they may ask for.
    pub(crate) fn add_to(linker: &mut Linker<Self>) -> wasmtime::Result<()> {
        linker.func_wrap(INTERFACE, "monotonic-now", monotonic_now)?;
        linker.func_wrap(INTERFACE, "wall-now", wall_now)?;
        linker.func_wrap_async(INTERFACE, "random", |caller, arguments: (u32, u32)| {
            Box::new(random(caller, arguments))
        })?;
        linker.func_wrap_async(INTERFACE, "sleep", |caller, (nanoseconds,): (u64,)| {
            Box::new(sleep(caller, nanoseconds))
        })?;
        linker.func_wrap_async(INTERFACE, "write", |caller, arguments: (u32, u32, u32)| {
            Box::new(write(caller, arguments))
        })?;
        linker.func_wrap_async(INTERFACE, "read", |caller, arguments: (u32, u32)| {
            Box::new(read(caller, arguments))
        })?;
        linker.func_wrap_async(
            INTERFACE,
            "call",
            |caller, arguments: (u32, u32, u32, u32)| Box::new(call(caller, arguments)),
        )?;
        linker.func_wrap(INTERFACE, "begin", begin)?;
        linker.func_wrap_async(INTERFACE, "next", |caller, arguments: (u64, u32)| {
            Box::new(next(caller, arguments))
        })?;
        linker.func_wrap(INTERFACE, "cancel", cancel)?;
        linker.func_wrap(INTERFACE, "exit", exit)?;
        Ok(())
    }
}

/// `monotonic-now: func() -> u64`
fn monotonic_now(mut caller: Caller<'_, Host>) -> u64 {
    nanoseconds(caller.data_mut().sources.monotonic())
}

/// `wall-now: func() -> u64`
fn wall_now(mut caller: Caller<'_, Host>) -> u64 {
    let now = caller.data_mut().sources.wall();
    // A host whose clock stands before 1970 has no better answer.
    let since = now.duration_since(SystemTime::UNIX_EPOCH);
    nanoseconds(since.unwrap_or_default())
}

/// `random: func(count: u32) -> list<u8>`
async fn random(mut caller: Caller<'_, Host>, (count, answer): (u32, u32)) -> wasmtime::Result<()> {
    let count = count as usize;
    if count > RANDOM_LIMIT {
        return Err(wasmtime::Error::msg(
            "the guest asked for too many random bytes",
        ));
    }
    let mut bytes = vec![0; count];
    let filled = caller.data_mut().sources.fill(&mut bytes);
    filled.map_err(|error| {
        wasmtime::Error::msg(format!("the host has no randomness to give: {error}"))
    })?;
    let (place, size) = give(&mut caller, &bytes).await?;
    let (memory, _) = memory(&mut caller)?;
    abi::write_pair(memory, answer, place, size)
}

/// `sleep: func(nanoseconds: u64)`
async fn sleep(mut caller: Caller<'_, Host>, nanoseconds: u64) -> wasmtime::Result<()> {
    let duration = Duration::from_nanos(nanoseconds);
    let host = caller.data_mut();
    if host.sources.passes(duration) {
        return Ok(());
    }
    host.meter.wait(tokio::time::sleep(duration)).await
}

/// `write: func(to: output, bytes: list<u8>) -> result`
async fn write(
    mut caller: Caller<'_, Host>,
    (to, place, size): (u32, u32, u32),
) -> wasmtime::Result<u32> {
    /// What says that it failed.
    const ERROR: u32 = 1;

    let stream = match to {
        0 => Stream::Stdout,
        1 => Stream::Stderr,
        _ => return Err(wasmtime::Error::msg("the guest wrote to an unknown stream")),
    };
    let (memory, host) = memory(&mut caller)?;
    let bytes = abi::bytes(memory, place, size)?;
    let (fits, passed) = host.meter.print(bytes);
    let bytes = &bytes[..fits];
    match host.streams.write(stream, bytes) {
        Err(_) => return Ok(ERROR),
        Ok(None) => {}
        Ok(Some(mut writer)) => {
            // The memory may not be borrowed while this waits.
            let bytes = bytes.to_vec();
            let written = host.meter.wait(write_to(&mut writer, &bytes)).await?;
            if written.is_err() {
                return Ok(ERROR);
            }
            *caller.data_mut().streams.output(stream) = Output::Writer(writer);
        }
    }
    passed.map_or(Ok(0), |passed| Err(passed.into()))
}

/// `read: func(most: u32) -> list<u8>`
async fn read(mut caller: Caller<'_, Host>, (most, answer): (u32, u32)) -> wasmtime::Result<()> {
    let host = caller.data_mut();
    let mut input = std::mem::take(&mut host.streams.input);
    let reading = input.read(most.min(READ_LIMIT) as usize);
    let bytes = host.meter.wait(reading).await?;
    let bytes = bytes.map_err(|error| StdinFailed(error.to_string()))?;
    caller.data_mut().streams.input = input;
    let (place, size) = give(&mut caller, &bytes).await?;
    let (memory, _) = memory(&mut caller)?;
    abi::write_pair(memory, answer, place, size)
}

/// `call: func(function: u32, arguments: string) -> result<string, failure>`
async fn call(
    mut caller: Caller<'_, Host>,
    (function, place, size, answer): (u32, u32, u32, u32),
) -> wasmtime::Result<()> {
    let (memory, host) = memory(&mut caller)?;
    host.meter.call(size as usize)?;
    let arguments = abi::text(memory, place, size)?;
    let most = host.meter.limits.host_call_bytes;
    let calling = host.calls.call(function, arguments, most)?;
    let came = host.meter.wait(calling).await??;
    give_answer(&mut caller, answer, &came).await
}

/// `begin: func(function: u32, arguments: string) -> u32`
fn begin(
    mut caller: Caller<'_, Host>,
    function: u32,
    place: u32,
    size: u32,
) -> wasmtime::Result<u32> {
    let (memory, host) = memory(&mut caller)?;
    host.meter.call(size as usize)?;
    let arguments = abi::text(memory, place, size)?;
    let most = host.meter.limits.host_call_bytes;
    host.calls.begin(function, arguments, most)
}

/// `next: func(nanoseconds: u64) -> option<finished>`
async fn next(
    mut caller: Caller<'_, Host>,
    (nanoseconds, answer): (u64, u32),
) -> wasmtime::Result<()> {
    let duration = Duration::from_nanos(nanoseconds);
    let host = caller.data_mut();
    let mut calls = std::mem::take(&mut host.calls);
    let next = async {
        if duration.is_zero() {
            // A timer would wait for a millisecond.
            tokio::select! {
                biased;
                finished = calls.next() => Some(finished),
                () = std::future::ready(()) => None,
            }
        } else {
            tokio::time::timeout(duration, calls.next()).await.ok()
        }
    };
    let came = host.meter.wait(next).await?;
    let host = caller.data_mut();
    host.calls = calls;
    match came {
        None => {
            host.sources.passes(duration);
            let (memory, _) = memory(&mut caller)?;
            abi::write(memory, answer, &[0])
        }
        Some(finished) => {
            let (call, came) = finished?;
            let (memory, _) = memory(&mut caller)?;
            abi::write(memory, answer, &[1])?;
            abi::write(memory, abi::offset(answer, 4)?, &call.to_le_bytes())?;
            give_answer(&mut caller, abi::offset(answer, 8)?, &came).await
        }
    }
}

/// `cancel: func(call: u32)`
fn cancel(mut caller: Caller<'_, Host>, call: u32) {
    caller.data_mut().calls.cancel(call);
}

/// `exit: func(status: s32)`
fn exit(mut caller: Caller<'_, Host>, status: i32) -> wasmtime::Result<()> {
    caller.data_mut().has_exited = true;
    Err(Exit(status).into())
}

/// Gives bytes away: their place and number.
async fn give(caller: &mut Caller<'_, Host>, bytes: &[u8]) -> wasmtime::Result<(u32, u32)> {
    let size = u32::try_from(bytes.len())?;
    if bytes.is_empty() {
        // A place that is never looked at.
        return Ok((1, 0));
    }
    let realloc = caller.get_export(abi::REALLOC);
    let realloc = realloc.and_then(wasmtime::Extern::into_func);
    let realloc =
        realloc.ok_or_else(|| wasmtime::Error::msg("the guest does not export `cabi_realloc`"))?;
    let realloc = realloc.typed::<(u32, u32, u32, u32), u32>(&*caller)?;
    let place = realloc.call_async(&mut *caller, (0, 0, 1, size)).await?;
    let (memory, _) = memory(caller)?;
    abi::write(memory, place, bytes)?;
    Ok((place, size))
}

/// Gives a `result<string, failure>`.
async fn give_answer(
    caller: &mut Caller<'_, Host>,
    to: u32,
    answer: &Answer,
) -> wasmtime::Result<()> {
    let (is_error, texts) = match answer {
        Answer::Json(json) => (0, [Some(json), None]),
        Answer::Exception(raised) => (1, [Some(&raised.type_name), Some(&raised.message)]),
        Answer::TooLarge => return Err(caller.data().meter.call_too_large().into()),
    };
    let size = texts.iter().flatten().map(|text| text.len()).sum();
    caller.data().meter.check_call(size)?;
    for (index, text) in (0..).zip(texts.into_iter().flatten()) {
        let (place, size) = give(caller, text.as_bytes()).await?;
        let (memory, _) = memory(caller)?;
        abi::write_pair(memory, abi::offset(to, 4 + 8 * index)?, place, size)?;
    }
    let (memory, _) = memory(caller)?;
    abi::write(memory, to, &[is_error])
}

/// The memory of the instance that calls, and what the host keeps for it.
fn memory<'c>(caller: &'c mut Caller<'_, Host>) -> wasmtime::Result<(&'c mut [u8], &'c mut Host)> {
    let memory = caller.data().memory;
    // It is known before anything is called.
    let memory = memory.ok_or_else(|| wasmtime::Error::msg("the guest has no memory"))?;
    Ok(memory.data_and_store_mut(caller))
}

/// As many as fit, which is for 584 years.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
