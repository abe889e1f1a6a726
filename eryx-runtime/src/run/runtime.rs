//! The runtime: the engines, slots, machine code and epoch ticker that instances share.

use std::fmt;
use std::sync::{Arc, OnceLock};

use tokio::sync::Semaphore;
use wasmtime::{Config, Engine, InstanceAllocationStrategy};

use super::epoch_ticker::EpochTicker;
use super::machine;
use super::pool::{Memories, Stacks};
#[cfg(feature = "build")]
use crate::module::loaded_code::LoadedCode;

/// The size of an instance's native stack in bytes: 32 times the stack in linear memory, so that
/// Python reaches its own limit first and raises an exception. Measured with deeply nested data and
/// calls of all kinds: with a smaller stack, some of them trap.
pub(crate) const NATIVE_STACK: usize = 32 << 20;
/// The additional stack of host functions, in bytes: they run on the same native stack.
const HOST_STACK: usize = 2 << 20;

/// The limit on the resident memory of one free slot, in bytes, within
/// [`RuntimeBuilder::resident_memory`].
const RESIDENT_IN_SLOT: usize = 4 << 20;
/// The limit on the resident memory of one free stack, in bytes.
const RESIDENT_IN_STACK: usize = 64 << 10;

/// The resources that instances share: wasmtime's engines, the slots for memories and stacks,
/// loaded machine code, and the thread that makes running instances yield.
///
/// Most programs use [`Runtime::default`]. Build another to choose the number of slots and the
/// resident memory, or to keep two parts of a process from waiting for each other's slots. Two
/// runtimes share nothing but the pages of files that both map.
///
/// Cheap to clone; all clones are the same runtime. It returns its memory and its thread to the
/// system when the last clone, image, sandbox and session of it is dropped.
///
/// ```
/// let runtime = eryx_runtime::Runtime::builder().slots(8).resident_memory(1 << 20).build();
/// assert_eq!(runtime.slots(), 8);
/// ```
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    slots: usize,
    free_slots: Arc<Semaphore>,
    /// The engine without fuel and the engine that measures fuel; each is created on first use.
    engines: [OnceLock<Engine>; 2],
    /// None without the pool; then wasmtime allocates memories and stacks.
    memories: Option<Arc<Memories>>,
    stacks: Option<Arc<Stacks>>,
    #[cfg(feature = "build")]
    code: LoadedCode,
    ticker: EpochTicker,
}

/// The builder of a [`Runtime`]; [`Runtime::builder`] creates it.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RuntimeBuilder {
    slots: Option<usize>,
    resident_memory: Option<usize>,
    without_pool: bool,
}

impl RuntimeBuilder {
    /// Sets the number of slots: the instances that can be live at a time, at least 1. Others wait in
    /// FIFO order.
    ///
    /// The default is one slot for each 16 MiB of the machine's memory (or of the control group's
    /// limit, if that is less), at least 16 and at most 4096. A slot reserves 4 GiB of address
    /// space, which takes no memory until it is used; an address space of 47 bits has room for some
    /// 30,000 slots.
    pub fn slots(mut self, slots: usize) -> Self {
        self.slots = Some(slots);
        self
    }

    /// Sets the limit on the resident memory of all free slots together, in bytes. One slot keeps
    /// at most 4 MiB.
    ///
    /// When an instance ends, the pages that it wrote to are overwritten with the image's, up to
    /// this limit; other pages return to the system. Either way no instance can read what another
    /// wrote. A page from the system costs ten times as much as an overwritten one: with 0,
    /// instances start more slowly, and the process stays small.
    ///
    /// The default is 512 MiB, or an eighth of the machine's memory if that is less.
    pub fn resident_memory(mut self, bytes: usize) -> Self {
        self.resident_memory = Some(bytes);
        self
    }

    /// Allocates memories and stacks with wasmtime instead of the pool, as on systems other than
    /// Linux. Each instance then copies its image's memory, which takes some 20 ms; nothing stays
    /// resident.
    pub fn without_pool(mut self) -> Self {
        self.without_pool = true;
        self
    }

    /// Builds the runtime. It allocates memory and starts its thread on first use.
    pub fn build(self) -> Runtime {
        let slots = self.slots.unwrap_or_else(machine::default_slots).max(1);
        let slots = slots.min(Semaphore::MAX_PERMITS);
        let resident = self.resident_memory;
        let resident = resident.unwrap_or_else(machine::default_resident_memory);
        let in_slot = resident.min(RESIDENT_IN_SLOT);
        let warm_slots = resident.checked_div(in_slot).unwrap_or(0).min(slots);
        let (memories, stacks) = if self.without_pool {
            (None, None)
        } else {
            (
                Memories::new(slots, warm_slots, in_slot),
                Stacks::new(slots, warm_slots, RESIDENT_IN_STACK),
            )
        };
        Runtime(Arc::new(Inner {
            slots,
            free_slots: Arc::new(Semaphore::new(slots)),
            engines: [const { OnceLock::new() }; 2],
            memories: memories.map(Arc::new),
            stacks: stacks.map(Arc::new),
            #[cfg(feature = "build")]
            code: LoadedCode::default(),
            ticker: EpochTicker::default(),
        }))
    }
}

impl Runtime {
    /// Returns a builder with the defaults.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }

    /// Returns the number of slots: the most instances that can be live at a time.
    pub fn slots(&self) -> usize {
        self.0.slots
    }

    /// Returns the engine with or without fuel; creates it on first use.
    pub(crate) fn engine(&self, fuel: bool) -> wasmtime::Result<&Engine> {
        let engine = &self.0.engines[usize::from(fuel)];
        if let Some(engine) = engine.get() {
            return Ok(engine);
        }
        let mut config = engine_config(fuel);
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        if let Some(memories) = &self.0.memories {
            config.with_host_memory(memories.clone());
        }
        if let Some(stacks) = &self.0.stacks {
            config.with_host_stack(stacks.clone());
        }
        let new = Engine::new(&config)?;
        let engine = engine.get_or_init(|| new);
        self.0.ticker.add(engine, fuel);
        Ok(engine)
    }

    /// Whether an engine of this runtime measures fuel.
    pub(crate) fn has_fuel(&self, engine: &Engine) -> bool {
        let [_, with_fuel] = &self.0.engines;
        with_fuel.get().is_some_and(|it| Engine::same(it, engine))
    }

    /// Returns the machine code that this runtime has loaded.
    #[cfg(feature = "build")]
    pub(crate) fn code(&self) -> &LoadedCode {
        &self.0.code
    }

    /// Returns the semaphore of the free slots.
    pub(crate) fn free_slots(&self) -> &Arc<Semaphore> {
        &self.0.free_slots
    }

    /// Runs the epoch ticker while the returned guard lives. At every tick running instances yield
    /// to their executor, so that even an endless loop can be dropped.
    pub(crate) fn ticking(&self) -> Ticking {
        self.0.ticker.enter();
        Ticking(self.clone())
    }
}

impl Default for Runtime {
    /// Returns the process-wide runtime. It is built on first use, with the defaults of
    /// [`RuntimeBuilder`], and never dropped.
    ///
    /// ```
    /// assert!(eryx_runtime::Runtime::default().slots() >= 16);
    /// ```
    fn default() -> Self {
        static DEFAULT: OnceLock<Runtime> = OnceLock::new();
        DEFAULT.get_or_init(|| Self::builder().build()).clone()
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("slots", &self.0.slots)
            .field("free_slots", &self.0.free_slots.available_permits())
            .finish_non_exhaustive()
    }
}

/// A guard that keeps the epoch ticker running; see [`Runtime::ticking`].
pub(crate) struct Ticking(Runtime);

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.0.ticker.leave();
    }
}

/// Returns the settings of an engine, which an image's machine code depends on.
pub(crate) fn engine_config(fuel: bool) -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .consume_fuel(fuel)
        .max_wasm_stack(NATIVE_STACK)
        .async_stack_size(NATIVE_STACK + HOST_STACK)
        .async_stack_zeroing(true)
        // The pool maps the image's memory instead; see `pool`.
        .memory_init_cow(false)
        // It maps machine code to offsets in the fused module, which is not stored.
        .generate_address_map(false);
    config
}
