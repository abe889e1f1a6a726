//! Making an image: check, link, fuse, compile, boot, keep.

use std::fs::File;
use std::io;
use std::sync::Arc;

use crate::base;
use crate::boot::{Booted, boot};
use crate::check::check;
use crate::compile::{self, Compiling, compile};
use crate::cpu::Cpu;
use crate::engine::{Target, identity};
use crate::error::{Engine, ImageError};
use crate::fuse::{Fused, Layer, fuse};
use crate::instance::{Prepared, State};
use crate::key::key;
use crate::link::link;
use crate::linked::Linked;
use crate::manifest::{Made, Manifest};
use crate::pool::Frozen;
use crate::progress::{OnProgress, Progress, Step};
use crate::recipe::{Folder, Package, Recipe};
use crate::store::{ImageStore, Kind};
use crate::tree::{Files, Layout, Tree, read_archive};

/// Where the standard library is in a sandbox.
const STDLIB: &str = "/python";
/// Where the packages are in a sandbox.
const SITE_PACKAGES: &str = "/site-packages";

/// The base and some packages: linked, compiled, and booted.
#[derive(Clone)]
pub struct Image {
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) manifest: Manifest,
    pub(crate) not_kept: Option<Arc<io::Error>>,
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
        let target = recipe.target();
        let manifest = Manifest::new(
            key(
                identity(target).map_err(compile_error)?,
                &packages,
                recipe.folders(),
                &preimports,
            ),
            target.cpu.features().map(|feature| feature.flag),
            portable(target.fuel)?.to_owned(),
            recipe.contents(&packages),
        );
        if let Some(image) = kept(store, &manifest, target.fuel) {
            return Ok(image);
        }
        // While somebody else makes it, this waits; then it is there.
        let lock = store.lock(Kind::Image, &manifest.id);
        if let Some(image) = lock
            .is_ok()
            .then(|| kept(store, &manifest, target.fuel))
            .flatten()
        {
            return Ok(image);
        }
        let (linked, booted, not_kept) = anew(
            &packages,
            recipe.folders(),
            &preimports,
            target,
            store,
            on_progress,
        )?;
        let manifest = manifest.with(booted.made(&linked));
        let text = manifest.to_string();
        let memory = &booted.memory;
        let put = lock.and_then(|_lock| store.put(Kind::Image, &manifest.id, memory, &text));
        // From the file, so that its pages are shared with every other process.
        let frozen = put.and_then(|path| Frozen::map(&File::open(path)?, 0, memory.len()));
        let (frozen, not_kept) = match frozen {
            Ok(frozen) => (frozen, not_kept),
            Err(error) => (
                unkept(memory).map_err(|error| boot_error(&error))?,
                Some(error),
            ),
        };
        let state = State {
            memory: Arc::new(frozen),
            globals: booted.globals,
        };
        let prepared = Prepared::new(linked, Some(state)).map_err(compile_error)?;
        Ok(Self {
            prepared: Arc::new(prepared),
            manifest,
            not_kept: not_kept.map(Arc::new),
        })
    }

    /// The hash of all that the image is made of, as 64 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.manifest.id
    }

    /// All that its instances can ask of the host, as `interface#function`.
    pub fn imports(&self) -> Vec<String> {
        let linked = &self.prepared.linked;
        let own = linked.base.module.imports();
        // What the extensions import, the base's module gives.
        own.map(|import| format!("{}#{}", import.module(), import.name()))
            .collect()
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

/// From packages to code, and to what is in memory when Python is ready. Last comes why some of the
/// code could not be kept, if so it is.
fn anew(
    packages: &[&Package],
    folders: &[Folder],
    preimports: &[String],
    target: Target,
    store: &ImageStore,
    on_progress: &OnProgress,
) -> Result<(Arc<Linked>, Booted, Option<io::Error>), ImageError> {
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
    let trees = lay_out(packages, folders)?;

    on_progress(Progress::begin(Step::Link));
    let component = link(&base, &libraries)?;

    on_progress(Progress::begin(Step::Fuse));
    let names: Vec<&str> = base.iter().map(|(name, _)| *name).collect();
    let fused = fuse(&component, &names)?;
    drop(component);
    let Fused {
        base,
        extensions,
        boot: at_boot,
    } = fused;

    let modules = [Some(&base), extensions.as_ref()].into_iter().flatten();
    let mut compiling = Compiling::begin(modules.map(Vec::as_slice), on_progress);
    let mut compile = |module: &[u8], layer| compile(module, layer, target, store, &mut compiling);
    let (base, base_not_kept) = compile(&base, Layer::Base)?;
    let extensions = extensions.map(|module| compile(&module, Layer::Extensions));
    let (extensions, not_kept) = extensions.transpose()?.unzip();
    let not_kept = base_not_kept.or(not_kept.flatten());
    let linked = Linked::new(base, extensions, &at_boot.globals);
    let linked = Arc::new(linked.map_err(compile_error)?);

    on_progress(Progress::begin(Step::Boot));
    let booted = boot(&linked, &at_boot, &trees, preimports)?;
    Ok((linked, booted, not_kept))
}

/// The standard library, the packages' files and other folders, as an instance is to find them.
fn lay_out(packages: &[&Package], folders: &[Folder]) -> Result<Vec<Tree>, ImageError> {
    let stdlib = base::stdlib();
    let mut python = Layout::default();
    python.add(
        stdlib.name,
        read_archive(stdlib)?,
    )?;
    let mut site_packages = Layout::default();
    for package in packages {
        site_packages.add(&package.name, package.files()?)?;
        // Python looks for the file before it asks the linker's table for it by that name.
        let stand_ins = package.libraries.iter();
        let stand_ins = stand_ins.map(|(path, _)| (path.clone(), Vec::new()));
        site_packages.add(&package.name, stand_ins.collect::<Files>())?;
    }
    let mut trees = vec![
        python.into_tree(STDLIB)?,
        site_packages.into_tree(SITE_PACKAGES)?,
    ];
    for folder in folders {
        let mut layout = Layout::default();
        layout.add(&folder.path, folder.files.clone())?;
        trees.push(layout.into_tree(&folder.path)?);
    }
    Ok(trees)
}

impl Booted {
    /// What the image's manifest is to say of it.
    fn made(&self, linked: &Linked) -> Made {
        let code = [Some(&linked.base), linked.extensions.as_ref()];
        Made {
            code: code
                .into_iter()
                .flatten()
                .map(|it| it.key.clone())
                .collect(),
            globals: linked.variables(&self.globals),
        }
    }
}

/// The image from the store, if it is there with its code, and what was written.
fn kept(store: &ImageStore, manifest: &Manifest, fuel: bool) -> Option<Image> {
    let mut entry = store.get(Kind::Image, &manifest.id)?;
    let found = Manifest::parse(&entry.sealed.text);
    let found = found.filter(|found| found.is_of_same(manifest));
    let Some((found, true)) = found.map(|found| (found, entry.is_whole())) else {
        store.set_aside(Kind::Image, &manifest.id);
        return None;
    };
    // Without its code it is of no use, and no harm: it is made again.
    let code = found.made.code.iter();
    let code: Option<Vec<_>> = code.map(|key| compile::kept(store, key, fuel)).collect();
    let memory = File::open(&entry.path)
        .and_then(|file| Frozen::map(&file, 0, entry.sealed.payload_size()))
        .ok()?;
    let prepared = prepare(code?, &found.made, memory).ok()?;
    store.touch(Kind::Image, &manifest.id);
    Some(Image {
        prepared: Arc::new(prepared),
        manifest: manifest.clone().with(found.made),
        not_kept: None,
    })
}

/// The identity of the engine, whatever processors it compiles for.
pub(crate) fn portable(fuel: bool) -> Result<&'static str, ImageError> {
    let cpu = Cpu::Portable;
    identity(Target { cpu, fuel }).map_err(compile_error)
}

/// Code and memory of an image that was made before, put together.
pub(crate) fn prepare(
    code: Vec<Arc<compile::Code>>,
    made: &Made,
    memory: Frozen,
) -> wasmtime::Result<Prepared> {
    let mut code = code.into_iter();
    let base = code.next();
    let base = base.ok_or_else(|| wasmtime::Error::msg("an image without code"))?;
    let linked = Linked::new(base, code.next(), &made.globals)?;
    let state = State {
        memory: Arc::new(memory),
        globals: made.globals.iter().map(|global| global.value).collect(),
    };
    Prepared::new(Arc::new(linked), Some(state))
}

/// Memory that is in no file of the store.
pub(crate) fn unkept(memory: &[u8]) -> io::Result<Frozen> {
    use std::io::Write as _;

    let mut file = tempfile::tempfile()?;
    file.write_all(memory)?;
    Frozen::map(&file, 0, memory.len())
}

pub(crate) fn compile_error(error: wasmtime::Error) -> ImageError {
    ImageError::Compile(Engine(error))
}

fn boot_error(error: &io::Error) -> ImageError {
    ImageError::Boot {
        reason: format!("there is no place for what is in memory then: {error}"),
    }
}
