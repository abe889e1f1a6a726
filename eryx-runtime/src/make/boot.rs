//! Booting the modules of an image once, and taking a snapshot.
//!
//! A fresh instance has to load 26 MB of files, start Python and import its modules, which takes tens of
//! milliseconds and always gives the same. So this happens once, when the image is made. The snapshot is
//! the state of that instance: its memory and the few mutable globals. Every other instance begins with
//! it.
//!
//! In each of them the guest first replaces what must differ between instances, such as random seeds
//! (`reseed` in the guest).

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

/// The memory limit of booting, in bytes.
const MEMORY: u64 = 1 << 30;

/// The snapshot: the state of an instance after booting.
pub(crate) struct Booted {
    pub(crate) memory: Vec<u8>,
    pub(crate) globals: Vec<Value>,
}

/// Boots modules with files and pre-imports, and takes a snapshot.
///
/// It uses a thread of its own, because the caller may already be inside an asynchronous runtime.
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
    let boot = async || {
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
        runtime.block_on(boot())
    };
    let booted = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, run)?;
        match thread.join() {
            Ok(booted) => booted,
            Err(_) => Err(wasmtime::Error::msg(
                "the engine panicked; this is a bug in eryx, please report it",
            )),
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
