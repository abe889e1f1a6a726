//! The last step: from a component to machine code, by way of the functions that are known.

use std::collections::BTreeSet;
use std::sync::Arc;

use wasmparser::{ElementItems, ExternalKind, Parser, Payload};

use crate::cpu::Cpu;
use crate::engine::{compiling_engine, identity};
use crate::error::{Engine, ImageError};
use crate::functions::Functions;
use crate::progress::{OnProgress, Progress, Step};
use crate::store::ImageStore;

/// How often progress is told, about.
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
        if done.is_multiple_of(every) && done <= total {
            on_progress(Progress {
                step: Step::Compile,
                done,
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

/// How many functions the compiler will ask for: those in all modules of a component, and for each
/// that is exported or in a table one more, through which it can be called from elsewhere.
fn count(component: &[u8]) -> usize {
    let mut functions = 0;
    let mut callable = BTreeSet::new();
    for payload in Parser::new(0).parse_all(component).flatten() {
        match payload {
            Payload::CodeSectionStart { count, .. } => functions += count as usize,
            Payload::ExportSection(exports) => {
                let exports = exports.into_iter().flatten();
                let exports = exports.filter(|export| export.kind == ExternalKind::Func);
                callable.extend(exports.map(|export| export.index));
            }
            Payload::ElementSection(elements) => {
                for element in elements.into_iter().flatten() {
                    if let ElementItems::Functions(items) = element.items {
                        callable.extend(items.into_iter().flatten());
                    }
                }
            }
            // The next module numbers its functions anew.
            Payload::End(_) => functions += std::mem::take(&mut callable).len(),
            _ => {}
        }
    }
    functions
}

fn error(error: wasmtime::Error) -> ImageError {
    ImageError::Compile(Engine(error))
}
