//! The engines: wasmtime, with the settings that all images share.
//!
//! One runs all sandboxes of this process; one compiles images, for the processors they are to run
//! on; one compiles what runs once, to boot an image.

use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::sync::Semaphore;
use wasmtime::{
    CacheStore, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy,
};

use crate::cpu::Cpu;
use crate::data::Parts;

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
/// What an instance may use of linear memory, in bytes.
pub(crate) const MEMORY: usize = 1 << 30;
/// The most places that an image's table can have: twice what `fuse` gives it at least.
const TABLE: usize = 1 << 17;
/// How much of a stack and of a table is cleared for the next instance rather than given back, in
/// bytes: to have these pages again takes longer than to clear them.
const STACK_KEPT: usize = 64 << 10;
const TABLE_KEPT: usize = 64 << 10;
/// The core instances of an image: the one module, and two that stand between it and the host.
const CORE_INSTANCES: u32 = 3;
/// The tables of an image: the module's, and that through which the host is called.
const TABLES: u32 = 2;

/// How long an instance may run before others get their turn.
const TICK: Duration = Duration::from_millis(10);

/// The engine that runs the images of this process.
///
/// Its instances come from a pool: what an instance needs of memory, tables and stacks is mapped
/// once, and given back with its pages dropped or cleared, stacks too, so that nothing of one
/// instance is left for the next.
pub(crate) fn engine() -> Result<&'static Engine, wasmtime::Error> {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    if let Some(engine) = ENGINE.get() {
        return Ok(engine);
    }
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(SLOTS)
        .total_core_instances(SLOTS * CORE_INSTANCES)
        .total_memories(SLOTS)
        .total_tables(SLOTS * TABLES)
        .total_stacks(SLOTS)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_component_instance_size(4 << 20)
        .max_core_instance_size(4 << 20)
        .max_memories_per_component(1)
        .max_tables_per_component(TABLES)
        .max_memory_size(MEMORY)
        .async_stack_keep_resident(STACK_KEPT)
        .table_keep_resident(TABLE_KEPT)
        .table_elements(TABLE);
    let mut config = running_config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let engine = match Engine::new(&config) {
        Ok(engine) => engine,
        // There may be too little address space for a pool; it runs without one.
        Err(_) => Engine::new(config.allocation_strategy(InstanceAllocationStrategy::OnDemand))?,
    };
    Ok(ENGINE.get_or_init(|| engine))
}

/// The right to have an instance; who comes first gets it first.
pub(crate) fn slots() -> &'static Semaphore {
    static SLOTS_FREE: Semaphore = Semaphore::const_new(SLOTS as usize);
    &SLOTS_FREE
}

/// An engine that compiles for some processors, and asks `known` for functions first.
pub(crate) fn compiling_engine(
    cpu: Cpu,
    known: Option<Arc<dyn CacheStore>>,
) -> Result<Engine, wasmtime::Error> {
    let mut config = running_config();
    // With a target the engine does not look at this machine's processor.
    if let Some(target) = TARGET {
        config.target(target)?;
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

/// The identity of the engine that compiles for some processors.
pub(crate) fn identity(cpu: Cpu) -> Result<&'static str, wasmtime::Error> {
    static IDENTITIES: [OnceLock<String>; 2] = [const { OnceLock::new() }; 2];
    let identity = &IDENTITIES[usize::from(cpu == Cpu::Native)];
    if let Some(identity) = identity.get() {
        return Ok(identity);
    }
    let engine = compiling_engine(cpu, None)?;
    Ok(identity.get_or_init(|| identity_of(&engine)))
}

/// A hash over an engine's version, its settings, and what it compiles for.
pub(crate) fn identity_of(engine: &Engine) -> String {
    let mut parts = Parts::default();
    engine.precompile_compatibility_hash().hash(&mut parts);
    hex::encode(parts.digest())
}

/// An engine for what runs once: it compiles in a third of the time, to code that is slower.
pub(crate) fn boot_engine() -> Result<Engine, wasmtime::Error> {
    let mut config = config();
    // Winch is complete on x86-64 alone.
    if cfg!(target_arch = "x86_64") {
        config.strategy(Strategy::Winch);
    }
    Engine::new(&config)
}

/// What the code of an image relies on.
fn running_config() -> Config {
    let mut config = config();
    config.epoch_interruption(true);
    config
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .max_wasm_stack(NATIVE_STACK)
        .async_stack_size(NATIVE_STACK + HOST_STACK)
        .async_stack_zeroing(true)
        // It leads from machine code back to places in a module that nobody has a copy of.
        .generate_address_map(false);
    config
}

/// This machine, as the compiler calls it, where a portable processor of it is defined.
const TARGET: Option<&str> = match () {
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
            let engine = engine().ok()?;
            let tick = move || {
                loop {
                    if RUNNING.load(Ordering::Acquire) == 0 {
                        thread::park();
                    }
                    thread::sleep(TICK);
                    engine.increment_epoch();
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
