//! The options that choose the packages of a sandbox, and how its image is built.

use std::error::Error;
use std::path::PathBuf;

use eryx::{Cpu, Extension, ImageStore, Sandbox};

use crate::progress::Progress;

/// The CPU seconds that the image of bare Python takes on a common machine.
const BASE_SECONDS: u64 = 9;
/// The bytes of native libraries that take one more CPU second.
const BYTES_PER_SECOND: u64 = 700_000;

/// The options that choose what a sandbox contains.
#[derive(clap::Args)]
#[group(id = "Contents", multiple = true)]
pub(crate) struct Contents {
    /// Include this native package; repeatable [default: all that `eryx extensions` lists]
    #[arg(long, value_name = "NAME")]
    extension: Vec<String>,

    /// Include no native package
    #[arg(long, conflicts_with = "extension")]
    bare: bool,

    /// Include the Python packages in this directory, as site-packages; repeatable
    #[arg(long, value_name = "DIRECTORY")]
    site_packages: Vec<PathBuf>,

    /// Import this module while the image is built, before any program runs; repeatable
    #[arg(long, value_name = "MODULE")]
    preimport: Vec<String>,

    /// Compile the image for these processors
    #[arg(long, value_name = "WHICH", default_value = "portable")]
    cpu: Processor,

    /// Use this cache directory instead of the user's, or of `ERYX_CACHE_DIR`
    #[arg(long, value_name = "DIRECTORY")]
    cache_dir: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Processor {
    /// Any processor of this architecture from the last decade
    Portable,
    /// This machine's processor
    Native,
}

impl Contents {
    /// Builds the sandbox, and reports each step unless `quiet` is set.
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
                    "--extension {name}: this command carries no such package; use one of: {}",
                    known.join(", ")
                )
            })?;
            builder = builder.with_extension(*found);
            extensions.push(*found);
        }
        for directory in self.site_packages {
            builder = builder.with_site_packages(directory);
        }
        for module in self.preimport {
            builder = builder.with_preimport(module);
        }
        let mut store = ImageStore::of_user();
        if let Some(directory) = self.cache_dir {
            store = ImageStore::at(&directory);
            builder = builder.with_cache_dir(directory);
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
                "eryx: cache: the image cannot be written, and the next run builds it again: {error}"
            );
        }
        Ok(sandbox)
    }
}

/// Formats the line that announces a build: the packages, the expected time, and the cache directory.
fn heading(extensions: &[Extension], store: &ImageStore) -> String {
    let names: Vec<String> = extensions.iter().map(ToString::to_string).collect();
    let packages = match names.as_slice() {
        [] => "bare Python".to_owned(),
        names => names.join(", "),
    };
    let libraries = extensions.iter().flat_map(|extension| extension.libraries);
    let bytes: u64 = libraries.map(|library| library.size).sum();
    let seconds = BASE_SECONDS + bytes / BYTES_PER_SECOND;
    let cost = format!("building the image for {packages}: about {seconds} CPU seconds");
    match store.path() {
        Some(path) => format!("{cost}, once; the cache is {}", path.display()),
        None => format!("{cost}; set ERYX_CACHE_DIR or HOME to cache it"),
    }
}
