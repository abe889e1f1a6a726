//! From a module to machine code. What was compiled once is taken from the store.
//!
//! The base's module is always the same, so it is there from the second image on. That of the
//! extensions is another one whenever there are other extensions; its functions are mostly the same
//! then, so these are kept as well (see [`functions`](crate::functions)).

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use wasmparser::{ElementItems, ExternalKind, Parser, Payload};
use wasmtime::{CacheStore, Module};

use crate::data::Parts;
use crate::engine::{Target, compiling_engine, engine, identity};
use crate::error::{Engine, ImageError};
use crate::functions::Functions;
use crate::fuse::Layer;
use crate::progress::{OnProgress, Progress, Step};
use crate::store::{ImageStore, Kind};

/// How often progress is told, about.
const TOLD: usize = 200;

/// Machine code that is loaded. All images of a process that have the same share it.
pub(crate) struct Code {
    /// A hash of the module and of what it is compiled for, as 64 hexadecimal digits.
    pub(crate) key: String,
    pub(crate) module: Module,
    /// How many bytes it has: a module that was mapped from a file has all of that file.
    pub(crate) size: usize,
}

/// Code that is in use somewhere in this process, by its key.
static LOADED: Mutex<Option<HashMap<String, Weak<Code>>>> = Mutex::new(None);

/// How far the compiling of an image's modules is.
pub(crate) struct Compiling {
    on_progress: OnProgress,
    so_far: Progress,
}

impl Compiling {
    /// Tells of the first step, of as many as all modules have functions.
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

    /// Tells that so many more functions are done.
    fn advance(&mut self, done: usize, reused: usize) {
        self.so_far.done += done;
        self.so_far.reused += reused;
        (self.on_progress)(self.so_far);
    }

    /// A function that tells of those of one module.
    fn listener(&self) -> impl Fn(usize, usize) + Send + Sync + use<> {
        let (on_progress, so_far) = (self.on_progress.clone(), self.so_far);
        let every = (so_far.total / TOLD).max(1);
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

/// Compiles a module, unless it was compiled before.
///
/// The second is why it could not be kept, if it could not.
pub(crate) fn compile(
    module: &[u8],
    layer: Layer,
    target: Target,
    store: &ImageStore,
    compiling: &mut Compiling,
) -> Result<(Arc<Code>, Option<std::io::Error>), ImageError> {
    let identity = identity(target).map_err(error)?;
    let mut key = Parts::default();
    key.part(identity.as_bytes());
    key.part(module);
    let key = hex::encode(key.digest());

    let mut found = || {
        let code = kept(store, &key, target.fuel)?;
        compiling.advance(count(module), count(module));
        let not_kept = ensure(store, &code, identity).err();
        Some((code, not_kept))
    };
    if let Some(found) = found() {
        return Ok(found);
    }
    // While somebody else compiles it, this waits; then it is there.
    let lock = store.lock(Kind::Code, &key);
    if let Some(found) = lock.is_ok().then(found).flatten() {
        return Ok(found);
    }
    let code = anew(module, layer, target, store, compiling)?;
    let put = lock.and_then(|_lock| store.put(Kind::Code, &key, &code, identity));
    match put {
        // From the file, so that its pages are shared with every other process.
        Ok(path) => Ok((share(key, load_file(&path, target.fuel)?, code.len()), None)),
        Err(not_kept) => Ok((
            share(key, load(&code, target.fuel)?, code.len()),
            Some(not_kept),
        )),
    }
}

/// Code from the store, if it is there and what was written. It measures fuel, or it does not.
pub(crate) fn kept(store: &ImageStore, key: &str, fuel: bool) -> Option<Arc<Code>> {
    if let Some(code) = loaded(key) {
        store.touch(Kind::Code, key);
        return Some(code);
    }
    let mut entry = store.get(Kind::Code, key)?;
    let module = entry
        .is_whole()
        .then(|| load_file(&entry.path, fuel).ok())
        .flatten();
    match module {
        Some(_) => store.touch(Kind::Code, key),
        None => store.set_aside(Kind::Code, key),
    }
    let size = entry.sealed.payload_size();
    Some(share(key.to_owned(), module?, size))
}

/// Sees to it that code is in a store, which may have been loaded from another.
fn ensure(store: &ImageStore, code: &Code, identity: &str) -> std::io::Result<()> {
    if store.get(Kind::Code, &code.key).is_none() {
        let bytes = code.bytes().map_err(std::io::Error::other)?;
        store.put(Kind::Code, &code.key, &bytes, identity)?;
    }
    Ok(())
}

impl Code {
    /// The machine code, as it can be loaded again.
    pub(crate) fn bytes(&self) -> wasmtime::Result<Vec<u8>> {
        let mut bytes = self.module.serialize()?;
        bytes.truncate(self.size);
        Ok(bytes)
    }
}

/// Code that is in use in this process.
fn loaded(key: &str) -> Option<Arc<Code>> {
    let loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    loaded.as_ref()?.get(key)?.upgrade()
}

/// Has code used by all who need it from now on.
fn share(key: String, module: Module, size: usize) -> Arc<Code> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let loaded = loaded.get_or_insert_default();
    if let Some(code) = loaded.get(&key).and_then(Weak::upgrade) {
        return code;
    }
    loaded.retain(|_, code| code.strong_count() > 0);
    let code = Arc::new(Code { key, module, size });
    loaded.insert(code.key.clone(), Arc::downgrade(&code));
    code
}

/// Maps machine code into memory.
pub(crate) fn load_file(path: &Path, fuel: bool) -> Result<Module, ImageError> {
    let engine = engine(fuel).map_err(error)?;
    #[expect(unsafe_code, reason = "machine code can be loaded in no other way")]
    // SAFETY: the file is in the store, where nobody else can write, and holds what was written
    // there; or the user trusts it, as `Image::load` asks.
    let module = unsafe { Module::deserialize_file(engine, path) };
    module.map_err(error)
}

/// Loads machine code that is in memory.
pub(crate) fn load(code: &[u8], fuel: bool) -> Result<Module, ImageError> {
    let engine = engine(fuel).map_err(error)?;
    #[expect(unsafe_code, reason = "machine code can be loaded in no other way")]
    // SAFETY: it was compiled just now; or the user trusts it, as `Image::load` asks.
    let module = unsafe { Module::deserialize(engine, code) };
    module.map_err(error)
}

/// Compiles a module, by way of the functions that are known.
fn anew(
    module: &[u8],
    layer: Layer,
    target: Target,
    store: &ImageStore,
    compiling: &mut Compiling,
) -> Result<Vec<u8>, ImageError> {
    let identity = identity(target).map_err(error)?;
    let tell = compiling.listener();
    // The base's functions will not be asked for again: the base as a whole will.
    let functions = Arc::new(match layer {
        Layer::Base => Functions::none(tell),
        Layer::Extensions => Functions::read(store, identity, tell),
    });
    let known: Arc<dyn CacheStore> = functions.clone();
    let code = compiling_engine(target, Some(known))
        .and_then(|engine| engine.precompile_module(module))
        .map_err(error)?;
    if layer == Layer::Extensions {
        functions.write(store, identity);
    }
    compiling.advance(count(module), functions.found());
    Ok(code)
}

/// How many functions the compiler will ask for: those of a module, and for each that is exported or
/// in a table one more, through which it can be called from elsewhere.
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

fn error(error: wasmtime::Error) -> ImageError {
    ImageError::Compile(Engine(error))
}
