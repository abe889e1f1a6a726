//! Choosing what a sandbox has.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eryx_extension::Extension;
use eryx_runtime::{Cpu, Image, ImageStore, OnProgress, Progress, Recipe, Runtime};

use crate::{BuildError, Sandbox, extensions};

/// The choices for a [`Sandbox`]; [`Sandbox::builder`] makes it.
///
/// Every sandbox has CPython 3.14 and its standard library; the methods add to that.
/// [`build`](Self::build) reports every mistake in what they are given.
#[derive(Default)]
#[must_use]
pub struct SandboxBuilder {
    embedded: bool,
    extensions: Vec<Extension>,
    numpy: Option<PathBuf>,
    site_packages: Vec<PathBuf>,
    libraries: Vec<(String, Vec<u8>)>,
    directories: Vec<(PathBuf, String)>,
    preimports: Vec<String>,
    cpu: Cpu,
    fuel: bool,
    cache_dir: Option<PathBuf>,
    cache_limit: Option<u64>,
    runtime: Option<Runtime>,
    on_progress: Option<OnProgress>,
}

impl SandboxBuilder {
    /// Adds the packages whose features are on; [`extensions()`] lists them.
    ///
    /// A package of the same name that another method adds replaces one of these.
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
    pub fn with_extension(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Adds one native library.
    ///
    /// `path` is where Python finds it: relative to `site-packages`, as
    /// `package/module.cpython-314-wasm32-wasi.so`, or absolute below `/site-packages`. `bytes` are
    /// a core WebAssembly module with a `dylink.0` section, as `wasm-ld -shared` writes them.
    pub fn with_native_extension(
        mut self,
        path: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
    ) -> Self {
        self.libraries.push((path.into(), bytes.into()));
        self
    }

    /// Adds a numpy that lies unpacked in a directory of the host: the directory in which
    /// `import numpy` would find it, or `numpy` itself.
    pub fn with_numpy(mut self, directory: impl AsRef<Path>) -> Self {
        self.numpy = Some(directory.as_ref().to_owned());
        self
    }

    /// Adds all that is in a directory of the host, as if it were `site-packages`. It is read when the
    /// sandbox is built, never while a program runs; every `.so` in it is linked.
    pub fn with_site_packages(mut self, directory: impl AsRef<Path>) -> Self {
        self.site_packages.push(directory.as_ref().to_owned());
        self
    }

    /// Copies a directory of the host into the image, at an absolute path like `/data`. It is read when
    /// the sandbox is built: nothing of the host is mounted, programs can read the copy and not change
    /// it, and it costs a run nothing. At most 1 GiB; links that lead out of the directory are refused.
    ///
    /// ```no_run
    /// let sandbox = eryx::Sandbox::builder()
    ///     .with_directory("reports/2026", "/data")
    ///     .build()?;
    /// # Ok::<(), eryx::BuildError>(())
    /// ```
    pub fn with_directory(
        mut self,
        directory: impl AsRef<Path>,
        guest_path: impl Into<String>,
    ) -> Self {
        let directory = directory.as_ref().to_owned();
        self.directories.push((directory, guest_path.into()));
        self
    }

    /// Imports a module before any program runs. May be called several times; the order is kept.
    pub fn with_preimport(mut self, module: impl Into<String>) -> Self {
        self.preimports.push(module.into());
        self
    }

    /// Sets which processors the image is compiled for: by default any of this architecture from
    /// the last decade.
    pub fn with_cpu(mut self, cpu: Cpu) -> Self {
        self.cpu = cpu;
        self
    }

    /// Measures the work of programs, for [`Limits::fuel`](crate::Limits::fuel) and
    /// [`Stats::fuel`](crate::Stats::fuel). The code that does so is an image of its own, and slower;
    /// images without fuel do not pay for it.
    pub fn with_fuel(mut self) -> Self {
        self.fuel = true;
        self
    }

    /// Sets the cache directory, instead of `eryx` in the user's own.
    ///
    /// What is in the directory runs as machine code. So it has to belong to this user, and others must
    /// not be able to write to it; otherwise [`build`](Self::build) refuses it. If this user cannot
    /// write to it either, sandboxes are built all the same, and nothing is cached.
    pub fn with_cache_dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.cache_dir = Some(directory.as_ref().to_owned());
        self
    }

    /// Limits the size of the cache directory, in bytes; 4 GiB if it is not set. Beyond that, the entries
    /// that were not used for the longest time are removed when a new one is added.
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
    pub fn with_runtime(mut self, runtime: &Runtime) -> Self {
        self.runtime = Some(runtime.clone());
        self
    }

    /// Calls a function as [`build`](Self::build) makes progress, which takes seconds when these
    /// packages were never linked on this machine; not at all if the image is in the cache.
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
    pub fn on_progress(mut self, function: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(function));
        self
    }

    /// Makes the sandbox.
    ///
    /// The first time, its libraries are linked and compiled, and Python is started: about 9 CPU seconds
    /// for Python alone, 24 with numpy; one or two where much the same was built before. After that the
    /// image is taken from the cache, in milliseconds. This blocks; in an async program
    /// `tokio::task::spawn_blocking` is a good place for it.
    ///
    /// # Errors
    ///
    /// All mistakes in what the builder was given, each with the name of the file or package
    /// ([`BuildError::Several`] if there are several), and a cache directory that others can write to.
    pub fn build(self) -> Result<Sandbox, BuildError> {
        let store = match &self.cache_dir {
            Some(directory) => ImageStore::at(directory),
            None => ImageStore::of_user(),
        };
        let store = match self.cache_limit {
            Some(bytes) => store.with_limit(bytes),
            None => store,
        };
        let runtime = self.runtime.clone().unwrap_or_default();
        let on_progress = self.on_progress.clone();
        let on_progress = on_progress.unwrap_or_else(|| Arc::new(|_| {}));
        let image = Image::make(&self.recipe()?, &store, &runtime, &on_progress)?;
        Ok(Sandbox::from_image(image))
    }

    /// What the image is made of.
    fn recipe(self) -> Result<Recipe, BuildError> {
        let mut recipe = Recipe::default();
        let mut mistakes = Vec::new();
        let mut note = |added: Result<(), BuildError>| mistakes.extend(added.err());
        let embedded = if self.embedded { extensions() } else { &[] };
        let is_replaced = |extension: &&Extension| {
            let mut others = self.extensions.iter();
            others.any(|other| other.name == extension.name)
                || (self.numpy.is_some() && extension.name == "numpy")
        };
        let embedded = embedded.iter().filter(|extension| !is_replaced(extension));
        for extension in embedded.chain(&self.extensions) {
            note(recipe.add_extension(extension));
        }
        if let Some(directory) = &self.numpy {
            note(recipe.add_package_directory("numpy", directory));
        }
        for directory in &self.site_packages {
            note(recipe.add_site_packages(directory));
        }
        for (path, bytes) in self.libraries {
            note(recipe.add_library(&path, bytes));
        }
        for (directory, guest_path) in &self.directories {
            note(recipe.add_directory(directory, guest_path));
        }
        for module in self.preimports {
            recipe.add_preimport(module);
        }
        recipe.set_cpu(self.cpu);
        recipe.set_fuel(self.fuel);
        match BuildError::of_all(mistakes) {
            None => Ok(recipe),
            Some(mistakes) => Err(mistakes),
        }
    }
}

impl std::fmt::Debug for SandboxBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let libraries: Vec<_> = self.libraries.iter().map(|(path, _)| path).collect();
        f.debug_struct("SandboxBuilder")
            .field("embedded", &self.embedded)
            .field("extensions", &self.extensions)
            .field("numpy", &self.numpy)
            .field("site_packages", &self.site_packages)
            .field("libraries", &libraries)
            .field("directories", &self.directories)
            .field("preimports", &self.preimports)
            .field("cpu", &self.cpu)
            .field("fuel", &self.fuel)
            .field("cache_dir", &self.cache_dir)
            .field("cache_limit", &self.cache_limit)
            .field("runtime", &self.runtime)
            .finish_non_exhaustive()
    }
}
