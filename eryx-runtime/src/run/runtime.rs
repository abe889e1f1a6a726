//! The runtime: what all instances of a process, or of a part of it, share.

use std::fmt;
use std::sync::{Arc, OnceLock};

use tokio::sync::Semaphore;
use wasmtime::{Config, Engine, InstanceAllocationStrategy};

use super::epoch_ticker::EpochTicker;
use super::machine;
use super::pool::{Memories, Stacks};
#[cfg(feature = "build")]
use crate::module::loaded_code::LoadedCode;

/// The size of an instance's native stack, in bytes: 32 times the stack in linear memory, so that
/// Python runs into its own limit first and raises an exception. Measured with deeply nested data and
/// calls of all kinds; with less, some of them trap.
pub(crate) const NATIVE_STACK: usize = 32 << 20;
/// What host functions have below that, in bytes. With none at all they would overrun the stack of
/// the host's own process.
const HOST_STACK: usize = 2 << 20;

/// How much memory a slot keeps resident for its next instance, in bytes, as long as
/// [`RuntimeBuilder::resident_memory`] has room for it.
const RESIDENT_IN_SLOT: usize = 4 << 20;
/// The same for a stack.
const RESIDENT_IN_STACK: usize = 64 << 10;

/// What instances run on: wasmtime's engines, the slots for their memories and stacks, the machine
/// code that they share, and the thread that lets them take turns.
///
/// Most programs never name one: [`Runtime::default`] is made when it is first needed. Make one of
/// your own to choose how many instances there can be at a time and how much memory stays resident
/// between runs, or to keep two parts of a process from waiting for each other. Two runtimes share
/// nothing but the files that both map.
///
/// Cheap to clone; all clones are one runtime. When the last of them and the last image, sandbox
/// and session on it are dropped, all that it took from the system is given back.
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
    /// One without fuel, and one that measures it: each is made when it is first needed.
    engines: [OnceLock<Engine>; 2],
    /// None on systems for which there is no pool; then wasmtime allocates.
    memories: Option<Arc<Memories>>,
    stacks: Option<Arc<Stacks>>,
    #[cfg(feature = "build")]
    code: LoadedCode,
    ticker: EpochTicker,
}

/// The choices for a [`Runtime`]; [`Runtime::builder`] makes it.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RuntimeBuilder {
    slots: Option<usize>,
    resident_memory: Option<usize>,
    without_pool: bool,
}

impl RuntimeBuilder {
    /// Sets how many instances there can be at a time; others wait for their turn, first come, first
    /// served. At least 1.
    ///
    /// The default is one for each 16 MiB of the machine's memory (or of the control group's, if that
    /// has less), at least 16 and at most 4096. A slot reserves 4 GiB of address space, which costs
    /// nothing until it is used: 47 bits of it are room for some 30,000 slots.
    pub fn slots(mut self, slots: usize) -> Self {
        self.slots = Some(slots);
        self
    }

    /// Sets how many bytes of memory free slots keep resident, over all slots; each keeps at most
    /// 4 MiB.
    ///
    /// No instance sees what another wrote. When an instance ends, the pages that it wrote to are
    /// overwritten with the image's as long as they fit into this; all others go back to the system.
    /// Getting a page back from the system takes ten times as long as overwriting it, so with 0
    /// instances start slowly and the process stays small.
    ///
    /// The default is 512 MiB, or an eighth of the machine's memory if that is less.
    pub fn resident_memory(mut self, bytes: usize) -> Self {
        self.resident_memory = Some(bytes);
        self
    }

    /// Takes memories and stacks from wasmtime's own allocator instead of the pool, as a runtime does on
    /// systems other than Linux. Each instance then copies its image's memory, which takes some 20 ms;
    /// nothing stays resident.
    pub fn without_pool(mut self) -> Self {
        self.without_pool = true;
        self
    }

    /// Makes the runtime. Memory and threads are taken when they are first needed.
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
    /// Chooses what a runtime has.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }

    /// The number of instances that there can be at a time.
    pub fn slots(&self) -> usize {
        self.0.slots
    }

    /// The engine of images that measure fuel, or of the others.
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
        let made = Engine::new(&config)?;
        let engine = engine.get_or_init(|| made);
        self.0.ticker.add(engine, fuel);
        Ok(engine)
    }

    /// Whether an engine of this runtime measures fuel.
    pub(crate) fn has_fuel(&self, engine: &Engine) -> bool {
        let [_, with_fuel] = &self.0.engines;
        with_fuel.get().is_some_and(|it| Engine::same(it, engine))
    }

    /// The machine code that this runtime has loaded.
    #[cfg(feature = "build")]
    pub(crate) fn code(&self) -> &LoadedCode {
        &self.0.code
    }

    /// The slots that are free: one for each instance that there can be now.
    pub(crate) fn free_slots(&self) -> &Arc<Semaphore> {
        &self.0.free_slots
    }

    /// Lets an instance of this runtime run: while it lives, running instances yield to their executor
    /// at every tick, so that a program that never ends can be dropped.
    pub(crate) fn ticking(&self) -> Ticking {
        self.0.ticker.enter();
        Ticking(self.clone())
    }
}

impl Default for Runtime {
    /// The runtime of all who do not choose one: made when it is first asked for, with the defaults of
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

/// A running instance; see [`Runtime::ticking`].
pub(crate) struct Ticking(Runtime);

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.0.ticker.leave();
    }
}

/// The engine settings that the machine code of an image relies on.
pub(crate) fn engine_config(fuel: bool) -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .consume_fuel(fuel)
        .max_wasm_stack(NATIVE_STACK)
        .async_stack_size(NATIVE_STACK + HOST_STACK)
        .async_stack_zeroing(true)
        // The pool puts an image's memory there, see `pool`.
        .memory_init_cow(false)
        // It leads from machine code back to offsets in a module that nobody has a copy of.
        .generate_address_map(false);
    config
}
