//! The engines: wasmtime, with the settings that all images share.
//!
//! One runs all sandboxes of this process; others compile, for the processors that the code is to
//! run on.

use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::sync::Semaphore;
use wasmtime::{CacheStore, Config, Engine, InstanceAllocationStrategy};

use crate::cpu::Cpu;
use crate::data::Parts;
use crate::pool::{Memories, Stacks};

/// The native stack of an instance, in bytes: 32 times what `link::STACK` is, so that Python runs
/// into its own limit first and raises an exception. Measured with deeply nested data and calls of
/// all kinds; at less, some of them trap.
const NATIVE_STACK: usize = 32 << 20;
/// What host functions have below that, in bytes. With none at all they would overrun the stack of
/// the host's own process.
const HOST_STACK: usize = 2 << 20;

/// How many instances there can be at a time. Each takes 4 GiB of address space, which costs
/// nothing until it is used.
const SLOTS: u32 = 128;
/// How much of a memory is written over for the next instance rather than given back, in bytes,
/// unless [`keep_resident`] says otherwise.
const MEMORY_KEPT: usize = 4 << 20;
/// The same of a stack.
const STACK_KEPT: usize = 64 << 10;

static KEPT: OnceLock<usize> = OnceLock::new();

/// Sets how much memory stays with each place for an instance after the instance has ended, in bytes:
/// 4 MiB if it is not set. There are at most 128 such places.
///
/// What an instance wrote to is never seen by another. Up to so many bytes of it are written over with
/// what the image has there; the rest is given back to the system. To have a page back from the system
/// takes ten times as long, so 0 makes instances slow to start and the process small.
///
/// False if it was too late: this has to come before the first image is made or loaded.
///
/// ```
/// // As the first thing in a program:
/// assert!(eryx_runtime::keep_resident(1 << 20));
/// assert!(!eryx_runtime::keep_resident(0));
/// ```
pub fn keep_resident(bytes: usize) -> bool {
    KEPT.set(bytes).is_ok()
}

/// How long an instance may run before others get their turn.
const TICK: Duration = Duration::from_millis(10);

/// What code is compiled for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) cpu: Cpu,
    /// Whether it measures fuel.
    pub(crate) fuel: bool,
}

/// The engines of this process: one without fuel, and one that measures it.
static ENGINES: [OnceLock<Engine>; 2] = [const { OnceLock::new() }; 2];

/// The engine that runs the images of this process, of those that measure fuel or of the others.
///
/// What its instances need of memory and of stacks comes from a [`pool`](crate::pool) of our own.
pub(crate) fn engine(fuel: bool) -> Result<&'static Engine, wasmtime::Error> {
    type Pools = (Option<Arc<Memories>>, Option<Arc<Stacks>>);
    /// Both engines take from the same places.
    static POOLS: OnceLock<Pools> = OnceLock::new();

    let engine = &ENGINES[usize::from(fuel)];
    if let Some(engine) = engine.get() {
        return Ok(engine);
    }
    let mut config = running_config(fuel);
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    let (memories, stacks) = POOLS.get_or_init(|| {
        let kept = *KEPT.get_or_init(|| MEMORY_KEPT);
        let memories = Memories::new(SLOTS as usize, kept);
        let stacks = Stacks::new(SLOTS as usize, STACK_KEPT);
        (memories.map(Arc::new), stacks.map(Arc::new))
    });
    if let Some(memories) = memories {
        config.with_host_memory(memories.clone());
    }
    if let Some(stacks) = stacks {
        config.with_host_stack(stacks.clone());
    }
    let made = Engine::new(&config)?;
    Ok(engine.get_or_init(|| made))
}

/// Whether an engine measures fuel.
pub(crate) fn has_fuel(engine: &Engine) -> bool {
    let [_, with_fuel] = &ENGINES;
    with_fuel
        .get()
        .is_some_and(|with_fuel| Engine::same(with_fuel, engine))
}

/// The right to have an instance; who comes first gets it first.
pub(crate) fn slots() -> &'static Semaphore {
    static SLOTS_FREE: Semaphore = Semaphore::const_new(SLOTS as usize);
    &SLOTS_FREE
}

/// An engine that compiles for a target, and asks `known` for functions first.
pub(crate) fn compiling_engine(
    Target { cpu, fuel }: Target,
    known: Option<Arc<dyn CacheStore>>,
) -> Result<Engine, wasmtime::Error> {
    let mut config = running_config(fuel);
    // With a target the engine does not look at this machine's processor.
    if let Some(triple) = TRIPLE {
        config.target(triple)?;
        for feature in cpu.features() {
            #[expect(unsafe_code, reason = "the engine takes it in no other way")]
            // SAFETY: these are names of processor features; an image is only loaded on a machine
            // that has them.
            unsafe {
                config.cranelift_flag_enable(feature.flag);
            }
        }
    }
    if let Some(known) = known {
        config.enable_incremental_compilation(known)?;
    }
    Engine::new(&config)
}

/// The identity of the engine that compiles for a target.
pub(crate) fn identity(target: Target) -> Result<&'static str, wasmtime::Error> {
    static IDENTITIES: [OnceLock<String>; 4] = [const { OnceLock::new() }; 4];
    let index = usize::from(target.cpu == Cpu::Native) + 2 * usize::from(target.fuel);
    let identity = &IDENTITIES[index];
    if let Some(identity) = identity.get() {
        return Ok(identity);
    }
    let engine = compiling_engine(target, None)?;
    Ok(identity.get_or_init(|| identity_of(&engine)))
}

/// A hash over an engine's version, its settings, and what it compiles for.
pub(crate) fn identity_of(engine: &Engine) -> String {
    let mut parts = Parts::default();
    engine.precompile_compatibility_hash().hash(&mut parts);
    hex::encode(parts.digest())
}

/// What the code of an image relies on.
fn running_config(fuel: bool) -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .consume_fuel(fuel)
        .max_wasm_stack(NATIVE_STACK)
        .async_stack_size(NATIVE_STACK + HOST_STACK)
        .async_stack_zeroing(true)
        // What is in a memory at first is our own business, see `pool`.
        .memory_init_cow(false)
        // It leads from machine code back to places in a module that nobody has a copy of.
        .generate_address_map(false);
    config
}

/// This machine, as the compiler calls it, where a portable processor of it is defined.
const TRIPLE: Option<&str> = match () {
    () if cfg!(all(target_arch = "x86_64", target_os = "linux")) => {
        Some("x86_64-unknown-linux-gnu")
    }
    () if cfg!(all(target_arch = "aarch64", target_os = "linux")) => {
        Some("aarch64-unknown-linux-gnu")
    }
    () if cfg!(all(target_arch = "x86_64", target_os = "macos")) => Some("x86_64-apple-darwin"),
    () if cfg!(all(target_arch = "aarch64", target_os = "macos")) => Some("aarch64-apple-darwin"),
    () if cfg!(all(target_arch = "x86_64", target_os = "windows")) => {
        Some("x86_64-pc-windows-msvc")
    }
    () => None,
};

/// How many instances are running, and the thread that ticks for them.
static RUNNING: AtomicUsize = AtomicUsize::new(0);
static TICKER: OnceLock<Option<Thread>> = OnceLock::new();

/// While it lives, running instances yield to their executor at every tick, so that a program that
/// never ends can be dropped.
pub(crate) struct Ticking(());

impl Ticking {
    pub(crate) fn start() -> Self {
        let ticker = TICKER.get_or_init(|| {
            let tick = move || {
                loop {
                    if RUNNING.load(Ordering::Acquire) == 0 {
                        thread::park();
                    }
                    thread::sleep(TICK);
                    for engine in ENGINES.iter().filter_map(OnceLock::get) {
                        engine.increment_epoch();
                    }
                }
            };
            let builder = thread::Builder::new().name("eryx-ticker".to_owned());
            builder
                .spawn(tick)
                .ok()
                .map(|handle| handle.thread().clone())
        });
        if RUNNING.fetch_add(1, Ordering::AcqRel) == 0
            && let Some(ticker) = ticker
        {
            ticker.unpark();
        }
        Self(())
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::AcqRel);
    }
}
