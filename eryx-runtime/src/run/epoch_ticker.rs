//! The thread that advances the engines' epochs, so that running instances yield.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::Engine;

/// How long an instance may run before others get their turn.
const TICK: Duration = Duration::from_millis(10);

/// Advances epochs every 10 ms while instances run, and sleeps while none do. Its thread starts with
/// the first instance and ends when this is dropped.
#[derive(Default)]
pub(crate) struct EpochTicker {
    shared: Arc<Shared>,
    /// None if the system has no thread to give: then nothing yields, and no limit on time holds in
    /// code that never calls the host.
    thread: OnceLock<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    /// One without fuel, and one with.
    engines: [OnceLock<Engine>; 2],
    running: AtomicUsize,
    stopped: AtomicBool,
}

impl EpochTicker {
    /// Includes an engine, of which there is one without fuel and one with.
    pub(crate) fn add(&self, engine: &Engine, fuel: bool) {
        // It is the same one whenever it is added.
        let _ = self.shared.engines[usize::from(fuel)].set(engine.clone());
    }

    fn unpark(&self) {
        if let Some(Some(thread)) = self.thread.get() {
            thread.thread().unpark();
        }
    }

    /// Keeps ticking for an instance until [`leave`](Self::leave).
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

    /// Ends what [`enter`](Self::enter) began.
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
            // It cannot have panicked, and ends at once.
            let _ = thread.join();
        }
    }
}
