//! What a sandbox is to have, as options of the command line.

use std::error::Error;
use std::path::PathBuf;

use eryx::{Cpu, Extension, ImageStore, Sandbox};

use crate::progress::Progress;

/// How many CPU seconds the image of bare Python takes on a common machine.
const BASE_SECONDS: u64 = 9;
/// How many bytes of native libraries cost one more.
const BYTES_A_SECOND: u64 = 700_000;

/// What a sandbox is to have.
#[derive(clap::Args)]
#[group(id = "Contents", multiple = true)]
pub(crate) struct Contents {
    /// Have this package with native code; without this option, all that `eryx extensions` lists
    #[arg(long, value_name = "NAME")]
    extension: Vec<String>,

    /// Have no package with native code
    #[arg(long, conflicts_with = "extension")]
    bare: bool,

    /// Also make the packages of this folder importable, as if it were site-packages
    #[arg(long, value_name = "FOLDER")]
    site_packages: Vec<PathBuf>,

    /// Import this module before any program runs
    #[arg(long, value_name = "MODULE")]
    preimport: Vec<String>,

    /// Which processors to compile for: any of this architecture, or this machine's
    #[arg(long, value_name = "WHICH", default_value = "portable")]
    cpu: Processor,

    /// Keep what is compiled in this folder instead of the user's cache folder
    #[arg(long, value_name = "FOLDER")]
    cache_dir: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Processor {
    Portable,
    Native,
}

impl Contents {
    /// Builds the sandbox and reports each step, unless `quiet`.
    pub(crate) fn build(self, quiet: bool) -> Result<Sandbox, Box<dyn Error>> {
        let mut builder = Sandbox::builder();
        let mut extensions = Vec::new();
        if self.extension.is_empty() && !self.bare {
            builder = builder.with_embedded_runtime();
            extensions.extend_from_slice(eryx::extensions());
        }
        for name in &self.extension {
            let known = eryx::extensions().iter();
            let found = known.clone().find(|extension| extension.name == name);
            let found = found.ok_or_else(|| {
                let known: Vec<&str> = known.map(|extension| extension.name).collect();
                format!(
                    "there is no package {name} in this command; it has: {}",
                    known.join(", ")
                )
            })?;
            builder = builder.with_extension(*found);
            extensions.push(*found);
        }
        for folder in self.site_packages {
            builder = builder.with_site_packages(folder);
        }
        for module in self.preimport {
            builder = builder.with_preimport(module);
        }
        let mut store = ImageStore::of_user();
        if let Some(folder) = self.cache_dir {
            store = ImageStore::at(&folder);
            builder = builder.with_cache_dir(folder);
        }
        let cpu = match self.cpu {
            Processor::Portable => Cpu::Portable,
            Processor::Native => Cpu::Native,
        };
        let progress = Progress::new(heading(&extensions, &store), quiet);
        let sandbox = builder
            .with_cpu(cpu)
            .on_progress(progress.listener())
            .build();
        progress.finish();
        let sandbox = sandbox?;
        if let Some(error) = sandbox.image().cache_error() {
            eprintln!(
                "eryx: the image could not be put into the cache, and will be built again: {error}"
            );
        }
        Ok(sandbox)
    }
}

/// What is being built, how long that takes, and where it stays.
fn heading(extensions: &[Extension], store: &ImageStore) -> String {
    let names: Vec<String> = extensions.iter().map(ToString::to_string).collect();
    let packages = match names.as_slice() {
        [] => "bare Python".to_owned(),
        names => names.join(", "),
    };
    let libraries = extensions.iter().flat_map(|extension| extension.libraries);
    let bytes: u64 = libraries.map(|library| library.size).sum();
    let seconds = BASE_SECONDS + bytes / BYTES_A_SECOND;
    let cost = format!("building the image for {packages}: about {seconds} CPU seconds");
    match store.path() {
        Some(path) => format!("{cost}, once; it is kept in {}", path.display()),
        None => format!("{cost}; there is no cache directory to keep it in"),
    }
}
