//! The builder of a [`Sandbox`]: its packages, its directories, its cache and its runtime.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eryx_extension::Extension;
use eryx_runtime::{Cpu, Image, ImageStore, OnProgress, Progress, Recipe, Runtime};

use crate::{BuildError, Sandbox, extensions};

/// A builder of a [`Sandbox`]; [`Sandbox::builder`] returns one.
///
/// Every sandbox has CPython 3.14 and its standard library. The methods add packages and files, and
/// choose how the image is built. [`build`](Self::build) reports all mistakes in their arguments at
/// once.
///
/// ```no_run
/// use eryx::Sandbox;
///
/// let sandbox = Sandbox::builder()
///     .with_embedded_runtime()
///     .with_site_packages("venv/lib/python3.14/site-packages")
///     .with_preimport("json")
///     .build()?;
/// # Ok::<(), eryx::BuildError>(())
/// ```
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
    /// Adds the packages whose Cargo features are enabled; [`extensions()`] lists them.
    ///
    /// If another method adds a package of the same name, that package is used instead.
    pub fn with_embedded_runtime(mut self) -> Self {
        self.embedded = true;
        self
    }

    /// Adds the package of an extension crate for which eryx has no Cargo feature.
    ///
    /// ```no_run
    /// // An extension crate exports it as `eryx_ext_foo::EXTENSION`.
    /// fn sandbox_with(extension: eryx::Extension) -> Result<eryx::Sandbox, eryx::BuildError> {
    ///     eryx::Sandbox::builder().with_extension(extension).build()
    /// }
    /// ```
    pub fn with_extension(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Adds one native library: a Python extension module, or a library that one needs.
    ///
    /// `path` is its path below `site-packages`, such as `package/module.cpython-314-wasm32-wasi.so`,
    /// or the absolute path below `/site-packages`. `bytes` are a core WebAssembly module with a
    /// `dylink.0` section, the output of `wasm-ld -shared`.
    ///
    /// ```no_run
    /// let library = std::fs::read("target/fast.cpython-314-wasm32-wasi.so")?;
    /// let sandbox = eryx::Sandbox::builder()
    ///     .with_native_extension("fast.cpython-314-wasm32-wasi.so", library)
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_native_extension(
        mut self,
        path: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
    ) -> Self {
        self.libraries.push((path.into(), bytes.into()));
        self
    }

    /// Adds an unpacked numpy from a host directory: the directory that contains `numpy`, or the
    /// directory `numpy` itself.
    pub fn with_numpy(mut self, directory: impl AsRef<Path>) -> Self {
        self.numpy = Some(directory.as_ref().to_owned());
        self
    }

    /// Copies all files of a host directory into the image, as `site-packages`, and links every native
    /// library among them.
    ///
    /// [`build`](Self::build) reads the directory; programs never do.
    pub fn with_site_packages(mut self, directory: impl AsRef<Path>) -> Self {
        self.site_packages.push(directory.as_ref().to_owned());
        self
    }

    /// Copies a host directory into the image, at an absolute guest path such as `/data`.
    ///
    /// [`build`](Self::build) reads the directory; it is not mounted. Programs can read the copy and
    /// cannot change it, and it adds no time to a run. The directory may hold up to 1 GiB. Symbolic
    /// links that lead out of it are refused.
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

    /// Imports a module when the image is built, so that programs find it imported.
    ///
    /// Several calls import several modules, in the order of the calls.
    ///
    /// ```no_run
    /// let sandbox = eryx::Sandbox::builder()
    ///     .with_preimport("json")
    ///     .with_preimport("decimal")
    ///     .build()?;
    /// # Ok::<(), eryx::BuildError>(())
    /// ```
    pub fn with_preimport(mut self, module: impl Into<String>) -> Self {
        self.preimports.push(module.into());
        self
    }

    /// Sets the processors that the image is compiled for. The default, [`Cpu::Portable`], is any
    /// processor of this architecture from the last decade.
    pub fn with_cpu(mut self, cpu: Cpu) -> Self {
        self.cpu = cpu;
        self
    }

    /// Compiles the image with fuel, a measure of a program's work, for
    /// [`Limits::fuel`](crate::Limits::fuel) and [`Stats::fuel`](crate::Stats::fuel).
    ///
    /// The image is a separate one, whose code is slower. Images without fuel are not affected.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use eryx::{Limits, Sandbox};
    ///
    /// let sandbox = Sandbox::builder()
    ///     .with_fuel()
    ///     .build()?
    ///     .with_limits(Limits::default().fuel(1_000_000_000));
    /// let result = sandbox.execute("print(sum(range(1000)))").await?;
    /// println!("used {:?}", result.stats.fuel);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_fuel(mut self) -> Self {
        self.fuel = true;
        self
    }

    /// Sets the cache directory. The default is `eryx` in the user's cache directory.
    ///
    /// The directory holds machine code that this process runs. So it must belong to this user, and
    /// other users must not be able to write to it; otherwise [`build`](Self::build) refuses it. If the
    /// cache cannot be written, `build` still succeeds, and [`Image::cache_error`] says why.
    pub fn with_cache_dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.cache_dir = Some(directory.as_ref().to_owned());
        self
    }

    /// Limits the size of the cache directory, in bytes. The default is 4 GiB.
    ///
    /// A new entry beyond the limit evicts the least recently used ones.
    pub fn with_cache_limit(mut self, bytes: u64) -> Self {
        self.cache_limit = Some(bytes);
        self
    }

    /// Runs the sandbox's programs on this runtime instead of the [default](Runtime::default) one.
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

    /// Calls `function` with the progress of [`build`](Self::build), which takes seconds for packages
    /// that this machine has not linked before.
    ///
    /// Several threads call it, a few hundred times at most. If the image is in the cache, they do not
    /// call it.
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

    /// Builds the sandbox, or loads its image from the cache.
    ///
    /// The first build links and compiles the libraries and starts Python. It takes about 9 CPU seconds
    /// for Python alone and 24 with numpy, or one to two if a similar image was built before. Later
    /// builds load the image in milliseconds.
    ///
    /// This function blocks. In an async program, call it in `tokio::task::spawn_blocking`.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = eryx::Sandbox::builder().with_embedded_runtime();
    /// let sandbox = tokio::task::spawn_blocking(|| builder.build()).await??;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if an argument of the builder is wrong, naming the file or the package
    /// ([`BuildError::Several`] if there is more than one mistake); if the libraries cannot be linked or
    /// Python cannot start; or if other users can write to the cache directory.
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

    /// Collects the image's inputs, or all mistakes in them.
    fn recipe(self) -> Result<Recipe, BuildError> {
        let mut recipe = Recipe::default();
        let mut mistakes = Vec::new();
        let mut collect = |added: Result<(), BuildError>| mistakes.extend(added.err());
        let embedded = if self.embedded { extensions() } else { &[] };
        let is_replaced = |extension: &&Extension| {
            let mut others = self.extensions.iter();
            others.any(|other| other.name == extension.name)
                || (self.numpy.is_some() && extension.name == "numpy")
        };
        let embedded = embedded.iter().filter(|extension| !is_replaced(extension));
        for extension in embedded.chain(&self.extensions) {
            collect(recipe.add_extension(extension));
        }
        if let Some(directory) = &self.numpy {
            collect(recipe.add_package_directory("numpy", directory));
        }
        for directory in &self.site_packages {
            collect(recipe.add_site_packages(directory));
        }
        for (path, bytes) in self.libraries {
            collect(recipe.add_library(&path, bytes));
        }
        for (directory, guest_path) in &self.directories {
            collect(recipe.add_directory(directory, guest_path));
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
