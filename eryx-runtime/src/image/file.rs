//! Loading images from files of their own, which are made once and used elsewhere.
//!
//! ```text
//! code of the base │ memory │ code of the extensions, if there are any │ sealed, with the manifest
//! ```
//!
//! Code and memory are mapped from where they lie; each part begins at a multiple of 64 KiB. The
//! engine maps code only from the beginning of a file, so that of the extensions is copied out.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::manifest::Manifest;
use super::{Image, engine_error, template};
use crate::error::ImageError;
use crate::module::code::{Code, load, load_file};
use crate::run::pool::Snapshot;
use crate::run::runtime::Runtime;
use crate::store::everybody_can_write;
use crate::store::sealed_file::Sealed;

/// The line after the manifest: where the memory begins and ends, and where what follows it ends.
pub(super) const PARTS: &str = "parts ";

impl Image {
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
    pub fn load(path: impl AsRef<Path>, runtime: &Runtime) -> Result<Self, ImageError> {
        let path = path.as_ref();
        let opened = Opened::open(path)?;
        let engine = runtime.engine(opened.manifest.fuel).map_err(engine_error)?;
        let incompatible = |error: wasmtime::Error| {
            let reason = "it was made with another version or other settings of wasmtime";
            unfit(
                path,
                format!("{reason} ({error:#}); make it again with this eryx"),
            )
        };
        let read = |source| ImageError::Read {
            path: path.to_owned(),
            source,
        };
        let snapshot = opened.snapshot().map_err(read)?;
        let base = load_file(engine, path).map_err(incompatible)?;
        let mut modules = vec![(base, opened.memory.start)];
        if let Some(code) = opened.extensions().map_err(read)? {
            modules.push((load(engine, &code).map_err(incompatible)?, code.len()));
        }
        let manifest = opened.manifest;
        if modules.len() != manifest.modules.code.len() {
            return Err(not_an_image(path));
        }
        let code = modules.into_iter().zip(&manifest.modules.code);
        // It is not shared with images of the store: it is the user who vouches for it.
        let code = code.map(|((module, size), key)| {
            Arc::new(Code {
                key: key.clone(),
                module,
                size,
            })
        });
        let template = template(
            &manifest.id,
            runtime,
            code.collect(),
            &manifest.modules,
            snapshot,
        );
        Ok(Self {
            template: Arc::new(template.map_err(engine_error)?),
            manifest: Arc::new(manifest),
            cache_error: None,
        })
    }
}

/// A file that [`Image::save`] wrote, as far as it can be known before its code is loaded.
pub(crate) struct Opened {
    sealed: Sealed,
    manifest: Manifest,
    /// Where the memory is in it.
    pub(crate) memory: Range<usize>,
}

impl Opened {
    /// Opens a file of which all is as it was written.
    pub(crate) fn open(path: &Path) -> Result<Self, ImageError> {
        let read = |source| ImageError::Read {
            path: path.to_owned(),
            source,
        };
        let unfit = |reason| unfit(path, reason);
        let file = File::open(path).map_err(read)?;
        if everybody_can_write(&file.metadata().map_err(read)?) {
            return Err(unfit("everybody can write to it".to_owned()));
        }
        let sealed = Sealed::open(file).map_err(read)?;
        let mut sealed = sealed.map_err(|broken| unfit(broken.to_string()))?;
        let manifest = Manifest::parse(&sealed.text).ok_or_else(|| not_an_image(path))?;
        manifest.check().map_err(unfit)?;
        let memory = memory(&sealed).ok_or_else(|| not_an_image(path))?;
        let verified = sealed.verify().map_err(read)?;
        verified.map_err(|broken| unfit(broken.to_string()))?;
        Ok(Self {
            sealed,
            manifest,
            memory,
        })
    }

    /// The memory, mapped from where it is.
    pub(crate) fn snapshot(&self) -> io::Result<Snapshot> {
        let Range { start, end } = self.memory;
        Snapshot::map(self.sealed.file(), start as u64, end - start)
    }

    /// The code of the extensions, if there are any.
    fn extensions(&self) -> io::Result<Option<Vec<u8>>> {
        let start = self.memory.end;
        let mut code = vec![0; self.sealed.payload_size() - start];
        let mut file = self.sealed.file();
        file.seek(SeekFrom::Start(start as u64))?;
        file.read_exact(&mut code)?;
        Ok((!code.is_empty()).then_some(code))
    }
}

fn unfit(path: &Path, reason: String) -> ImageError {
    ImageError::File {
        path: path.to_owned(),
        reason,
    }
}

fn not_an_image(path: &Path) -> ImageError {
    unfit(path, "it is not an image".to_owned())
}

/// Where the memory is, if the parts are as the line of [`PARTS`] says.
fn memory(sealed: &Sealed) -> Option<Range<usize>> {
    let [start, memory_end, end] = parts(&sealed.text)?;
    let is_in_order = start <= memory_end && memory_end <= end && end == sealed.payload_size();
    is_in_order.then_some(start..memory_end)
}

/// What the line of [`PARTS`] says.
fn parts(text: &str) -> Option<[usize; 3]> {
    let line = text.lines().find_map(|line| line.strip_prefix(PARTS))?;
    let numbers: Vec<usize> = line
        .split_whitespace()
        .map(|number| number.parse().ok())
        .collect::<Option<_>>()?;
    numbers.try_into().ok()
}
