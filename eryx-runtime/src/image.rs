//! Making an image: check, link, boot, snapshot, fuse, compile, keep; and taking it elsewhere.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use wasmtime::component::Component;

use crate::base;
use crate::check::check;
use crate::compile::compile;
use crate::cpu::Cpu;
use crate::data::Data;
use crate::engine::{engine, identity};
use crate::error::{Engine, ImageError};
use crate::fuse::fuse;
use crate::instance::Prepared;
use crate::key::key;
use crate::link::{check_imports, link};
use crate::manifest::Manifest;
use crate::progress::{OnProgress, Progress, Step};
use crate::recipe::{Package, Recipe};
use crate::sealed::{self, Sealed};
use crate::snapshot::snapshot;
use crate::store::{self, ImageStore, Kind};
use crate::tree::{Files, Layout, Tree, read_archive};

/// Where the standard library is in a sandbox.
const STDLIB: &str = "/python";
/// Where the packages are in a sandbox.
const SITE_PACKAGES: &str = "/site-packages";

/// The base and some packages: linked, booted, made one module, and compiled.
#[derive(Clone)]
pub struct Image {
    pub(crate) prepared: Prepared,
    manifest: Manifest,
    not_kept: Option<Arc<io::Error>>,
}

impl Image {
    /// Takes the image from the store, or makes it and keeps it there.
    ///
    /// `on_progress` is told of each step, and of none if the image was in the store. Where the
    /// store cannot be written to, the image is made and not kept; see [`Image::not_kept`].
    ///
    /// # Errors
    ///
    /// Everything that can be wrong with the recipe, and a store that others can write to.
    pub fn make(
        recipe: &Recipe,
        store: &ImageStore,
        on_progress: &OnProgress,
    ) -> Result<Self, ImageError> {
        store.check()?;
        let packages = recipe.in_order()?;
        let preimports = recipe.preimports(&packages);
        let cpu = recipe.cpu();
        let manifest = Manifest::new(
            key(
                identity(cpu).map_err(compile_error)?,
                &packages,
                &preimports,
            ),
            cpu.features().map(|feature| feature.flag),
            identity(Cpu::Portable).map_err(compile_error)?.to_owned(),
            recipe.contents(&packages),
        );
        let found = |prepared| Self {
            prepared,
            manifest: manifest.clone(),
            not_kept: None,
        };
        if let Some(prepared) = kept(store, &manifest) {
            return Ok(found(prepared));
        }
        // While somebody else makes it, this waits; then it is there.
        let lock = store.lock(&manifest.id);
        if let Some(prepared) = lock.is_ok().then(|| kept(store, &manifest)).flatten() {
            return Ok(found(prepared));
        }
        let component = link_and_boot(&packages, &preimports, store, on_progress)?;
        on_progress(Progress::begin(Step::Fuse));
        let component = fuse(&component)?;
        // What is compiled is what must not ask for more.
        check_imports(&component)?;
        let code = compile(&component, cpu, store, on_progress)?;
        let text = manifest.to_string();
        let put = lock.and_then(|_lock| store.put(Kind::Image, &manifest.id, &code, &text));
        let (prepared, not_kept) = match put {
            // From the file, so that its pages are shared with every other process.
            Ok(path) => (load_file(&path)?, None),
            Err(error) => (load_code(&code)?, Some(Arc::new(error))),
        };
        Ok(Self {
            prepared,
            manifest,
            not_kept,
        })
    }

    /// Writes the image to a file, in place of what may be there, for [`Image::load`] here or on
    /// another machine of the same architecture and system.
    ///
    /// # Errors
    ///
    /// If the file cannot be written; then there is nothing new under its name.
    pub fn save(&self, path: &Path) -> Result<(), ImageError> {
        let mut code = self.prepared.code().map_err(compile_error)?;
        // Code that was mapped from a file has all of that file.
        sealed::unseal(&mut code);
        let write = || -> io::Result<()> {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            let staged = tempfile::Builder::new()
                .prefix(".eryx-image-")
                .tempfile_in(folder)?;
            sealed::write(staged.as_file(), &code, &self.manifest.to_string())?;
            // It is private while it is being written; deployed, it may be read by other users.
            #[cfg(unix)]
            staged
                .as_file()
                .set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
            staged.as_file().sync_all()?;
            staged.persist(path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|source| ImageError::Write {
            path: path.to_owned(),
            source,
        })
    }

    /// Loads an image from a file that [`Image::save`] wrote.
    ///
    /// **Trust the file as you would trust a program**: what is in it runs as machine code, with
    /// all the rights of this process. Take it from where you would take a program, and let nobody
    /// change it while it is in use. The checksum in it is against damage, not against an enemy.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, can be written by everybody, is damaged, or was made by another
    /// version, for another system, or for a processor that can do more than this one.
    pub fn load(path: &Path) -> Result<Self, ImageError> {
        let read = |source| ImageError::Read {
            path: path.to_owned(),
            source,
        };
        let unfit = |reason: String| ImageError::File {
            path: path.to_owned(),
            reason,
        };
        let file = File::open(path).map_err(read)?;
        if store::everybody_can_write(&file.metadata().map_err(read)?) {
            return Err(unfit("everybody can write to it".to_owned()));
        }
        let sealed = Sealed::open(file).map_err(read)?;
        let mut sealed = sealed.map_err(|broken| unfit(broken.to_string()))?;
        let manifest = Manifest::parse(&sealed.text);
        let manifest = manifest.ok_or_else(|| unfit("it is not an image".to_owned()))?;
        let engine = identity(Cpu::Portable).map_err(compile_error)?;
        manifest.check(engine).map_err(unfit)?;
        let verified = sealed.verify().map_err(read)?;
        verified.map_err(|broken| unfit(broken.to_string()))?;
        Ok(Self {
            prepared: load_file(path)?,
            manifest,
            not_kept: None,
        })
    }

    /// The hash of all that the image is made of, as 64 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.manifest.id
    }

    /// Why the image could not be kept in the store and will have to be made again, if so it is.
    pub fn not_kept(&self) -> Option<&io::Error> {
        self.not_kept.as_deref()
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

/// From packages to a component in which Python is ready.
fn link_and_boot(
    packages: &[&Package],
    preimports: &[String],
    store: &ImageStore,
    on_progress: &OnProgress,
) -> Result<Vec<u8>, ImageError> {
    on_progress(Progress::begin(Step::Check));
    let base = base::load()?;
    let base = base::borrowed(&base);
    let mut libraries = Vec::new();
    for (path, data) in packages.iter().flat_map(|package| &package.libraries) {
        libraries.push((format!("{SITE_PACKAGES}/{path}"), data.load()?));
    }
    let libraries = base::borrowed(&libraries);
    check(&base, &libraries)?;
    // Packages that do not go together are to be known before the compiler starts.
    let trees = lay_out(packages)?;

    on_progress(Progress::begin(Step::Link));
    let component = link(&base, &libraries)?;

    on_progress(Progress::begin(Step::Boot));
    snapshot(&component, &trees, preimports, store, on_progress)
}

/// The standard library and the packages' files, as an instance is to find them.
fn lay_out(packages: &[&Package]) -> Result<[Tree; 2], ImageError> {
    let stdlib = base::stdlib();
    let mut python = Layout::default();
    python.add(
        stdlib.name,
        read_archive(stdlib.name, &Data::Compressed(*stdlib))?,
    )?;
    let mut site_packages = Layout::default();
    for package in packages {
        site_packages.add(&package.name, package.files()?)?;
        // Python looks for the file before it asks the linker's table for it by that name.
        let stand_ins = package.libraries.iter();
        let stand_ins = stand_ins.map(|(path, _)| (path.clone(), Vec::new()));
        site_packages.add(&package.name, stand_ins.collect::<Files>())?;
    }
    Ok([
        python.into_tree(STDLIB)?,
        site_packages.into_tree(SITE_PACKAGES)?,
    ])
}

/// The image's code from the store, if it is there and what was written.
fn kept(store: &ImageStore, manifest: &Manifest) -> Option<Prepared> {
    let mut entry = store.get(Kind::Image, &manifest.id)?;
    let found = Manifest::parse(&entry.sealed.text);
    let is_it = found.is_some_and(|found| found.is_of_same(manifest));
    let prepared = (is_it && entry.is_whole())
        .then(|| load_file(&entry.path).ok())
        .flatten();
    match prepared {
        Some(_) => store.touch(Kind::Image, &manifest.id),
        None => store.set_aside(Kind::Image, &manifest.id),
    }
    prepared
}

/// Maps machine code into memory.
fn load_file(path: &Path) -> Result<Prepared, ImageError> {
    let engine = engine().map_err(compile_error)?;
    #[expect(unsafe_code, reason = "machine code can be loaded in no other way")]
    // SAFETY: the file is in the store, where nobody else can write, and `kept` found what
    // `Image::make` wrote there; or the user trusts it, as `Image::load` asks.
    let component = unsafe { Component::deserialize_file(engine, path) };
    let prepared = component.and_then(|component| Prepared::new(engine, &component, &[]));
    prepared.map_err(compile_error)
}

/// Loads machine code that was compiled just now.
fn load_code(code: &[u8]) -> Result<Prepared, ImageError> {
    let engine = engine().map_err(compile_error)?;
    #[expect(unsafe_code, reason = "machine code can be loaded in no other way")]
    // SAFETY: the compiler gave it to us.
    let component = unsafe { Component::deserialize(engine, code) };
    let prepared = component.and_then(|component| Prepared::new(engine, &component, &[]));
    prepared.map_err(compile_error)
}

fn compile_error(error: wasmtime::Error) -> ImageError {
    ImageError::Compile(Engine(error))
}
