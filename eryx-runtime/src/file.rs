//! Images as files of their own, to be made once and used elsewhere.
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

use crate::compile::{Code, load, load_file};
use crate::error::ImageError;
use crate::image::{Image, compile_error, portable, prepare};
use crate::manifest::Manifest;
use crate::pool::Frozen;
use crate::sealed::{self, Sealed};
use crate::store;

/// What parts are aligned to, in bytes.
const ALIGNMENT: usize = 64 << 10;

/// The line after the manifest: where the memory begins and ends, and where what follows it ends.
const PARTS: &str = "parts ";

impl Image {
    /// Writes the image to a file, in place of what may be there, for [`Image::load`] here or on
    /// another machine of the same architecture and system.
    ///
    /// # Errors
    ///
    /// If the file cannot be written; then there is nothing new under its name.
    pub fn save(&self, path: &Path) -> Result<(), ImageError> {
        let linked = &self.prepared.linked;
        let state = self.prepared.state.as_ref();
        let memory = state.map_or(&[][..], |state| state.memory.bytes());
        let mut payload = linked.base.bytes().map_err(compile_error)?;
        pad(&mut payload);
        let memory_start = payload.len();
        payload.extend_from_slice(memory);
        let memory_end = payload.len();
        if let Some(extensions) = &linked.extensions {
            payload.extend(extensions.bytes().map_err(compile_error)?);
        }
        let text = format!(
            "{}{PARTS}{memory_start} {memory_end} {}\n",
            self.manifest,
            payload.len()
        );
        let write = || -> io::Result<()> {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            let staged = tempfile::Builder::new()
                .prefix(".eryx-image-")
                .tempfile_in(folder)?;
            sealed::write(staged.as_file(), &payload, &text)?;
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
        let opened = Opened::open(path)?;
        let read = |source| ImageError::Read {
            path: path.to_owned(),
            source,
        };
        let frozen = opened.frozen().map_err(read)?;
        let mut modules = vec![(load_file(path, opened.fuel)?, opened.memory.start)];
        if let Some(code) = opened.extensions().map_err(read)? {
            modules.push((load(&code, opened.fuel)?, code.len()));
        }
        let manifest = opened.manifest;
        if modules.len() != manifest.made.code.len() {
            return Err(not_an_image(path));
        }
        let code = modules.into_iter().zip(&manifest.made.code);
        // It is not shared with images of the store: it is the user who vouches for it.
        let code = code.map(|((module, size), key)| {
            Arc::new(Code {
                key: key.clone(),
                module,
                size,
            })
        });
        let prepared = prepare(code.collect(), &manifest.made, frozen).map_err(compile_error)?;
        Ok(Self {
            prepared: Arc::new(prepared),
            manifest,
            not_kept: None,
        })
    }
}

/// A file that [`Image::save`] wrote, as far as it can be known before its code is loaded.
pub(crate) struct Opened {
    sealed: Sealed,
    manifest: Manifest,
    /// Whether its code measures fuel.
    fuel: bool,
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
        if store::everybody_can_write(&file.metadata().map_err(read)?) {
            return Err(unfit("everybody can write to it".to_owned()));
        }
        let sealed = Sealed::open(file).map_err(read)?;
        let mut sealed = sealed.map_err(|broken| unfit(broken.to_string()))?;
        let manifest = Manifest::parse(&sealed.text).ok_or_else(|| not_an_image(path))?;
        let fuel = manifest.engine == portable(true)?;
        manifest.check(portable(fuel)?).map_err(unfit)?;
        let memory = memory(&sealed).ok_or_else(|| not_an_image(path))?;
        let verified = sealed.verify().map_err(read)?;
        verified.map_err(|broken| unfit(broken.to_string()))?;
        Ok(Self {
            sealed,
            manifest,
            fuel,
            memory,
        })
    }

    /// The memory, mapped from where it is.
    pub(crate) fn frozen(&self) -> io::Result<Frozen> {
        let Range { start, end } = self.memory;
        Frozen::map(self.sealed.file(), start as u64, end - start)
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

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
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
