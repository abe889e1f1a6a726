//! The fuzz targets of this crate: each function takes any bytes, and panics if a step breaks a promise.
//!
//! The programs in `fuzz` call these functions with new bytes, and the tests below call them with the
//! files in `fuzz/seeds`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Component, Path};

use eryx_artifact::Digest;
use eryx_artifact::package_path::parents;
use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::GzEncoder;

use crate::emit::Streams;
use crate::lock::{Format, Wheel};
use crate::package::Package;
use crate::tag::Tag;
use crate::unpack::{Files, Limits, unpack};
use crate::{emit, lock, verify};

/// Limits small enough for an archive of a few bytes to exceed every one of them.
const LIMITS: Limits = Limits {
    entries: 64,
    file: 64 << 10,
    total: 128 << 10,
    ratio: 20,
    ratio_exempt: 32 << 10,
};

/// Parses a `wheel.lock`: if that succeeds, every field is valid.
pub fn lock(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let wheel = match lock::parse(Path::new(lock::FILE), &text) {
        Ok(wheel) => wheel,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    // The archive is searched for in directories, and at URLs, by this name.
    let is_name = is_inside(&wheel.file) && !wheel.file.contains(['/', '\\']);
    assert!(is_name, "{:?}", wheel.file);
    assert!((1..=lock::MAX_SIZE).contains(&wheel.size));
    assert!(wheel.tags.iter().any(Tag::is_accepted));
    assert!(!wheel.requires.contains(&wheel.name));
    for url in &wheel.urls {
        let joined = url.join(&wheel.file).to_string();
        assert!(joined.ends_with(&wheel.file), "{joined}");
    }
    let source = emit::source(&wheel, "", "", "");
    assert!(source.contains(&format!("name: {:?}", wheel.name)));
}

/// Reads an archive of either format, with its own checksums and with corrected ones.
pub fn wheel(bytes: &[u8]) {
    let wheel = demo(Format::Wheel);
    let tree = demo(Format::Tree);
    read(&wheel, bytes);
    read(&tree, bytes);
    // A fuzzer would not find the checksums of tar headers by itself.
    let tar = with_checksums(bytes);
    let archive = gzip(&tar);
    read(&tree, &archive);
    // Files in it need no checksums, so that a fuzzer can write a RECORD.
    if let Ok(files) = unpack(&archive, Format::Tree, &LIMITS) {
        take(&wheel, files);
    }
}

/// The lock of the archives that are read.
fn demo(format: Format) -> Wheel {
    let tag = "cp314-cp314-wasi_0_0_0_wasm32";
    Wheel {
        name: "demo".to_owned(),
        version: "1.0".to_owned(),
        tags: Tag::parse(tag).into_iter().collect(),
        file: match format {
            Format::Wheel => format!("demo-1.0-{tag}.whl"),
            Format::Tree => "demo.tar.gz".to_owned(),
        },
        format,
        size: 1,
        sha256: Digest::of(b""),
        urls: Vec::new(),
        requires: Vec::new(),
        preimport: Vec::new(),
    }
}

/// Unpacks an archive, and takes its files through the other steps.
fn read(wheel: &Wheel, archive: &[u8]) {
    match unpack(archive, wheel.format, &LIMITS) {
        Ok(files) => {
            let sizes = files.values().map(|bytes| bytes.len() as u64);
            let total: u64 = sizes.clone().sum();
            assert!(files.len() <= LIMITS.entries);
            assert!(sizes.max().unwrap_or_default() <= LIMITS.file);
            assert!(total <= LIMITS.total);
            assert!(total <= LIMITS.ratio_exempt.max(LIMITS.ratio * archive.len() as u64));
            take(wheel, files);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Takes files through the steps after unpacking, whether or not each of them succeeds.
fn take(wheel: &Wheel, files: Files) {
    for path in files.keys() {
        assert!(is_inside(path), "{path:?}");
    }
    if let Err(error) = verify::verify(wheel, &files) {
        assert!(!error.to_string().is_empty());
    }
    let count = files.len();
    let package = match Package::from_files(wheel, files) {
        Ok(package) => package,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let libraries = package.libraries.iter().map(|library| &library.path);
    let paths: BTreeSet<&String> = package.tree.keys().chain(libraries).collect();
    assert_eq!(paths.len(), count, "no file is lost");
    for path in &paths {
        assert!(is_inside(path), "{path:?}");
        for directory in parents(path) {
            assert!(!paths.contains(&directory.to_owned()), "{path:?}");
        }
    }
    check_output(wheel, &package);
}

/// Writes a package, and checks its files, and that no file is outside the output directory.
fn check_output(wheel: &Wheel, package: &Package) {
    let root = tempfile::tempdir().expect("a temporary directory");
    let out = root.path().join("out");
    fs::create_dir(&out).expect("it is ours");
    emit::emit(wheel, package, &Streams::new(), &out).expect("a package can be written");
    assert_eq!(names(root.path()), ["out"]);
    let written: BTreeSet<String> = names(&out).into_iter().collect();
    let expected = [emit::FILE, emit::STREAMS_FILE].map(str::to_owned);
    assert_eq!(written, BTreeSet::from(expected));
    let libraries = package.libraries.iter().map(|library| &library.bytes);
    let mut streams = &*fs::read(out.join(emit::STREAMS_FILE)).expect("it is ours");
    for bytes in libraries.chain(package.tree.values()) {
        let mut decoder = DeflateDecoder::new(streams);
        let mut read = Vec::new();
        decoder.read_to_end(&mut read).expect("it is one stream");
        assert_eq!(read, *bytes);
        let size = usize::try_from(decoder.total_in()).expect("it is small");
        streams = &streams[size..];
    }
    assert!(streams.is_empty());
}

/// Whether a path leads to a place inside the directory that it is joined to.
fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("it is ours");
    let name = |entry: fs::DirEntry| entry.file_name().into_string();
    let names = entries.flatten().map(name).collect::<Result<_, _>>();
    names.expect("names are text")
}

/// A copy with the checksums of all tar headers corrected.
fn with_checksums(bytes: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 512;
    let mut tar = bytes.to_vec();
    let mut at = 0;
    while let Some(block) = tar.get_mut(at..at + BLOCK) {
        let mut header = tar::Header::new_old();
        header.as_mut_bytes().copy_from_slice(block);
        if block.iter().any(|byte| *byte != 0) {
            header.set_cksum();
            block.copy_from_slice(header.as_bytes());
        }
        // A block without a size is no header, and the next block may be one.
        let size = usize::try_from(header.entry_size().unwrap_or(0)).ok();
        let padded = size.and_then(|size| size.checked_next_multiple_of(BLOCK));
        let Some(next) = padded.and_then(|size| size.checked_add(at + BLOCK)) else {
            break; // the size leads far out of the archive
        };
        at = next;
    }
    tar
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(bytes).expect("to memory");
    encoder.finish().expect("to memory")
}

#[cfg(test)]
mod tests {
    use eryx_test_support::each_seed;

    use super::*;

    #[test]
    fn lock_seeds() {
        each_seed("lock", lock);
    }

    #[test]
    fn wheel_seeds() {
        each_seed("wheel", wheel);
    }
}
