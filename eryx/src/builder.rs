//! Choosing what a sandbox has.

use std::path::PathBuf;
use std::sync::Arc;

use eryx_extension::Extension;
use eryx_runtime::{Cpu, Image, ImageStore, OnProgress, Progress, Recipe, Runtime};

use crate::{BuildError, Sandbox, extensions};

/// Chooses what a [`Sandbox`] has. Made by [`Sandbox::builder`].
///
/// Every sandbox has CPython 3.14 and its standard library. The methods add to that; a mistake in
/// what they are given is reported by [`build`](Self::build).
#[derive(Default)]
pub struct SandboxBuilder {
    embedded: bool,
    extensions: Vec<Extension>,
    numpy: Option<PathBuf>,
    folders: Vec<PathBuf>,
    libraries: Vec<(String, Vec<u8>)>,
    directories: Vec<(PathBuf, String)>,
    preimports: Vec<String>,
    cpu: Cpu,
    fuel: bool,
    cache: Option<PathBuf>,
    cache_limit: Option<u64>,
    runtime: Option<Runtime>,
    on_progress: Option<OnProgress>,
}

impl SandboxBuilder {
    /// Adds the packages whose features are on, as [`extensions()`] lists them.
    ///
    /// A package of the same name that is given by another method takes the place of one of these.
    #[must_use]
    pub fn with_embedded_runtime(mut self) -> Self {
        self.embedded = true;
        self
    }

    /// Adds the package of an extension crate that eryx itself does not know.
    ///
    /// ```no_run
    /// // An extension crate exposes it as `eryx_ext_foo::EXTENSION`.
    /// fn sandbox_with(extension: eryx::Extension) -> Result<eryx::Sandbox, eryx::BuildError> {
    ///     eryx::Sandbox::builder().with_extension(extension).build()
    /// }
    /// ```
    #[must_use]
    pub fn with_extension(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Adds one native library by hand.
    ///
    /// `path` is where Python finds it: relative to `site-packages`, as
    /// `package/module.cpython-314-wasm32-wasi.so`, or absolute below `/site-packages`. `bytes` are
    /// a core WebAssembly module with a `dylink.0` section, as `wasm-ld -shared` makes them.
    #[must_use]
    pub fn with_native_extension(
        mut self,
        path: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
    ) -> Self {
        self.libraries.push((path.into(), bytes.into()));
        self
    }

    /// Adds a numpy that lies unpacked in a folder: the one in which `import numpy` would find it,
    /// or the folder `numpy` itself.
    #[must_use]
    pub fn with_numpy(mut self, folder: impl Into<PathBuf>) -> Self {
        self.numpy = Some(folder.into());
        self
    }

    /// Adds all that is in a folder, as if it were `site-packages`. It is read when the sandbox is
    /// built, never while a program runs; every `.so` in it is linked.
    #[must_use]
    pub fn with_site_packages(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folders.push(folder.into());
        self
    }

    /// Copies all that is in a folder of the host's to a folder of the sandbox, an absolute path like
    /// `/data`. It is read when the sandbox is built and is part of the image then: nothing of the host
    /// is mounted, programs can read the copy and not change it, and it costs a run nothing. At most
    /// 1 GiB; links that lead out of the folder are refused.
    ///
    /// ```no_run
    /// let sandbox = eryx::Sandbox::builder()
    ///     .with_directory("reports/2026", "/data")
    ///     .build()?;
    /// # Ok::<(), eryx::BuildError>(())
    /// ```
    #[must_use]
    pub fn with_directory(mut self, folder: impl Into<PathBuf>, path: impl Into<String>) -> Self {
        self.directories.push((folder.into(), path.into()));
        self
    }

    /// Imports a module before any program runs. May be given several times; the order is kept.
    #[must_use]
    pub fn with_preimport(mut self, module: impl Into<String>) -> Self {
        self.preimports.push(module.into());
        self
    }

    /// Sets which processors the image is compiled for: by default any of this architecture from
    /// the last decade.
    #[must_use]
    pub fn with_cpu(mut self, cpu: Cpu) -> Self {
        self.cpu = cpu;
        self
    }

    /// Has programs' work be counted, for [`Limits::fuel`](crate::Limits::fuel) and
    /// [`Stats::fuel`](crate::Stats::fuel). Such code is another image, and slower; without this
    /// nobody pays for it.
    #[must_use]
    pub fn with_fuel(mut self) -> Self {
        self.fuel = true;
        self
    }

    /// Keeps what is compiled in this folder, instead of `eryx` in the user's cache folder.
    ///
    /// What is in the folder is run as machine code. So it has to belong to this user, and nobody
    /// else may be able to write to it; otherwise [`build`](Self::build) refuses it. If this user
    /// cannot write to it either, sandboxes are built as ever, and nothing is kept.
    #[must_use]
    pub fn with_cache_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// Lets the cache folder hold so many bytes, instead of 4 GiB. Beyond that, what was not used
    /// for the longest time is removed when something new is kept.
    #[must_use]
    pub fn with_cache_limit(mut self, bytes: u64) -> Self {
        self.cache_limit = Some(bytes);
        self
    }

    /// Runs the sandbox's programs on this runtime, instead of the [default](Runtime::default) one.
    ///
    /// ```no_run
    /// use eryx::{Runtime, Sandbox};
    ///
    /// let runtime = Runtime::builder().slots(1000).resident_memory(256 << 20).build();
    /// let sandbox = Sandbox::builder().with_runtime(&runtime).build()?;
    /// # Ok::<(), eryx::BuildError>(())
    /// ```
    #[must_use]
    pub fn with_runtime(mut self, runtime: &Runtime) -> Self {
        self.runtime = Some(runtime.clone());
        self
    }

    /// Calls a function as [`build`](Self::build) goes on, which takes seconds when these packages
    /// were never linked on this machine; not at all if there is nothing to be made.
    ///
    /// It is called at most a few hundred times, from several threads.
    ///
    /// ```no_run
    /// let sandbox = eryx::Sandbox::builder()
    ///     .on_progress(|progress| {
    ///         eprintln!("{:?}: {} of {}", progress.step, progress.done, progress.total);
    ///     })
    ///     .build()?;
    /// # Ok::<(), eryx::BuildError>(())
    /// ```
    #[must_use]
    pub fn on_progress(mut self, function: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(function));
        self
    }

    /// Makes the sandbox.
    ///
    /// The first time, its libraries are linked, Python is started, and what that leaves is
    /// compiled: about 9 CPU seconds for Python alone, 24 with numpy; one or two where much the same
    /// was built before. After that the result is taken from the cache, in
    /// milliseconds. This blocks; in an async program
    /// `tokio::task::spawn_blocking` is a good place for it.
    ///
    /// # Errors
    ///
    /// Every mistake in what the builder was given, with the name of the file or package, and a
    /// cache folder that others can write to.
    pub fn build(self) -> Result<Sandbox, BuildError> {
        let mut recipe = Recipe::default();
        if self.embedded {
            for extension in extensions() {
                let by_hand = self
                    .extensions
                    .iter()
                    .any(|other| other.name == extension.name)
                    || (self.numpy.is_some() && extension.name == "numpy");
                if !by_hand {
                    recipe.add_extension(extension)?;
                }
            }
        }
        for extension in &self.extensions {
            recipe.add_extension(extension)?;
        }
        if let Some(folder) = &self.numpy {
            recipe.add_package_folder("numpy", folder)?;
        }
        for folder in &self.folders {
            recipe.add_folder(folder)?;
        }
        for (path, bytes) in self.libraries {
            recipe.add_library(&path, bytes)?;
        }
        for (folder, path) in &self.directories {
            recipe.add_directory(folder, path)?;
        }
        for module in self.preimports {
            recipe.add_preimport(module);
        }
        recipe.set_cpu(self.cpu);
        recipe.set_fuel(self.fuel);
        let mut store = match self.cache {
            Some(folder) => ImageStore::at(folder),
            None => ImageStore::of_user(),
        };
        if let Some(bytes) = self.cache_limit {
            store = store.with_limit(bytes);
        }
        let runtime = self.runtime.unwrap_or_default();
        let on_progress = self.on_progress.unwrap_or_else(|| Arc::new(|_| {}));
        Ok(Sandbox::new(Image::make(
            &recipe,
            &store,
            &runtime,
            &on_progress,
        )?))
    }
}

impl std::fmt::Debug for SandboxBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let libraries: Vec<_> = self.libraries.iter().map(|(path, _)| path).collect();
        f.debug_struct("SandboxBuilder")
            .field("embedded", &self.embedded)
            .field("extensions", &self.extensions)
            .field("numpy", &self.numpy)
            .field("folders", &self.folders)
            .field("libraries", &libraries)
            .field("directories", &self.directories)
            .field("preimports", &self.preimports)
            .field("cpu", &self.cpu)
            .field("fuel", &self.fuel)
            .field("cache", &self.cache)
            .field("cache_limit", &self.cache_limit)
            .finish_non_exhaustive()
    }
}
