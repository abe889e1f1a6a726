//! The functions that the guest imports: the interface `host` in `wit/world.wit`. Nothing else of
//! the host is reachable from a sandbox.
//!
//! Values cross by the canonical ABI. Pointers and lengths come from the untrusted guest, and are
//! checked before use.

use std::time::{Duration, SystemTime};

use wasmtime::{Caller, Linker, Memory};

use crate::module::world::host::INTERFACE;

use super::canonical_abi as abi;
use super::clock_and_rng::ClockAndRng;
use super::host_calls::{Answer, Calls};
use super::limits::Limits;
use super::meter::Meter;
use super::stdio::{Output, Stream, Streams, write_to};

/// The limit on the number of random bytes in one call.
const RANDOM_LIMIT: usize = 4096;
/// The most bytes of stdin that one call returns.
const READ_LIMIT: u32 = 1 << 20;

/// The host's state of an instance.
pub(crate) struct Host {
    pub(crate) meter: Meter,
    pub(crate) streams: Streams,
    pub(crate) calls: Calls,
    pub(crate) clock_and_rng: ClockAndRng,
    /// Whether the guest has called `exit`.
    pub(crate) has_exited: bool,
    /// The instance's memory; None until it is instantiated.
    pub(crate) memory: Option<Memory>,
}

/// The error that ends an instance when the guest calls `exit` with this status.
#[derive(Debug, thiserror::Error)]
#[error("the program exited with status {0}")]
pub(crate) struct Exit(pub(crate) i32);

/// The error that ends an instance when the reader of its stdin fails.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct StdinFailed(pub(crate) String);

impl Host {
    /// Creates the state of a new instance.
    pub(crate) fn new(limits: Limits, calls: Calls, clock_and_rng: ClockAndRng) -> Self {
        Self {
            meter: Meter::new(limits),
            streams: Streams::default(),
            calls,
            clock_and_rng,
            has_exited: false,
            memory: None,
        }
    }

    /// Creates the state of a copy of the instance.
    pub(crate) fn copy(&self) -> Self {
        let calls = Calls::new(self.calls.functions.clone());
        Self::new(self.meter.limits.clone(), calls, self.clock_and_rng.copy())
    }

    /// Defines the imports in a linker.
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
    nanoseconds(caller.data_mut().clock_and_rng.monotonic())
}

/// `wall-now: func() -> u64`
fn wall_now(mut caller: Caller<'_, Host>) -> u64 {
    let now = caller.data_mut().clock_and_rng.wall();
    // A host clock before 1970 is reported as 1970.
    let since = now.duration_since(SystemTime::UNIX_EPOCH);
    nanoseconds(since.unwrap_or(Duration::ZERO))
}

/// `random: func(count: u32) -> list<u8>`
async fn random(
    mut caller: Caller<'_, Host>,
    (count, return_pointer): (u32, u32),
) -> wasmtime::Result<()> {
    let count = count as usize;
    if count > RANDOM_LIMIT {
        return Err(wasmtime::Error::msg(format!(
            "the guest requested {count} random bytes, and {RANDOM_LIMIT} are allowed"
        )));
    }
    let mut bytes = vec![0; count];
    let filled = caller.data_mut().clock_and_rng.fill(&mut bytes);
    filled.map_err(|error| {
        wasmtime::Error::msg(format!(
            "the host's random number generator failed: {error}"
        ))
    })?;
    let list = lower_bytes(&mut caller, &bytes).await?;
    let (memory, _) = memory(&mut caller)?;
    abi::write_list(memory, return_pointer, list)
}

/// `sleep: func(nanoseconds: u64)`
async fn sleep(mut caller: Caller<'_, Host>, nanoseconds: u64) -> wasmtime::Result<()> {
    let duration = Duration::from_nanos(nanoseconds);
    let host = caller.data_mut();
    if host.clock_and_rng.skip_sleep(duration) {
        return Ok(());
    }
    host.meter.wait(tokio::time::sleep(duration)).await
}

/// `write: func(to: output, bytes: list<u8>) -> result`
async fn write(
    mut caller: Caller<'_, Host>,
    (to, pointer, size): (u32, u32, u32),
) -> wasmtime::Result<u32> {
    /// The discriminants of a `result`.
    const OK: u32 = 0;
    const ERROR: u32 = 1;

    let stream = match to {
        0 => Stream::Stdout,
        1 => Stream::Stderr,
        _ => return Err(wasmtime::Error::msg("the guest wrote to an unknown stream")),
    };
    let (memory, host) = memory(&mut caller)?;
    let bytes = abi::bytes(memory, pointer, size)?;
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
    passed.map_or(Ok(OK), |passed| Err(passed.into()))
}

/// `read: func(limit: u32) -> list<u8>`
async fn read(
    mut caller: Caller<'_, Host>,
    (limit, return_pointer): (u32, u32),
) -> wasmtime::Result<()> {
    let host = caller.data_mut();
    let mut input = std::mem::take(&mut host.streams.input);
    let reading = input.read(limit.min(READ_LIMIT) as usize);
    let bytes = host.meter.wait(reading).await?;
    let bytes = bytes.map_err(|error| StdinFailed(error.to_string()))?;
    caller.data_mut().streams.input = input;
    let list = lower_bytes(&mut caller, &bytes).await?;
    let (memory, _) = memory(&mut caller)?;
    abi::write_list(memory, return_pointer, list)
}

/// `call: func(function: u32, arguments: string) -> result<string, failure>`
async fn call(
    mut caller: Caller<'_, Host>,
    (function, pointer, size, return_pointer): (u32, u32, u32, u32),
) -> wasmtime::Result<()> {
    let (memory, host) = memory(&mut caller)?;
    host.meter.call(size as usize)?;
    let arguments = abi::string(memory, pointer, size)?;
    let limit = host.meter.limits.host_call_bytes;
    let call = host.calls.call(function, arguments, limit)?;
    let answer = host.meter.wait(call).await??;
    lower_answer(&mut caller, return_pointer, &answer).await
}

/// `begin: func(function: u32, arguments: string) -> u32`
fn begin(
    mut caller: Caller<'_, Host>,
    function: u32,
    pointer: u32,
    size: u32,
) -> wasmtime::Result<u32> {
    let (memory, host) = memory(&mut caller)?;
    host.meter.call(size as usize)?;
    let arguments = abi::string(memory, pointer, size)?;
    let limit = host.meter.limits.host_call_bytes;
    host.calls.begin(function, arguments, limit)
}

/// `next: func(nanoseconds: u64) -> option<finished>`
async fn next(
    mut caller: Caller<'_, Host>,
    (nanoseconds, return_pointer): (u64, u32),
) -> wasmtime::Result<()> {
    let duration = Duration::from_nanos(nanoseconds);
    let host = caller.data_mut();
    let mut calls = std::mem::take(&mut host.calls);
    let next = async {
        if duration.is_zero() {
            // A poll: a timer would wait for at least a millisecond.
            tokio::select! {
                biased;
                finished = calls.next() => Some(finished),
                () = std::future::ready(()) => None,
            }
        } else {
            tokio::time::timeout(duration, calls.next()).await.ok()
        }
    };
    let finished = host.meter.wait(next).await?;
    let host = caller.data_mut();
    host.calls = calls;
    match finished {
        None => {
            host.clock_and_rng.skip_sleep(duration);
            let (memory, _) = memory(&mut caller)?;
            abi::write(memory, return_pointer, &[0])
        }
        Some(finished) => {
            let (call, answer) = finished?;
            let (memory, _) = memory(&mut caller)?;
            abi::write(memory, return_pointer, &[1])?;
            abi::write(memory, abi::offset(return_pointer, 4)?, &call.to_le_bytes())?;
            lower_answer(&mut caller, abi::offset(return_pointer, 8)?, &answer).await
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

/// Lowers a `string` or `list<u8>`; returns its pointer and length.
async fn lower_bytes(caller: &mut Caller<'_, Host>, bytes: &[u8]) -> wasmtime::Result<(u32, u32)> {
    let size = u32::try_from(bytes.len())?;
    if bytes.is_empty() {
        // Any non-null pointer: the guest does not dereference it.
        return Ok((1, 0));
    }
    let realloc = caller.get_export(abi::REALLOC);
    let realloc = realloc.and_then(wasmtime::Extern::into_func);
    let realloc =
        realloc.ok_or_else(|| wasmtime::Error::msg("the guest does not export `cabi_realloc`"))?;
    let realloc = realloc.typed::<(u32, u32, u32, u32), u32>(&*caller)?;
    let pointer = realloc.call_async(&mut *caller, (0, 0, 1, size)).await?;
    let (memory, _) = memory(caller)?;
    abi::write(memory, pointer, bytes)?;
    Ok((pointer, size))
}

/// Lowers a `result<string, failure>`.
async fn lower_answer(
    caller: &mut Caller<'_, Host>,
    pointer: u32,
    answer: &Answer,
) -> wasmtime::Result<()> {
    let (is_error, strings) = match answer {
        Answer::Json(json) => (0, [Some(json), None]),
        Answer::Exception(raised) => (1, [Some(&raised.type_name), Some(&raised.message)]),
        Answer::TooLarge => return Err(caller.data().meter.call_too_large().into()),
    };
    let size = strings.iter().flatten().map(|string| string.len()).sum();
    caller.data().meter.check_call(size)?;
    for (index, string) in (0..).zip(strings.into_iter().flatten()) {
        let list = lower_bytes(caller, string.as_bytes()).await?;
        let (memory, _) = memory(caller)?;
        abi::write_list(memory, abi::offset(pointer, 4 + 8 * index)?, list)?;
    }
    let (memory, _) = memory(caller)?;
    abi::write(memory, pointer, &[is_error])
}

/// Returns the memory of the calling instance and the host's state of it.
fn memory<'c>(caller: &'c mut Caller<'_, Host>) -> wasmtime::Result<(&'c mut [u8], &'c mut Host)> {
    let memory = caller.data().memory;
    // The memory is set before the first call.
    let memory = memory.ok_or_else(|| wasmtime::Error::msg("the guest has no memory"))?;
    Ok(memory.data_and_store_mut(caller))
}

/// Converts to nanoseconds; a `u64` holds 584 years.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
