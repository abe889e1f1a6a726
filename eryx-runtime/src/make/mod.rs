//! Making an image: check, link, fuse, compile, boot. Each step is one file with one function.
//!
//! **Invariant:** all that needs the linker or the compiler is in this room, which the feature `build`
//! switches off; `run` never imports it.

pub(crate) mod boot;
pub(crate) mod check;
pub(crate) mod compile;
pub(crate) mod compiler;
pub(crate) mod dylink;
pub(crate) mod function_cache;
pub(crate) mod fuse;
pub(crate) mod link;
pub(crate) mod progress;
mod weak_stubs;

use std::io;
use std::sync::Arc;

use crate::error::{EngineError, ImageError};
use crate::input::base;
use crate::input::cpu::Target;
use crate::input::package_files::{Files, Layout, Tree, read_archive};
use crate::input::recipe::{CopiedDirectory, Package};
use crate::module::layout::Layer;
use crate::run::instantiate::Modules;
use crate::run::runtime::Runtime;
use crate::store::ImageStore;

use boot::{Booted, boot};
use check::check;
use compile::{Compiling, compile};
use fuse::{Fused, fuse};
use link::link;
use progress::{OnProgress, Progress, Step};

/// The directory of the standard library in a sandbox.
const STDLIB: &str = "/python";
/// The directory of packages in a sandbox.
const SITE_PACKAGES: &str = "/site-packages";

/// The result of making an image.
pub(crate) struct Made {
    pub(crate) modules: Arc<Modules>,
    pub(crate) booted: Booted,
    /// The error if some of the code could not be stored.
    pub(crate) not_cached: Option<io::Error>,
}

/// The inputs of an image, in order.
pub(crate) struct Parts<'r> {
    /// The id of the image.
    pub(crate) image_id: &'r str,
    pub(crate) packages: &'r [&'r Package],
    pub(crate) directories: &'r [CopiedDirectory],
    pub(crate) preimports: &'r [String],
    pub(crate) target: Target,
}

/// Makes the modules of an image and boots them.
pub(crate) fn make(
    parts: &Parts<'_>,
    store: &ImageStore,
    runtime: &Runtime,
    on_progress: &OnProgress,
) -> Result<Made, ImageError> {
    on_progress(Progress::begin(Step::Check));
    let span = tracing::info_span!("check").entered();
    let base = base::load()?;
    let base = base::borrowed(&base);
    let mut libraries = Vec::new();
    for (path, data) in parts.packages.iter().flat_map(|package| &package.libraries) {
        libraries.push((format!("{SITE_PACKAGES}/{path}"), data.load()?));
    }
    let libraries = base::borrowed(&libraries);
    check(&base, &libraries)?;
    // Conflicts between packages must be reported before the compiler starts.
    let trees = lay_out(parts.packages, parts.directories)?;
    drop(span);

    on_progress(Progress::begin(Step::Link));
    let span = tracing::info_span!("link").entered();
    let component = link(&base, &libraries)?;
    drop(span);

    on_progress(Progress::begin(Step::Fuse));
    let span = tracing::info_span!("fuse").entered();
    let names: Vec<&str> = base.iter().map(|(name, _)| *name).collect();
    let Fused {
        base,
        extensions,
        start,
    } = fuse(&component, &names)?;
    // The component is large, and the next steps need memory.
    drop(component);
    drop(span);

    let modules = [Some(&base), extensions.as_ref()].into_iter().flatten();
    let mut compiling = Compiling::begin(modules.map(Vec::as_slice), on_progress);
    let mut compile =
        |module: &[u8], layer| compile(module, layer, parts.target, store, runtime, &mut compiling);
    let (base, base_not_cached) = compile(&base, Layer::Base)?;
    let extensions = extensions.map(|module| compile(&module, Layer::Extensions));
    let (extensions, not_cached) = extensions.transpose()?.unzip();
    let not_cached = base_not_cached.or(not_cached.flatten());
    let modules = Modules::new(runtime, base, extensions, &start.globals);
    let modules = Arc::new(modules.map_err(compile_error)?);

    on_progress(Progress::begin(Step::Boot));
    let _span = tracing::info_span!("boot").entered();
    let booted = boot(parts.image_id, &modules, &start, &trees, parts.preimports)?;
    Ok(Made {
        modules,
        booted,
        not_cached,
    })
}

/// Links the base alone: the WebAssembly component of a sandbox without packages.
///
/// # Errors
///
/// If a file embedded in this program is damaged.
pub fn base_component() -> Result<Vec<u8>, ImageError> {
    link(&base::borrowed(&base::load()?), &[])
}

/// Lays out the files of an instance: the standard library, the packages and other directories.
fn lay_out(
    packages: &[&Package],
    directories: &[CopiedDirectory],
) -> Result<Vec<Tree>, ImageError> {
    let stdlib = base::stdlib();
    let mut python = Layout::default();
    python.add(stdlib.name, read_archive(stdlib)?)?;
    let mut site_packages = Layout::default();
    for package in packages {
        site_packages.add(&package.name, package.files()?)?;
        // Python looks for a library's file before it calls `dlopen` with that name; it never reads it.
        let placeholders = package.libraries.iter();
        let placeholders = placeholders.map(|(path, _)| (path.clone(), Vec::new()));
        site_packages.add(&package.name, placeholders.collect::<Files>())?;
    }
    let mut trees = vec![
        python.into_tree(STDLIB)?,
        site_packages.into_tree(SITE_PACKAGES)?,
    ];
    for directory in directories {
        let mut layout = Layout::default();
        layout.add(&directory.path, directory.files.clone())?;
        trees.push(layout.into_tree(&directory.path)?);
    }
    Ok(trees)
}

pub(crate) fn compile_error(error: wasmtime::Error) -> ImageError {
    ImageError::Compile(EngineError(error))
}
