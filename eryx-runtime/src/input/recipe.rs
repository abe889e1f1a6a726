//! The recipe of an image: what it has beyond the base.

use std::path::Path;

use eryx_artifact::library_name::is_native_library;
use eryx_artifact::{Digest, PartsHasher};
use eryx_extension::{ABI, Extension, File};

use super::bytes::Data;
use super::cpu::{Cpu, Target};
use super::package_files::{Files, guest_directory, guest_path, read_directory};
use crate::error::ImageError;

/// The modules that every image imports at boot: printing an uncaught exception needs `traceback`.
const ALWAYS: [&str; 1] = ["traceback"];

/// The contents of an image beyond the base: packages with their libraries and files, copied
/// directories, the modules to import at boot, and the processor to compile for.
///
/// ```no_run
/// use eryx_runtime::{Image, ImageStore, Recipe, Runtime};
///
/// let mut recipe = Recipe::default();
/// recipe.add_site_packages("vendor".as_ref())?;
/// recipe.add_preimport("json");
/// let on_progress = std::sync::Arc::new(|_| ()) as _;
/// let image = Image::make(&recipe, &ImageStore::of_user(), &Runtime::default(), &on_progress)?;
/// # Ok::<(), eryx_runtime::ImageError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recipe {
    packages: Vec<Package>,
    directories: Vec<CopiedDirectory>,
    preimports: Vec<String>,
    cpu: Cpu,
    fuel: bool,
}

/// A copy of a host directory, taken when it was added to the recipe.
#[derive(Clone, Debug)]
pub(crate) struct CopiedDirectory {
    /// The absolute path in the sandbox.
    pub(crate) path: String,
    pub(crate) files: Files,
    pub(crate) sha256: Digest,
}

/// A package: native libraries and other files.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    /// The name in errors and in the `requires` of other packages.
    pub(crate) name: String,
    /// The name in the image's list of contents. A host path is not shown there.
    title: String,
    requires: &'static [&'static str],
    /// The modules to import at boot.
    pub(crate) preimport: &'static [&'static str],
    /// The native libraries: path in `site-packages`, and bytes.
    pub(crate) libraries: Vec<(String, Data)>,
    files: PackageFiles,
}

/// The files of a package other than its libraries.
#[derive(Clone, Debug)]
enum PackageFiles {
    /// Compressed, in an extension crate.
    Extension {
        files: &'static [File],
        sha256: Digest,
    },
    /// In memory.
    Plain { files: Files, sha256: Digest },
}

impl Recipe {
    /// Adds the package of an extension crate.
    ///
    /// # Errors
    ///
    /// If it was built for another ABI, or the recipe already has a package of this name.
    pub fn add_extension(&mut self, extension: &Extension) -> Result<(), ImageError> {
        if extension.abi != ABI {
            return Err(ImageError::Abi {
                package: extension.to_string(),
                found: extension.abi.to_owned(),
                expected: ABI,
            });
        }
        let mut libraries = Vec::new();
        for library in extension.libraries {
            libraries.push((guest_path(library.path)?, Data::Extension(*library)));
        }
        self.add(Package {
            name: extension.name.to_owned(),
            title: extension.to_string(),
            requires: extension.requires,
            preimport: extension.preimport,
            libraries,
            files: PackageFiles::extension(extension.files),
        })
    }

    /// Adds one native library at a path in `site-packages`, which Python imports it from. The path
    /// is relative, or absolute below `/site-packages`.
    ///
    /// # Errors
    ///
    /// If the path is not valid, does not end in `.so`, or is in the recipe already.
    pub fn add_library(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), ImageError> {
        let path = guest_path(path)?;
        if !is_native_library(&path) {
            return Err(ImageError::GuestPath {
                path,
                reason: "a native library's name ends in .so".to_owned(),
            });
        }
        self.add(Package {
            title: path.clone(),
            name: path.clone(),
            requires: &[],
            preimport: &[],
            libraries: vec![(path, Data::plain(bytes))],
            files: PackageFiles::plain(Files::new()),
        })
    }

    /// Adds the contents of a directory to `site-packages`. Every `.so` in it is linked. At most
    /// 100,000 files and 1 GiB.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read, is too large, or has an entry that cannot go into a
    /// sandbox: a socket, a symbolic link out of the directory, or a name that is not UTF-8.
    pub fn add_site_packages(&mut self, directory: &Path) -> Result<(), ImageError> {
        let name = directory.display().to_string();
        self.add_files(name, "a directory", read_directory(directory)?)
    }

    /// Adds an unpacked package from a directory: either the one that `import` would search, or the
    /// package's own, which has its `__init__.py`.
    ///
    /// # Errors
    ///
    /// As [`Recipe::add_site_packages`], or if the directory does not have the package.
    pub fn add_package_directory(
        &mut self,
        package: &'static str,
        directory: &Path,
    ) -> Result<(), ImageError> {
        let mut files = read_directory(directory)?;
        if files.contains_key("__init__.py") && directory.ends_with(package) {
            files = files
                .into_iter()
                .map(|(path, content)| (format!("{package}/{path}"), content))
                .collect();
        }
        if !files.contains_key(&format!("{package}/__init__.py")) {
            return Err(ImageError::NoPackage {
                folder: directory.to_owned(),
                package,
            });
        }
        self.add_files(package.to_owned(), package, files)
    }

    fn add_files(&mut self, name: String, title: &str, files: Files) -> Result<(), ImageError> {
        let (libraries, files) = files
            .into_iter()
            .partition::<Files, _>(|(path, _)| is_native_library(path));
        let libraries = libraries.into_iter();
        self.add(Package {
            name,
            title: title.to_owned(),
            requires: &[],
            preimport: &[],
            libraries: libraries
                .map(|(path, bytes)| (path, Data::plain(bytes)))
                .collect(),
            files: PackageFiles::plain(files),
        })
    }

    /// Copies the contents of a host directory to an absolute path in the sandbox. Programs can
    /// read the copy and cannot change it. At most 100,000 files and 1 GiB.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read, is too large, or has an entry that cannot go into a
    /// sandbox, or if the path is not valid, reserved (`/dev`, `/python`, `/site-packages`, `/tmp`
    /// itself) or in the recipe already.
    pub fn add_directory(&mut self, directory: &Path, path: &str) -> Result<(), ImageError> {
        let path = guest_directory(path)?;
        if self.directories.iter().any(|other| other.path == path) {
            return Err(ImageError::Twice { package: path });
        }
        let files = read_directory(directory)?;
        let sha256 = digest(&files);
        self.directories.push(CopiedDirectory {
            path,
            files,
            sha256,
        });
        Ok(())
    }

    pub(crate) fn directories(&self) -> &[CopiedDirectory] {
        &self.directories
    }

    /// Adds a module to import at boot, after those that the packages name and those added before.
    pub fn add_preimport(&mut self, module: impl Into<String>) {
        self.preimports.push(module.into());
    }

    /// Sets the processors that the image is compiled for. The default is [`Cpu::Portable`].
    pub fn set_cpu(&mut self, cpu: Cpu) {
        self.cpu = cpu;
    }

    /// Sets whether the image's code measures fuel, which makes programs slower; see
    /// [`Limits::fuel`](crate::Limits::fuel). The default is false.
    pub fn set_fuel(&mut self, fuel: bool) {
        self.fuel = fuel;
    }

    pub(crate) fn target(&self) -> Target {
        Target {
            cpu: self.cpu,
            fuel: self.fuel,
        }
    }

    fn add(&mut self, package: Package) -> Result<(), ImageError> {
        if self.packages.iter().any(|other| other.name == package.name) {
            return Err(ImageError::Twice {
                package: package.name,
            });
        }
        for (path, _) in &package.libraries {
            let has_library = |other: &&Package| other.libraries.iter().any(|(its, _)| its == path);
            if let Some(other) = self.packages.iter().find(has_library) {
                return Err(ImageError::LibraryTwice {
                    path: path.clone(),
                    one: other.name.clone(),
                    other: package.name,
                });
            }
        }
        self.packages.push(package);
        Ok(())
    }

    /// Returns the packages in link order: each after those that it requires, and otherwise in the
    /// order in which they were added.
    pub(crate) fn packages_in_order(&self) -> Result<Vec<&Package>, ImageError> {
        let mut waiting: Vec<&Package> = self.packages.iter().collect();
        for package in &waiting {
            for required in package.requires {
                if !waiting.iter().any(|other| other.name == *required) {
                    return Err(ImageError::Requires {
                        package: package.name.clone(),
                        requires: (*required).to_owned(),
                    });
                }
            }
        }
        let mut ordered = Vec::new();
        while !waiting.is_empty() {
            let names: Vec<&str> = waiting.iter().map(|package| &*package.name).collect();
            let ready = waiting
                .iter()
                .position(|package| !package.requires.iter().any(|name| names.contains(name)));
            let Some(ready) = ready else {
                return Err(ImageError::Circle {
                    packages: names.into_iter().map(str::to_owned).collect(),
                });
            };
            ordered.push(waiting.remove(ready));
        }
        Ok(ordered)
    }

    /// Returns the modules to import at boot, in order. The caller's come after the packages'.
    pub(crate) fn preimports(&self, packages: &[&Package]) -> Vec<String> {
        let named_by_packages = packages.iter().flat_map(|package| package.preimport);
        let modules = ALWAYS.iter().chain(named_by_packages);
        let modules = modules.map(|module| (*module).to_owned());
        modules.chain(self.preimports.iter().cloned()).collect()
    }

    /// Describes the contents of the image in one line of text.
    pub(crate) fn contents(&self, packages: &[&Package]) -> String {
        let titles: Vec<&str> = packages.iter().map(|package| &*package.title).collect();
        let mut contents = match &*titles {
            [] => "Python alone".to_owned(),
            titles => titles.join(", "),
        };
        for directory in &self.directories {
            contents.push_str("; ");
            contents.push_str(&directory.path);
        }
        if !self.preimports.is_empty() {
            contents.push_str("; imported: ");
            contents.push_str(&self.preimports.join(", "));
        }
        contents
    }
}

impl Package {
    /// Returns the files other than the libraries.
    pub(crate) fn files(&self) -> Result<Files, ImageError> {
        match &self.files {
            PackageFiles::Extension { files, .. } => files
                .iter()
                .map(|file| {
                    let bytes = Data::Extension(*file).load()?.into_owned();
                    Ok((guest_path(file.path)?, bytes))
                })
                .collect(),
            PackageFiles::Plain { files, .. } => Ok(files.clone()),
        }
    }

    /// Returns the digest of the files other than the libraries.
    pub(crate) fn files_sha256(&self) -> Digest {
        match &self.files {
            PackageFiles::Extension { sha256, .. } | PackageFiles::Plain { sha256, .. } => *sha256,
        }
    }
}

impl PackageFiles {
    fn extension(files: &'static [File]) -> Self {
        let mut parts = PartsHasher::default();
        for file in files {
            parts.part(file.path.as_bytes());
            parts.part(&file.sha256);
        }
        Self::Extension {
            files,
            sha256: parts.digest(),
        }
    }

    fn plain(files: Files) -> Self {
        Self::Plain {
            sha256: digest(&files),
            files,
        }
    }
}

fn digest(files: &Files) -> Digest {
    let mut parts = PartsHasher::default();
    for (path, content) in files {
        parts.part(path.as_bytes());
        parts.part(content);
    }
    parts.digest()
}
