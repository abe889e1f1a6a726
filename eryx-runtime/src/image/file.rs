//! Loading an image from a single file, to deploy it on other machines.
//!
//! ```text
//! base code │ memory snapshot │ extension code, if any │ manifest and trailer of the sealed file
//! ```
//!
//! The base code and the snapshot are mapped; each begins at a multiple of 64 KiB. wasmtime maps
//! code only from the beginning of a file, so the extension code is read into memory.

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
use crate::store::is_world_writable;
use crate::store::sealed_file::Sealed;

/// The prefix of the line after the manifest, which has three offsets in bytes: the start and the
/// end of the snapshot, and the end of the payload.
pub(super) const PARTS: &str = "parts ";

impl Image {
    /// Loads an image from a file that [`Image::save`] wrote.
    ///
    /// **Trust the file as you trust an executable**: it holds machine code, which runs with all
    /// rights of this process. Obtain it from a source that you would run programs from, and let
    /// nobody modify it while it is in use. Its checksum detects damage, not an attacker.
    ///
    /// ```no_run
    /// use eryx_runtime::{Image, Runtime};
    ///
    /// let image = Image::load("sandbox.eryx", &Runtime::default())?;
    /// # Ok::<(), eryx_runtime::ImageError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is world-writable or damaged, or was made by another version of
    /// eryx, for another system, or for instruction set extensions that this processor lacks.
    pub fn load(path: impl AsRef<Path>, runtime: &Runtime) -> Result<Self, ImageError> {
        let path = path.as_ref();
        let opened = Opened::open(path)?;
        let engine = runtime.engine(opened.manifest.fuel).map_err(engine_error)?;
        let incompatible = |error: wasmtime::Error| {
            let reason = "it was made with another version or with other settings of wasmtime";
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
        // This code is not shared with images of the store: only the caller vouches for it.
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

/// An open image file: its manifest is compatible and its checksum verified; its code is not loaded
/// yet.
pub(crate) struct Opened {
    sealed: Sealed,
    manifest: Manifest,
    /// The range of the snapshot in the file, in bytes.
    pub(crate) memory: Range<usize>,
}

impl Opened {
    /// Opens an image file and verifies it.
    pub(crate) fn open(path: &Path) -> Result<Self, ImageError> {
        let read = |source| ImageError::Read {
            path: path.to_owned(),
            source,
        };
        let unfit = |reason| unfit(path, reason);
        let file = File::open(path).map_err(read)?;
        if is_world_writable(&file.metadata().map_err(read)?) {
            return Err(unfit(
                "every user can write to it; remove that permission (`chmod o-w`)".to_owned(),
            ));
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

    /// Maps the snapshot.
    pub(crate) fn snapshot(&self) -> io::Result<Snapshot> {
        let Range { start, end } = self.memory;
        Snapshot::map(self.sealed.file(), start as u64, end - start)
    }

    /// Reads the code of the extensions, if there is any.
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

/// Returns the range of the snapshot, if the offsets in the line of [`PARTS`] are consistent.
fn memory(sealed: &Sealed) -> Option<Range<usize>> {
    let [start, memory_end, end] = parts(&sealed.text)?;
    let is_in_order = start <= memory_end && memory_end <= end && end == sealed.payload_size();
    is_in_order.then_some(start..memory_end)
}

/// Parses the offsets in the line of [`PARTS`].
fn parts(text: &str) -> Option<[usize; 3]> {
    let line = text.lines().find_map(|line| line.strip_prefix(PARTS))?;
    let numbers: Vec<usize> = line
        .split_whitespace()
        .map(|number| number.parse().ok())
        .collect::<Option<_>>()?;
    numbers.try_into().ok()
}
