//! Booting a component once, and freezing it there.
//!
//! A fresh instance of what the linker made would load 25 MB of files, start Python and import its
//! modules: tens of milliseconds, each time the same. So this is done once, when the image is made,
//! and the component is written anew with the memory and the globals that it then has: what is
//! compiled and kept starts where this left off. The guest renews what must not be the same in two
//! instances (`system::renew` and `renew` of its driver).

use wasmtime::Store;
use wasmtime::component::{Component, Instance as Raw, Lift, WasmList};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

use crate::engine::boot_engine;
use crate::error::{Engine, ImageError};
use crate::host::Host;
use crate::instance::{Instance, Prepared};
use crate::output::Output;
use crate::tree::Tree;

/// Boots a linked component with some files and imports, and gives it back as it then is.
///
/// On a thread of its own, for whoever builds a sandbox may be in a runtime already.
pub(crate) fn snapshot(
    component: &[u8],
    trees: &[Tree],
    preimports: &[String],
) -> Result<Vec<u8>, ImageError> {
    let wizer = Wizer::new();
    let (context, instrumented) = wizer.instrument_component(component).map_err(compile)?;
    let engine = boot_engine().map_err(compile)?;
    let component = Component::new(&engine, &instrumented).map_err(compile)?;
    let prepared = Prepared::new(&engine, &component).map_err(compile)?;

    let (stdout, stderr) = (Output::kept(), Output::kept());
    let freeze = async || {
        let mut instance = Instance::new(&prepared, &stdout, &stderr).await?;
        if let Err(reason) = instance.boot(trees, preimports).await? {
            return Ok(Err(reason));
        }
        let (store, instance) = instance.into_raw();
        let mut frozen = Frozen { store, instance };
        wizer
            .snapshot_component(&context, &mut frozen)
            .await
            .map(Ok)
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

fn compile(error: wasmtime::Error) -> ImageError {
    ImageError::Compile(Engine(error))
}

/// An instance whose memory and globals are read. The functions that give them are exports that
/// the instrumentation has added.
struct Frozen {
    store: Store<Host>,
    instance: Raw,
}

impl Frozen {
    async fn call<R: Lift + Send + Sync + 'static>(&mut self, instance: &str, name: &str) -> R {
        match self.try_call(instance, name).await {
            Ok(value) => value,
            // The trait has no way to fail; `snapshot` turns the end of this thread into an error.
            Err(error) => panic!("{error}"),
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
        let list: WasmList<u8> = self.call(instance, func).await;
        contents(list.as_le_slice(&self.store));
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.call(instance, func).await
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.call(instance, func).await
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.call::<f32>(instance, func).await.to_bits()
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.call::<f64>(instance, func).await.to_bits()
    }
}
