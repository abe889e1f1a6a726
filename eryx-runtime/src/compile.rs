//! The last step: from a component to machine code, by way of the functions that are known.

use std::sync::Arc;

use wasmparser::{Parser, Payload};

use crate::cpu::Cpu;
use crate::engine::{compiling_engine, identity};
use crate::error::{Engine, ImageError};
use crate::functions::Functions;
use crate::progress::{OnProgress, Progress, Step};
use crate::store::ImageStore;

/// How often progress is told, at most.
const TOLD: usize = 200;

/// Compiles a component; what is compiled for the first time is kept in the store.
pub(crate) fn compile(
    component: &[u8],
    cpu: Cpu,
    store: &ImageStore,
    on_progress: &OnProgress,
) -> Result<Vec<u8>, ImageError> {
    let total = count(component);
    on_progress(Progress {
        total,
        ..Progress::begin(Step::Compile)
    });
    let on_progress = on_progress.clone();
    let every = (total / TOLD).max(1);
    let tell = move |done: usize, reused: usize| {
        if done.is_multiple_of(every) {
            on_progress(Progress {
                step: Step::Compile,
                // Some are not in the component: the ways between it and the host.
                done: done.min(total),
                total,
                reused,
            });
        }
    };
    let engine = identity(cpu).map_err(error)?;
    let functions = Arc::new(Functions::read(store, engine, tell));
    let code = compiling_engine(cpu, Some(functions.clone()))
        .and_then(|engine| engine.precompile_component(component))
        .map_err(error)?;
    functions.write(store, engine);
    Ok(code)
}

/// How many functions there are in all modules of a component.
fn count(component: &[u8]) -> usize {
    let payloads = Parser::new(0).parse_all(component).flatten();
    let counts = payloads.map(|payload| match payload {
        Payload::CodeSectionStart { count, .. } => count as usize,
        _ => 0,
    });
    counts.sum()
}

fn error(error: wasmtime::Error) -> ImageError {
    ImageError::Compile(Engine(error))
}
