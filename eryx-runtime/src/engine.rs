//! The engine: wasmtime, with the settings that all images share.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use wasmtime::{Config, Engine, Strategy};

/// The native stack of an instance, in bytes: 32 times what `link::STACK` is, so that Python runs
/// into its own limit first and raises an exception. Measured with deeply nested data and calls of
/// all kinds; at less, some of them trap.
const NATIVE_STACK: usize = 32 << 20;
/// What host functions have below that, in bytes. With none at all they would overrun the stack of
/// the host's own process.
const HOST_STACK: usize = 2 << 20;

/// How long an instance may run before others get their turn.
const TICK: Duration = Duration::from_millis(10);

/// The engine of this process.
pub(crate) fn engine() -> Result<&'static Engine, wasmtime::Error> {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    if let Some(engine) = ENGINE.get() {
        return Ok(engine);
    }
    let mut config = config();
    config.epoch_interruption(true);
    let engine = Engine::new(&config)?;
    Ok(ENGINE.get_or_init(|| engine))
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

fn config() -> Config {
    let mut config = Config::new();
    config
        .max_wasm_stack(NATIVE_STACK)
        .async_stack_size(NATIVE_STACK + HOST_STACK);
    config
}

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
