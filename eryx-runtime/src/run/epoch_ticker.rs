//! The epoch ticker: a thread that advances the engines' epochs, so that running instances yield.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::Engine;

/// The interval after which a running instance yields to others.
const TICK: Duration = Duration::from_millis(10);

/// A thread that advances epochs every 10 ms while there are instances, and sleeps while there are
/// none. The thread starts with the first instance and ends when this is dropped.
#[derive(Default)]
pub(crate) struct EpochTicker {
    shared: Arc<Shared>,
    /// None inside if the system could not start a thread. Then instances never yield, and limits
    /// on time do not hold in code that never calls the host.
    thread: OnceLock<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    /// The engine without fuel and the engine with fuel.
    engines: [OnceLock<Engine>; 2],
    running: AtomicUsize,
    stopped: AtomicBool,
}

impl EpochTicker {
    /// Adds the engine with or without fuel.
    pub(crate) fn add(&self, engine: &Engine, fuel: bool) {
        // A second call passes the same engine.
        let _ = self.shared.engines[usize::from(fuel)].set(engine.clone());
    }

    fn unpark(&self) {
        if let Some(Some(thread)) = self.thread.get() {
            thread.thread().unpark();
        }
    }

    /// Counts an instance that starts; the thread ticks until [`leave`](Self::leave).
    pub(crate) fn enter(&self) {
        self.thread.get_or_init(|| {
            let shared = self.shared.clone();
            let builder = thread::Builder::new().name("eryx-ticker".to_owned());
            builder.spawn(move || shared.tick()).ok()
        });
        if self.shared.running.fetch_add(1, Ordering::AcqRel) == 0 {
            self.unpark();
        }
    }

    /// Counts an instance that ends.
    pub(crate) fn leave(&self) {
        self.shared.running.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Shared {
    fn tick(&self) {
        while !self.stopped.load(Ordering::Acquire) {
            if self.running.load(Ordering::Acquire) == 0 {
                thread::park();
                continue;
            }
            thread::park_timeout(TICK);
            for engine in self.engines.iter().filter_map(OnceLock::get) {
                engine.increment_epoch();
            }
        }
    }
}

impl Drop for EpochTicker {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        self.unpark();
        if let Some(Some(thread)) = self.thread.take() {
            // The thread cannot panic, and ends at once.
            let _ = thread.join();
        }
    }
}
