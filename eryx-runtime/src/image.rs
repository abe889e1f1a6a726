//! Making an image: check, link, boot, snapshot, compile, keep.

use std::fs;
use std::path::Path;

use wasmtime::Engine as Wasmtime;
use wasmtime::component::Component;

use crate::base;
use crate::check::check;
use crate::data::Data;
use crate::engine::engine;
use crate::error::{Engine, ImageError};
use crate::instance::Prepared;
use crate::key::key;
use crate::link::link;
use crate::recipe::{Package, Recipe};
use crate::snapshot::snapshot;
use crate::store::{ImageStore, cannot_use};
use crate::tree::{Files, Layout, Tree, read_archive};

/// The compiled component in an entry of the store.
const COMPONENT: &str = "component.cwasm";
/// Where the standard library is in a sandbox.
const STDLIB: &str = "/python";
/// Where the packages are in a sandbox.
const SITE_PACKAGES: &str = "/site-packages";

/// What every program may want and few import: to print a traceback.
const ALWAYS: [&str; 1] = ["traceback"];

/// A step of making an image; they come in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The libraries are decompressed and looked at.
    Check,
    /// They become one component.
    Link,
    /// Files are loaded, Python is started, modules are imported; and there it is frozen.
    Boot,
    /// What was frozen becomes machine code.
    Compile,
}

/// The base and some packages: linked, booted and compiled.
#[derive(Clone)]
pub struct Image {
    pub(crate) prepared: Prepared,
    key: String,
}

impl Image {
    /// Takes the image from the store, or makes it and keeps it there.
    ///
    /// `preimports` are imported when it is made, in their order, after those that the packages
    /// name themselves. `on_step` is told of each step, and of none if the image was in the store.
    ///
    /// # Errors
    ///
    /// Everything that can be wrong with the recipe, the preimports or the store's folder.
    pub fn make(
        recipe: &Recipe,
        preimports: &[String],
        store: &ImageStore,
        on_step: &dyn Fn(Step),
    ) -> Result<Self, ImageError> {
        let packages = recipe.in_order()?;
        // What is not importable here is an error; what the user names comes last, and may rely
        // on what the packages name.
        let likely = packages.iter().flat_map(|package| package.preimport);
        let likely = ALWAYS
            .iter()
            .chain(likely)
            .map(|module| (*module).to_owned());
        let preimports: Vec<String> = likely.chain(preimports.iter().cloned()).collect();
        let engine = engine().map_err(compile_error)?;
        let key = key(engine, &packages, &preimports);

        // An entry that cannot be loaded is as good as none.
        let stored = || store.get(&key).and_then(|entry| load(engine, &entry).ok());
        let mut found = stored();
        // While somebody else makes it, this waits; then it is there.
        let lock = found.is_none().then(|| store.lock(&key)).transpose()?;
        if lock.is_some() {
            found = stored();
        }
        let prepared = if let Some(prepared) = found {
            prepared
        } else {
            let code = make(engine, &packages, &preimports, on_step)?;
            let staged = store.stage()?;
            fs::write(staged.path().join(COMPONENT), code).map_err(cannot_use(staged.path()))?;
            load(engine, &store.put(&key, staged)?)?
        };
        Ok(Self { prepared, key })
    }

    /// The hash of all that the image is made of, as 64 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.key
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Image")
            .field("id", &self.key)
            .finish_non_exhaustive()
    }
}

/// From packages to machine code.
fn make(
    engine: &Wasmtime,
    packages: &[&Package],
    preimports: &[String],
    on_step: &dyn Fn(Step),
) -> Result<Vec<u8>, ImageError> {
    on_step(Step::Check);
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

    on_step(Step::Link);
    let component = link(&base, &libraries)?;

    on_step(Step::Boot);
    let component = snapshot(&component, &trees, preimports)?;

    on_step(Step::Compile);
    let component = Component::new(engine, &component).map_err(compile_error)?;
    component.serialize().map_err(compile_error)
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

/// Loads an entry of the store.
fn load(engine: &Wasmtime, entry: &Path) -> Result<Prepared, ImageError> {
    let file = entry.join(COMPONENT);
    #[expect(unsafe_code, reason = "machine code can be loaded in no other way")]
    // SAFETY: the store's folder belongs to the user alone, so this is what `Image::make` wrote
    // there, for this version of the engine: the key says so.
    let component = unsafe { Component::deserialize_file(engine, file) }.map_err(compile_error)?;
    Prepared::new(engine, &component).map_err(compile_error)
}

fn compile_error(error: wasmtime::Error) -> ImageError {
    ImageError::Compile(Engine(error))
}
