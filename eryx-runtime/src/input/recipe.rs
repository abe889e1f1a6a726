//! What goes into an image on top of the base, in the order in which it is linked.

use std::path::Path;

use eryx_artifact::library_name::is_native_library;
use eryx_artifact::{Digest, PartsHasher};
use eryx_extension::{ABI, Extension, File};

use super::bytes::Data;
use super::cpu::{Cpu, Target};
use crate::error::ImageError;
use crate::input::package_files::{Files, guest_folder, guest_path, read_folder};

/// What every program may want and few import: to print a traceback.
const ALWAYS: [&str; 1] = ["traceback"];

/// What an image is made of on top of the base: packages, each with libraries and files; modules
/// that are imported when it is made; and what it is compiled for.
#[derive(Clone, Debug, Default)]
pub struct Recipe {
    packages: Vec<Package>,
    folders: Vec<Folder>,
    preimports: Vec<String>,
    cpu: Cpu,
    fuel: bool,
}

/// A folder of the host's, as it was when it was read.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    /// Where it is in the sandbox.
    pub(crate) path: String,
    pub(crate) files: Files,
    pub(crate) sha256: Digest,
}

/// Some libraries and files that belong together.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    /// What it is called in errors and among the `requires` of others.
    pub(crate) name: String,
    /// What a list of an image's contents calls it. A folder's name is nobody else's business.
    title: String,
    requires: &'static [&'static str],
    /// Modules that are likely to be imported.
    pub(crate) preimport: &'static [&'static str],
    /// Path in `site-packages` and bytes.
    pub(crate) libraries: Vec<(String, Data)>,
    files: Source,
}

/// Where the files of a package are.
#[derive(Clone, Debug)]
enum Source {
    Extension {
        files: &'static [File],
        sha256: Digest,
    },
    Folder {
        files: Files,
        sha256: Digest,
    },
}

impl Recipe {
    /// Adds the package that an extension crate exposes.
    ///
    /// # Errors
    ///
    /// If it was built for another ABI, or is in the recipe already.
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
            files: Source::extension(extension.files),
        })
    }

    /// Adds one native library by hand. The path is relative to `site-packages`, or absolute below
    /// `/site-packages`: where Python is to find it.
    ///
    /// # Errors
    ///
    /// If the path cannot be one, or is in the recipe already.
    pub fn add_library(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), ImageError> {
        let path = guest_path(path)?;
        if !is_native_library(&path) {
            return Err(ImageError::GuestPath {
                path,
                reason: "its name does not end in .so, as those of native libraries do".to_owned(),
            });
        }
        self.add(Package {
            title: path.clone(),
            name: path.clone(),
            requires: &[],
            preimport: &[],
            libraries: vec![(path, Data::plain(bytes))],
            files: Source::folder(Files::new()),
        })
    }

    /// Adds all that is in a folder, as if it were `site-packages`; every `.so` in it is linked.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read, or holds what cannot go into a sandbox.
    pub fn add_folder(&mut self, folder: &Path) -> Result<(), ImageError> {
        let name = folder.display().to_string();
        self.add_files(name, "a folder", read_folder(folder)?)
    }

    /// Adds a package that lies unpacked in a folder: the one in which `import` would find it, or
    /// the package's own.
    ///
    /// # Errors
    ///
    /// As [`Recipe::add_folder`], or if there is no such package.
    pub fn add_package_folder(
        &mut self,
        package: &'static str,
        folder: &Path,
    ) -> Result<(), ImageError> {
        let mut files = read_folder(folder)?;
        if files.contains_key("__init__.py") && folder.ends_with(package) {
            files = files
                .into_iter()
                .map(|(path, content)| (format!("{package}/{path}"), content))
                .collect();
        }
        if !files.contains_key(&format!("{package}/__init__.py")) {
            return Err(ImageError::NoPackage {
                folder: folder.to_owned(),
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
            files: Source::folder(files),
        })
    }

    /// Copies all that is in a folder to a folder of the sandbox, an absolute path, where programs can
    /// read it and not change it.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read, holds what cannot go into a sandbox or more than 1 GiB, or if the
    /// path cannot be one.
    pub fn add_directory(&mut self, folder: &Path, path: &str) -> Result<(), ImageError> {
        let path = guest_folder(path)?;
        if self.folders.iter().any(|other| other.path == path) {
            return Err(ImageError::Twice { package: path });
        }
        let files = read_folder(folder)?;
        let sha256 = digest(&files);
        self.folders.push(Folder {
            path,
            files,
            sha256,
        });
        Ok(())
    }

    pub(crate) fn folders(&self) -> &[Folder] {
        &self.folders
    }

    /// Has a module imported when the image is made, after those that the packages name themselves
    /// and those that were given before.
    pub fn add_preimport(&mut self, module: impl Into<String>) {
        self.preimports.push(module.into());
    }

    /// Sets which processors the image is compiled for.
    pub fn set_cpu(&mut self, cpu: Cpu) {
        self.cpu = cpu;
    }

    /// Has the image measure fuel, which makes its programs slower; see
    /// [`Limits::fuel`](crate::Limits::fuel).
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
            let brings = |other: &&Package| other.libraries.iter().any(|(its, _)| its == path);
            if let Some(other) = self.packages.iter().find(brings) {
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

    /// The packages, each after those it requires, and otherwise as they were given.
    pub(crate) fn in_order(&self) -> Result<Vec<&Package>, ImageError> {
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

    /// The modules to import, in their order. What is not importable is an error; what the user
    /// names comes last, and may rely on what the packages name.
    pub(crate) fn preimports(&self, packages: &[&Package]) -> Vec<String> {
        let likely = packages.iter().flat_map(|package| package.preimport);
        let likely = ALWAYS.iter().chain(likely);
        let likely = likely.map(|module| (*module).to_owned());
        likely.chain(self.preimports.iter().cloned()).collect()
    }

    /// What is in the image, in a line for people.
    pub(crate) fn contents(&self, packages: &[&Package]) -> String {
        let titles: Vec<&str> = packages.iter().map(|package| &*package.title).collect();
        let mut contents = match &*titles {
            [] => "Python alone".to_owned(),
            titles => titles.join(", "),
        };
        for folder in &self.folders {
            contents.push_str("; ");
            contents.push_str(&folder.path);
        }
        if !self.preimports.is_empty() {
            contents.push_str("; imported: ");
            contents.push_str(&self.preimports.join(", "));
        }
        contents
    }
}

impl Package {
    /// The files beside the libraries.
    pub(crate) fn files(&self) -> Result<Files, ImageError> {
        match &self.files {
            Source::Extension { files, .. } => files
                .iter()
                .map(|file| {
                    let bytes = Data::Extension(*file).load()?.into_owned();
                    Ok((guest_path(file.path)?, bytes))
                })
                .collect(),
            Source::Folder { files, .. } => Ok(files.clone()),
        }
    }

    /// The digest of the files beside the libraries.
    pub(crate) fn files_sha256(&self) -> Digest {
        match &self.files {
            Source::Extension { sha256, .. } | Source::Folder { sha256, .. } => *sha256,
        }
    }
}

impl Source {
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

    fn folder(files: Files) -> Self {
        Self::Folder {
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
