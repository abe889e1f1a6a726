//! Images: building one from a recipe, loading one from the store or a file, and starting instances
//! of it.
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

/// A bootable snapshot of Python and some packages: their machine code, and the memory after boot.
///
/// Each program runs in an instance of its own, which begins with a copy-on-write mapping of that
/// memory. Cheap to clone; all clones share code and memory.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use eryx_runtime::{Image, InstanceConfig, Program, Runtime};
///
/// let image = Image::load("sandbox.eryx", &Runtime::default())?;
/// let config = std::sync::Arc::new(InstanceConfig::default());
/// let result = image.run(Program::new("print(1 + 1)"), &config).await?;
/// assert_eq!(result.stdout, "2\n");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Image {
    pub(crate) template: Arc<Template>,
    pub(crate) manifest: Arc<Manifest>,
    cache_error: Option<Arc<io::Error>>,
}

impl Image {
    /// Returns the image's id: a SHA-256 over everything that it is made from, as 64 hexadecimal
    /// digits.
    pub fn id(&self) -> &str {
        &self.manifest.id
    }

    /// Returns the runtime that the image's instances run on.
    pub fn runtime(&self) -> &Runtime {
        &self.template.modules.runtime
    }

    /// Whether the image's code measures fuel; see [`Limits::fuel`](crate::Limits::fuel).
    pub fn has_fuel(&self) -> bool {
        self.manifest.fuel
    }

    /// Lists the host's functions that the image's machine code imports, as `interface#function`.
    /// An instance cannot reach anything else of the host.
    pub fn imports(&self) -> Vec<String> {
        let own = self.template.modules.base.module.imports();
        // The extensions' module imports from the base's module alone.
        own.map(|import| format!("{}#{}", import.module(), import.name()))
            .collect()
    }

    /// Returns why the image could not be written to the store, so that the next process must build
    /// it again. None if it is in the store, or was loaded from a file.
    pub fn cache_error(&self) -> Option<&io::Error> {
        self.cache_error.as_deref()
    }

    /// Runs a program in a new instance, which is dropped afterwards.
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

    /// Starts an instance that keeps its state from one program to the next. Waits for a free slot.
    ///
    /// # Errors
    ///
    /// If no slot becomes free within [`Limits::queue_time`](crate::Limits::queue_time), no memory
    /// is left, or a file of the configuration cannot be written.
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

/// Builds the template of a stored image from its code and its memory.
fn template(
    image_id: &str,
    runtime: &Runtime,
    code: Vec<Arc<Code>>,
    record: &ModuleRecord,
    memory: Snapshot,
) -> wasmtime::Result<Template> {
    let mut code = code.into_iter();
    let base = code.next();
    let base = base.ok_or_else(|| wasmtime::Error::msg("the image has no code"))?;
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

/// Building images, which needs the linker and the compiler.
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
        /// Loads the image from the store, or builds it and writes it there.
        ///
        /// `on_progress` is called at each step of a build, and not at all if the image is in the
        /// store. A store that cannot be written to is no error; see [`Image::cache_error`].
        ///
        /// ```no_run
        /// use eryx_runtime::{Image, ImageStore, OnProgress, Recipe, Runtime};
        ///
        /// let on_progress: OnProgress = std::sync::Arc::new(|progress| println!("{progress:?}"));
        /// let (recipe, store) = (Recipe::default(), ImageStore::of_user());
        /// let image = Image::make(&recipe, &store, &Runtime::default(), &on_progress)?;
        /// # Ok::<(), eryx_runtime::ImageError>(())
        /// ```
        ///
        /// # Errors
        ///
        /// If packages of the recipe are missing, conflict, cannot be linked or fail to import, or
        /// if others can write to the store.
        pub fn make(
            recipe: &Recipe,
            store: &ImageStore,
            runtime: &Runtime,
            on_progress: &OnProgress,
        ) -> Result<Self, ImageError> {
            store.check()?;
            let packages = recipe.packages_in_order()?;
            let preimports = recipe.preimports(&packages);
            let target = recipe.target();
            let compiler = identity(target).map_err(engine_error)?;
            let id = cache_key(compiler, &packages, recipe.directories(), &preimports);
            let span = tracing::info_span!("build", image = id, cached = tracing::field::Empty);
            let _entered = span.enter();
            let manifest = Manifest::new(id.clone(), target, recipe.contents(&packages));
            let parts = Parts {
                image_id: &id,
                packages: &packages,
                directories: recipe.directories(),
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

        /// Writes a built image to the store and maps its memory from there.
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
            // All processes that map the file share its pages.
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

    /// Builds the manifest's record of the modules.
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

    /// Loads an intact image and its code from the store, if it is there.
    fn load_cached(store: &ImageStore, runtime: &Runtime, manifest: &Manifest) -> Option<Image> {
        let mut entry = store.get(Kind::Image, &manifest.id)?;
        let found = Manifest::parse(&entry.sealed.text);
        let found = found.filter(|found| found.is_same_image(manifest));
        let Some((found, true)) = found.map(|found| (found, entry.is_intact())) else {
            store.set_aside(Kind::Image, &manifest.id);
            return None;
        };
        // If its code was evicted, the image is built again.
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
