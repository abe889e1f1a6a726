//! Choosing what a sandbox has.

use std::path::PathBuf;

use eryx_extension::Extension;
use eryx_runtime::{Image, ImageStore, Recipe, Step};

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
    preimports: Vec<String>,
    cache: Option<PathBuf>,
    on_step: Option<Box<dyn Fn(Step)>>,
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

    /// Imports a module before any program runs. May be given several times; the order is kept.
    #[must_use]
    pub fn with_preimport(mut self, module: impl Into<String>) -> Self {
        self.preimports.push(module.into());
        self
    }

    /// Keeps the compiled image in this folder, instead of `eryx` in the user's cache folder.
    ///
    /// What is in the folder is run as machine code: it must not be writable by others.
    #[must_use]
    pub fn with_cache_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// Calls a function at each step of [`build`](Self::build), which takes seconds when these
    /// packages were never linked on this machine.
    #[must_use]
    pub fn on_step(mut self, function: impl Fn(Step) + 'static) -> Self {
        self.on_step = Some(Box::new(function));
        self
    }

    /// Makes the sandbox.
    ///
    /// The first time, its libraries are linked, Python is started, and what that leaves is
    /// compiled: about 13 CPU seconds for Python alone, twice that with numpy. After that the result
    /// is taken from the cache, in milliseconds. This blocks; in an async program
    /// `tokio::task::spawn_blocking` is a good place for it.
    ///
    /// # Errors
    ///
    /// Every mistake in what the builder was given, with the name of the file or package, and a
    /// cache folder that cannot be used.
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
        let store = match self.cache {
            Some(folder) => ImageStore::at(folder),
            None => ImageStore::of_user()?,
        };
        let on_step = self.on_step.as_deref().unwrap_or(&|_| {});
        let image = Image::make(&recipe, &self.preimports, &store, on_step)?;
        Ok(Sandbox::new(image))
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
            .field("preimports", &self.preimports)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}
