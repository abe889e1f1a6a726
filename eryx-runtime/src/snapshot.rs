//! Booting a component once, and freezing it there.
//!
//! A fresh instance of what the linker made would load 26 MB of files, start Python and import its
//! modules: tens of milliseconds, each time the same. So this is done once, when the image is made,
//! and the component is written anew with the memory and the globals that it then has: what is
//! compiled and kept starts where this left off. The guest renews what must not be the same in two
//! instances (`system::renew` and `renew` of its driver).

use wasmtime::component::{Component, Instance as Raw, Lift, WasmList};
use wasmtime::{Engine as Wasmtime, Module, Store};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

use crate::carve::{Carved, carve};
use crate::data::Parts;
use crate::engine::{boot_engine, identity_of};
use crate::error::{Engine, ImageError};
use crate::host::Host;
use crate::instance::{Instance, Prepared};
use crate::output::Output;
use crate::progress::{OnProgress, Progress, Step};
use crate::store::{ImageStore, Kind};
use crate::tree::Tree;

/// Boots a linked component with some files and imports, and gives it back as it then is.
///
/// On a thread of its own, for whoever builds a sandbox may be in a runtime already.
pub(crate) fn snapshot(
    component: &[u8],
    trees: &[Tree],
    preimports: &[String],
    store: &ImageStore,
    on_progress: &OnProgress,
) -> Result<Vec<u8>, ImageError> {
    let wizer = Wizer::new();
    let (context, instrumented) = wizer.instrument_component(component).map_err(compile)?;
    let prepared = prepare(&instrumented, store, on_progress).map_err(compile)?;

    let (stdout, stderr) = (Output::kept(), Output::kept());
    let freeze = async || {
        let mut instance = Instance::new(&prepared, &stdout, &stderr).await?;
        if let Err(reason) = instance.boot(trees, preimports).await? {
            return Ok(Err(reason));
        }
        let (store, instance) = instance.into_raw();
        let mut frozen = Frozen {
            store,
            instance,
            failed: None,
        };
        let component = wizer.snapshot_component(&context, &mut frozen).await?;
        match frozen.failed {
            Some(error) => Err(error),
            None => Ok(Ok(component)),
        }
    };
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(freeze())
    };
    let frozen = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, run)?;
        match thread.join() {
            Ok(frozen) => frozen,
            Err(_) => Err(wasmtime::Error::msg("the engine panicked, which is a bug")),
        }
    });
    let reason = match frozen {
        Ok(Ok(component)) => return Ok(component),
        Ok(Err(reason)) => reason,
        Err(error) => Engine(error).to_string(),
    };
    let printed = stderr.take();
    Err(ImageError::Boot {
        reason: format!("{}{reason}", String::from_utf8_lossy(&printed)),
    })
}

/// Compiles a component for the one run that boots it, each library by itself: those that were
/// compiled before are taken from the store.
fn prepare(
    component: &[u8],
    store: &ImageStore,
    on_progress: &OnProgress,
) -> wasmtime::Result<Prepared> {
    let engine = boot_engine()?;
    let identity = identity_of(&engine);
    let Carved { shell, modules } = carve(component)?;
    let total = modules.len();
    let mut libraries = Vec::new();
    let mut reused = 0;
    for (done, (name, range)) in modules.into_iter().enumerate() {
        on_progress(Progress {
            step: Step::Boot,
            done,
            total,
            reused,
        });
        let module = component.get(range).unwrap_or_default();
        let mut key = Parts::default();
        key.part(identity.as_bytes());
        key.part(module);
        let key = hex::encode(key.digest());
        let library = if let Some(library) = kept(&engine, store, &key) {
            reused += 1;
            library
        } else {
            let code = engine.precompile_module(module)?;
            // What cannot be kept is compiled again.
            let _ = store.put(Kind::Library, &key, &code, &identity);
            load(&engine, &code)?
        };
        libraries.push((name, library));
    }
    let shell = Component::new(&engine, shell)?;
    Prepared::new(&engine, &shell, &libraries)
}

/// A library that was compiled before.
fn kept(engine: &Wasmtime, store: &ImageStore, key: &str) -> Option<Module> {
    let mut entry = store.get(Kind::Library, key)?;
    let is_whole = matches!(entry.sealed.verify(), Ok(Ok(())));
    #[expect(unsafe_code, reason = "machine code can be loaded in no other way")]
    // SAFETY: it is what was written to the store, of which the checksum is right and in which
    // nobody else can write.
    let library = is_whole.then(|| unsafe { Module::deserialize_file(engine, &entry.path) });
    let library = library.and_then(Result::ok);
    match library {
        Some(_) => store.touch(Kind::Library, key),
        None => store.set_aside(Kind::Library, key),
    }
    library
}

fn load(engine: &Wasmtime, code: &[u8]) -> wasmtime::Result<Module> {
    #[expect(unsafe_code, reason = "machine code can be loaded in no other way")]
    // SAFETY: it was compiled just now.
    unsafe {
        Module::deserialize(engine, code)
    }
}

fn compile(error: wasmtime::Error) -> ImageError {
    ImageError::Compile(Engine(error))
}

/// An instance whose memory and globals are read. The functions that give them are exports that
/// the instrumentation has added.
struct Frozen {
    store: Store<Host>,
    instance: Raw,
    /// Why something could not be read: the trait below has no way to say so.
    failed: Option<wasmtime::Error>,
}

impl Frozen {
    /// What a function gives, or nothing once one has failed.
    async fn call<R: Lift + Send + Sync + 'static>(
        &mut self,
        instance: &str,
        name: &str,
    ) -> Option<R> {
        if self.failed.is_some() {
            return None;
        }
        match self.try_call(instance, name).await {
            Ok(value) => Some(value),
            Err(error) => {
                self.failed = Some(error);
                None
            }
        }
    }

    async fn try_call<R: Lift + Send + Sync + 'static>(
        &mut self,
        instance: &str,
        name: &str,
    ) -> wasmtime::Result<R> {
        let missing = || wasmtime::Error::msg("the instrumentation did not add its exports");
        let store = &mut self.store;
        let (_, index) = self
            .instance
            .get_export(&mut *store, None, instance)
            .ok_or_else(missing)?;
        let (_, index) = self
            .instance
            .get_export(&mut *store, Some(&index), name)
            .ok_or_else(missing)?;
        let function = self
            .instance
            .get_typed_func::<(), (R,)>(&mut *store, index)?;
        Ok(function.call_async(&mut *store, ()).await?.0)
    }
}

impl ComponentInstanceState for Frozen {
    async fn call_func_ret_list_u8(
        &mut self,
        instance: &str,
        func: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        let list: Option<WasmList<u8>> = self.call(instance, func).await;
        contents(
            list.as_ref()
                .map_or(&[], |list| list.as_le_slice(&self.store)),
        );
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.call(instance, func).await.unwrap_or_default()
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.call(instance, func).await.unwrap_or_default()
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        let value: Option<f32> = self.call(instance, func).await;
        value.unwrap_or_default().to_bits()
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        let value: Option<f64> = self.call(instance, func).await;
        value.unwrap_or_default().to_bits()
    }
}
