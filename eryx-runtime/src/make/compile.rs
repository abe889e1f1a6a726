//! Compiling modules to machine code, or loading their code from the store.
//!
//! The base's module is always the same, so its code is in the store from the second image on. The
//! extensions' module differs for every set of extensions, but most of its functions do not, so the code
//! of functions is cached as well (see [`function_cache`](super::function_cache)).

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use eryx_artifact::PartsHasher;
use wasmparser::{ElementItems, ExternalKind, Parser, Payload};
use wasmtime::{CacheStore, Engine};

use super::compile_error;
use super::compiler::{compiler, identity};
use super::function_cache::FunctionCache;
use super::progress::{OnProgress, Progress, Step};
use crate::error::ImageError;
use crate::input::cpu::Target;
use crate::module::code::{Code, load, load_file};
use crate::module::layout::Layer;
use crate::run::runtime::Runtime;
use crate::store::{ImageStore, Kind};

/// The approximate number of progress reports.
const REPORTS: usize = 200;

/// The progress of compiling an image's modules.
pub(crate) struct Compiling {
    on_progress: OnProgress,
    so_far: Progress,
}

impl Compiling {
    /// Counts the functions of all modules, and reports that none is done.
    pub(crate) fn begin<'m>(
        modules: impl Iterator<Item = &'m [u8]>,
        on_progress: &OnProgress,
    ) -> Self {
        let so_far = Progress {
            total: modules.map(count).sum(),
            ..Progress::begin(Step::Compile)
        };
        on_progress(so_far);
        Self {
            on_progress: on_progress.clone(),
            so_far,
        }
    }

    /// Reports that more functions are done, and how many of these came from a cache.
    fn advance(&mut self, done: usize, reused: usize) {
        self.so_far.done += done;
        self.so_far.reused += reused;
        (self.on_progress)(self.so_far);
    }

    /// Returns a callback that reports the functions of one module, from the count of done and reused ones.
    fn listener(&self) -> impl Fn(usize, usize) + Send + Sync + use<> {
        let (on_progress, so_far) = (self.on_progress.clone(), self.so_far);
        let every = (so_far.total / REPORTS).max(1);
        move |done, reused| {
            if done.is_multiple_of(every) && so_far.done + done < so_far.total {
                on_progress(Progress {
                    done: so_far.done + done,
                    reused: so_far.reused + reused,
                    ..so_far
                });
            }
        }
    }
}

/// Loads a module's code from the store, or compiles the module and stores the code.
///
/// Also returns the error if the code could not be stored.
pub(crate) fn compile(
    module: &[u8],
    layer: Layer,
    target: Target,
    store: &ImageStore,
    runtime: &Runtime,
    compiling: &mut Compiling,
) -> Result<(Arc<Code>, Option<io::Error>), ImageError> {
    let identity = identity(target).map_err(compile_error)?;
    let engine = runtime.engine(target.fuel).map_err(compile_error)?;
    let mut key = PartsHasher::default();
    key.part(identity.as_bytes());
    key.part(module);
    let key = key.digest().to_string();

    let functions = count(module);
    let span = tracing::info_span!("compile", ?layer, functions, reused = tracing::field::Empty);
    let _entered = span.enter();
    let (code, not_cached, reused) = store.get_or_make(
        Kind::Code,
        &key,
        || {
            let code = runtime.code().load_cached(store, &key, engine)?;
            let not_cached = ensure_stored(store, &code, identity).err();
            Some((code, not_cached, functions))
        },
        |reserved| {
            let (code, reused) = build(module, layer, target, store, identity, compiling)?;
            let size = code.len();
            let (loaded, not_cached) = match reserved.put(&code, identity) {
                // Loading the file shares its pages with every other process.
                Ok(path) => (load_file(engine, &path), None),
                Err(error) => (load(engine, &code), Some(error)),
            };
            let loaded = loaded.map_err(compile_error)?;
            let code = runtime.code().share(key.clone(), loaded, size);
            Ok((code, not_cached, reused))
        },
    )?;
    span.record("reused", reused);
    compiling.advance(functions, reused);
    Ok((code, not_cached))
}

/// Puts code into a store that does not have it, because it was loaded from another store.
fn ensure_stored(store: &ImageStore, code: &Code, identity: &str) -> io::Result<()> {
    if store.get(Kind::Code, &code.key).is_none() {
        let bytes = code.bytes().map_err(io::Error::other)?;
        store.put(Kind::Code, &code.key, &bytes, identity)?;
    }
    Ok(())
}

/// Compiles a module with the function cache. Also returns how many of its functions were found there.
fn build(
    module: &[u8],
    layer: Layer,
    target: Target,
    store: &ImageStore,
    identity: &str,
    compiling: &Compiling,
) -> Result<(Vec<u8>, usize), ImageError> {
    let report = compiling.listener();
    // Nothing looks up the base's functions later, because the store has the code of the whole base.
    let functions = Arc::new(match layer {
        Layer::Base => FunctionCache::empty(report),
        Layer::Extensions => FunctionCache::read(store, identity, report),
    });
    let cache: Arc<dyn CacheStore> = functions.clone();
    let code = compiler(target, Some(cache))
        .and_then(|compiler: Engine| compiler.precompile_module(module))
        .map_err(compile_error)?;
    if layer == Layer::Extensions {
        functions.write(store, identity);
    }
    Ok((code, functions.found()))
}

/// Counts the functions that the compiler looks up in the cache: those of a module, and one more for each
/// that is exported or in a table, which adapts calls from the host.
fn count(module: &[u8]) -> usize {
    let mut functions = 0;
    let mut callable = BTreeSet::new();
    for payload in Parser::new(0).parse_all(module).flatten() {
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
            _ => {}
        }
    }
    functions + callable.len()
}
