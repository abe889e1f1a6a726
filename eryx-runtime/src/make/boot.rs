//! Booting modules once, and freezing them there.
//!
//! A fresh instance of what the linker made would load 26 MB of files, start Python and import its
//! modules: tens of milliseconds, each time the same. So this is done once, when the image is made,
//! and what the instance then has of its own is kept: its memory and the few globals that change.
//! Every other instance begins with these. The guest renews what must not be the same in two of them
//! (`system::renew` and `renew` of its driver).

use std::sync::{Arc, Mutex, PoisonError};

use super::compile_error;
use crate::error::{EngineError, ImageError};
use crate::input::package_files::Tree;
use crate::module::layout::{StartPlan, Value};
use crate::run::clock_and_rng::ClockAndRng;
use crate::run::host_calls::Calls;
use crate::run::imports::Host;
use crate::run::instance::{Instance, Template};
use crate::run::instantiate::Modules;
use crate::run::limits::Limits;
use crate::run::stdio::{Input, Output, Sink, Streams};

/// What Python may use of memory until it is ready, in bytes.
const MEMORY: u64 = 1 << 30;

/// What an instance has of its own when Python is ready.
pub(crate) struct Booted {
    pub(crate) memory: Vec<u8>,
    pub(crate) globals: Vec<Value>,
}

/// Boots modules with some files and imports.
///
/// On a thread of its own, for whoever builds a sandbox may be in a runtime already.
pub(crate) fn boot(
    image_id: &str,
    modules: &Arc<Modules>,
    plan: &StartPlan,
    trees: &[Tree],
    preimports: &[String],
) -> Result<Booted, ImageError> {
    let template = Template::new(image_id, modules.clone(), None).map_err(compile_error)?;
    let template = Arc::new(template);
    let printed: Arc<Mutex<Vec<u8>>> = Arc::default();
    let sink = printed.clone();
    let stderr: Sink = Arc::new(move |_, bytes| {
        let mut printed = sink.lock().unwrap_or_else(PoisonError::into_inner);
        printed.extend_from_slice(bytes);
    });
    let freeze = async || {
        let limits = Limits::default().wall_time(None).memory(MEMORY);
        let mut host = Host::new(limits, Calls::default(), ClockAndRng::new(None, None));
        host.streams = Streams::new(
            Input::Empty,
            Output::Captured,
            Output::Function(stderr.clone()),
        );
        let mut instance = Instance::new(&template, host).await?;
        if let Err(reason) = instance.boot(plan, trees, preimports).await? {
            return Ok(Err(reason));
        }
        let (memory, globals) = instance.state()?;
        let memory = memory.to_vec();
        Ok(Ok(Booted { memory, globals }))
    };
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(freeze())
    };
    let booted = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, run)?;
        match thread.join() {
            Ok(booted) => booted,
            Err(_) => Err(wasmtime::Error::msg("the engine panicked, which is a bug")),
        }
    });
    let reason = match booted {
        Ok(Ok(booted)) => return Ok(booted),
        Ok(Err(reason)) => reason,
        Err(error) => EngineError(error).to_string(),
    };
    let printed = printed.lock().unwrap_or_else(PoisonError::into_inner);
    Err(ImageError::Boot {
        reason: format!("{}{reason}", String::from_utf8_lossy(&printed)),
    })
}
