//! Images: made from a recipe, taken from the store, or loaded from a file; and what they are started
//! with.
//!
//! **Invariant:** this room is the top; no other imports it.

mod file;
#[cfg(feature = "build")]
mod list;
pub(crate) mod manifest;
#[cfg(feature = "build")]
mod save;

use std::io;
use std::sync::Arc;

use crate::error::{EngineError, ImageError};
use crate::module::code::Code;
use crate::run::config::InstanceConfig;
use crate::run::instance::{InitialState, Template};
use crate::run::instantiate::Modules;
use crate::run::outcome::{ErrorKind, ExecuteError, ExecuteResult};
use crate::run::pool::Snapshot;
use crate::run::program::Program;
use crate::run::runtime::Runtime;
use crate::run::session::Session;

use manifest::{Manifest, ModuleRecord};

#[cfg(any(test, fuzzing))]
pub(crate) use file::Opened;
#[cfg(feature = "build")]
pub use list::CachedImage;

/// The base and some packages: linked, compiled, and booted.
///
/// Cheap to clone; all clones share code and memory.
#[derive(Clone)]
pub struct Image {
    pub(crate) template: Arc<Template>,
    pub(crate) manifest: Arc<Manifest>,
    cache_error: Option<Arc<io::Error>>,
}

impl Image {
    /// The hash of all that the image is made of, as 64 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.manifest.id
    }

    /// The runtime that its instances run on.
    pub fn runtime(&self) -> &Runtime {
        &self.template.modules.runtime
    }

    /// Whether its instances measure fuel; see [`Limits::fuel`](crate::Limits::fuel).
    pub fn has_fuel(&self) -> bool {
        self.manifest.fuel
    }

    /// All that its instances can ask of the host, as `interface#function`.
    pub fn imports(&self) -> Vec<String> {
        let own = self.template.modules.base.module.imports();
        // What the extensions import, the base's module gives.
        own.map(|import| format!("{}#{}", import.module(), import.name()))
            .collect()
    }

    /// Why the image could not be put into the store, so that it will have to be made again; None if
    /// it is there, or came from a file.
    pub fn cache_error(&self) -> Option<&io::Error> {
        self.cache_error.as_deref()
    }

    /// Runs a program in an instance of its own.
    ///
    /// Dropping the future ends the program.
    ///
    /// # Errors
    ///
    /// As [`Session::run`].
    pub async fn run(
        &self,
        mut program: Program,
        config: &Arc<InstanceConfig>,
    ) -> Result<ExecuteResult, ExecuteError> {
        let files = std::mem::take(&mut program.files);
        let limits = program.limits.as_ref().unwrap_or(&config.limits);
        let start = Session::start(&self.template, config, limits, &files);
        let mut session = match &program.token {
            Some(token) => {
                let started = token.run_until_cancelled(start).await;
                started.ok_or(ErrorKind::Cancelled)??
            }
            None => start.await?,
        };
        session.run(program).await
    }

    /// Starts an instance that keeps its state from one program to the next. Waits for a slot.
    ///
    /// # Errors
    ///
    /// If there is no free slot in time, no memory left, or a file of the configuration cannot be
    /// written.
    pub async fn session(&self, config: &Arc<InstanceConfig>) -> Result<Session, ExecuteError> {
        Ok(Session::start(&self.template, config, &config.limits, &[]).await?)
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Image")
            .field("id", &self.manifest.id)
            .field("contents", &self.manifest.contents)
            .finish_non_exhaustive()
    }
}

/// Code and memory of an image that was made before, put together.
fn template(
    image_id: &str,
    runtime: &Runtime,
    code: Vec<Arc<Code>>,
    record: &ModuleRecord,
    memory: Snapshot,
) -> wasmtime::Result<Template> {
    let mut code = code.into_iter();
    let base = code.next();
    let base = base.ok_or_else(|| wasmtime::Error::msg("an image without code"))?;
    let modules = Modules::new(runtime, base, code.next(), &record.globals)?;
    let state = InitialState {
        memory: Arc::new(memory),
        globals: record.globals.iter().map(|global| global.value).collect(),
    };
    Template::new(image_id, Arc::new(modules), Some(state))
}

fn engine_error(error: wasmtime::Error) -> ImageError {
    ImageError::Compile(EngineError(error))
}

/// Making images, which needs the linker and the compiler.
#[cfg(feature = "build")]
mod build {
    use std::fs::File;

    use super::{
        Arc, Image, ImageError, InitialState, Manifest, ModuleRecord, Modules, Runtime, Snapshot,
        Template, engine_error, template,
    };
    use crate::input::cache_key::cache_key;
    use crate::input::recipe::Recipe;
    use crate::make::boot::Booted;
    use crate::make::compiler::identity;
    use crate::make::progress::OnProgress;
    use crate::make::{Made, Parts, make};
    use crate::store::{ImageStore, Kind, Reserved};

    impl Image {
        /// Takes the image from the store, or makes it and puts it there.
        ///
        /// `on_progress` is told of each step, and of none if the image was in the store. Where the
        /// store cannot be written to, the image is made all the same; see [`Image::cache_error`].
        ///
        /// # Errors
        ///
        /// Everything that can be wrong with the recipe, and a store that others can write to.
        pub fn make(
            recipe: &Recipe,
            store: &ImageStore,
            runtime: &Runtime,
            on_progress: &OnProgress,
        ) -> Result<Self, ImageError> {
            store.check()?;
            let packages = recipe.in_order()?;
            let preimports = recipe.preimports(&packages);
            let target = recipe.target();
            let compiler = identity(target).map_err(engine_error)?;
            let id = cache_key(compiler, &packages, recipe.folders(), &preimports);
            let span = tracing::info_span!("build", image = id, cached = tracing::field::Empty);
            let _entered = span.enter();
            let manifest = Manifest::new(id.clone(), target, recipe.contents(&packages));
            let parts = Parts {
                image_id: &id,
                packages: &packages,
                folders: recipe.folders(),
                preimports: &preimports,
                target,
            };
            span.record("cached", true);
            store.get_or_make(
                Kind::Image,
                &manifest.id,
                || load_cached(store, runtime, &manifest),
                |reserved| {
                    span.record("cached", false);
                    let made = make(&parts, store, runtime, on_progress)?;
                    Self::store(made, &manifest, reserved)
                },
            )
        }

        /// Puts what was made into the store, and takes its memory from there.
        fn store(
            made: Made,
            manifest: &Manifest,
            reserved: Reserved<'_>,
        ) -> Result<Self, ImageError> {
            let Made {
                modules,
                booted,
                not_cached,
            } = made;
            let manifest = manifest.clone().with(record(&booted, &modules));
            let text = manifest.to_string();
            let memory = &booted.memory;
            let put = reserved.put(memory, &text);
            // From the file, so that its pages are shared with every other process.
            let snapshot = put.and_then(|path| Snapshot::map(&File::open(path)?, 0, memory.len()));
            let (snapshot, not_cached) = match snapshot {
                Ok(snapshot) => (snapshot, not_cached),
                Err(error) => {
                    let snapshot = Snapshot::in_temporary_file(memory);
                    let snapshot = snapshot.map_err(|error| ImageError::Boot {
                        reason: format!("cannot write its memory to a temporary file: {error}"),
                    })?;
                    (snapshot, Some(error))
                }
            };
            let state = InitialState {
                memory: Arc::new(snapshot),
                globals: booted.globals,
            };
            let template =
                Template::new(&manifest.id, modules, Some(state)).map_err(engine_error)?;
            Ok(Self {
                template: Arc::new(template),
                manifest: Arc::new(manifest),
                cache_error: not_cached.map(Arc::new),
            })
        }
    }

    /// What the image's manifest is to say of its modules.
    fn record(booted: &Booted, modules: &Modules) -> ModuleRecord {
        let code = [Some(&modules.base), modules.extensions.as_ref()];
        ModuleRecord {
            code: code
                .into_iter()
                .flatten()
                .map(|code| code.key.clone())
                .collect(),
            globals: modules.globals_with(&booted.globals),
        }
    }

    /// The image from the store, if it is there with its code, and intact.
    fn load_cached(store: &ImageStore, runtime: &Runtime, manifest: &Manifest) -> Option<Image> {
        let mut entry = store.get(Kind::Image, &manifest.id)?;
        let found = Manifest::parse(&entry.sealed.text);
        let found = found.filter(|found| found.is_of_same(manifest));
        let Some((found, true)) = found.map(|found| (found, entry.is_intact())) else {
            store.set_aside(Kind::Image, &manifest.id);
            return None;
        };
        // Without its code it is of no use, and no harm: it is made again.
        let engine = runtime.engine(manifest.fuel).ok()?;
        let code = found.modules.code.iter();
        let code = code.map(|key| runtime.code().load_cached(store, key, engine));
        let code: Option<Vec<_>> = code.collect();
        let memory = File::open(&entry.path)
            .and_then(|file| Snapshot::map(&file, 0, entry.sealed.payload_size()))
            .ok()?;
        let template = template(&manifest.id, runtime, code?, &found.modules, memory).ok()?;
        store.touch(Kind::Image, &manifest.id);
        Some(Image {
            template: Arc::new(template),
            manifest: Arc::new(manifest.clone().with(found.modules)),
            cache_error: None,
        })
    }
}
