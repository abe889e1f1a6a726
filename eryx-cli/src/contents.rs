//! What a sandbox is to have, as options of the command line.

use std::error::Error;
use std::path::PathBuf;

use eryx::{Cpu, Sandbox};

use crate::progress::Progress;

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
    /// Builds the sandbox, and shows how far it is.
    pub(crate) fn build(self) -> Result<Sandbox, Box<dyn Error>> {
        let mut builder = Sandbox::builder();
        if self.extension.is_empty() && !self.bare {
            builder = builder.with_embedded_runtime();
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
        }
        for folder in self.site_packages {
            builder = builder.with_site_packages(folder);
        }
        for module in self.preimport {
            builder = builder.with_preimport(module);
        }
        if let Some(folder) = self.cache_dir {
            builder = builder.with_cache_dir(folder);
        }
        let cpu = match self.cpu {
            Processor::Portable => Cpu::Portable,
            Processor::Native => Cpu::Native,
        };
        let progress = Progress::new();
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
