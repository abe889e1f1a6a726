//! What is fuzzed: each function takes any bytes, and panics if something is wrong with this crate.
//!
//! The targets in `fuzz` call these with ever new bytes; the tests below, with those that are kept in
//! `fuzz/seeds`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Component, Path};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::digest::Digest;
use crate::lock::{Format, Wheel};
use crate::package::{self, Package};
use crate::tag::Tag;
use crate::unpack::{Files, Limits, unpack};
use crate::{emit, lock, verify};

/// The most that an archive may unpack to here: enough to pass every limit, and little enough to do so
/// in a moment.
const LIMITS: Limits = Limits {
    entries: 64,
    file: 64 << 10,
    total: 128 << 10,
    ratio: 20,
    ratio_from: 32 << 10,
};

/// A `wheel.lock`: whatever is in it, what was read of it holds water.
pub fn lock(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let wheel = match lock::parse(Path::new(lock::FILE), &text) {
        Ok(wheel) => wheel,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    // The archive is looked for in folders, and at addresses, by this name.
    let is_name = is_inside(&wheel.file) && !wheel.file.contains(['/', '\\']);
    assert!(is_name, "{:?}", wheel.file);
    assert!((1..=lock::MAX_SIZE).contains(&wheel.size));
    assert!(wheel.tags.iter().any(Tag::is_accepted));
    assert!(!wheel.requires.contains(&wheel.name));
    for url in &wheel.urls {
        let joined = url.join(&wheel.file).to_string();
        assert!(joined.ends_with(&wheel.file), "{joined}");
    }
    let source = emit::source(&wheel, "", "()");
    assert!(source.contains(&format!("name: {:?}", wheel.name)));
}

/// An archive: of either kind, whether or not its checksums are right.
pub fn wheel(bytes: &[u8]) {
    let wheel = demo(Format::Wheel);
    let tree = demo(Format::Tree);
    read(&wheel, bytes);
    read(&tree, bytes);
    // As they are, chance would never get past the checksums of these.
    let tar = with_checksums(bytes);
    let archive = gzip(&tar);
    read(&tree, &archive);
    // Its files need no checksums, so that chance can write a RECORD.
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

/// Unpacks an archive, and takes what is in it as far as it goes.
fn read(wheel: &Wheel, archive: &[u8]) {
    match unpack(archive, wheel.format, &LIMITS) {
        Ok(files) => {
            let sizes = files.values().map(|bytes| bytes.len() as u64);
            let total: u64 = sizes.clone().sum();
            assert!(files.len() <= LIMITS.entries);
            assert!(sizes.max().unwrap_or_default() <= LIMITS.file);
            assert!(total <= LIMITS.total);
            assert!(total <= LIMITS.ratio_from.max(LIMITS.ratio * archive.len() as u64));
            take(wheel, files);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Takes files through the steps after unpacking, whether or not each of them likes what it gets.
fn take(wheel: &Wheel, files: Files) {
    for path in files.keys() {
        assert!(is_inside(path), "{path:?}");
    }
    if let Err(error) = verify::verify(wheel, &files) {
        assert!(!error.to_string().is_empty());
    }
    let count = files.len();
    let package = match package::arrange(wheel, files) {
        Ok(package) => package,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let libraries = package.libraries.iter().map(|library| &library.path);
    let paths: BTreeSet<&String> = package.tree.keys().chain(libraries).collect();
    assert_eq!(paths.len(), count, "nothing is lost on the way");
    for path in &paths {
        assert!(is_inside(path), "{path:?}");
        let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
        for folder in folders {
            assert!(!paths.contains(&folder.to_owned()), "{path:?}");
        }
    }
    written(wheel, &package);
}

/// Writes a package, and looks at what came of it, and whether anything came outside.
fn written(wheel: &Wheel, package: &Package) {
    let root = tempfile::tempdir().expect("a temporary folder");
    let out = root.path().join("out");
    fs::create_dir(&out).expect("it is ours");
    emit::emit(wheel, package, &out).expect("what was arranged can be written");
    assert_eq!(names(root.path()), ["out"]);
    for name in names(&out) {
        let digest = name.strip_suffix(".zst").and_then(Digest::parse);
        assert!(digest.is_some() || name == emit::FILE, "{name}");
    }
    let tar = emit::archive(&package.tree).expect("it was written just now");
    let mut read = Files::new();
    for entry in tar::Archive::new(&*tar).entries().expect("it is one") {
        let mut entry = entry.expect("it was written just now");
        let path = String::from_utf8(entry.path_bytes().into_owned());
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("it is whole");
        read.insert(path.expect("paths are text"), bytes);
    }
    assert_eq!(read, package.tree);
}

/// Whether a path can only lead to something in the folder that it is joined to.
fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("it is ours");
    let name = |entry: fs::DirEntry| entry.file_name().into_string();
    let names = entries.flatten().map(name).collect::<Result<_, _>>();
    names.expect("names are text")
}

/// A tar archive with the checksums of its headers set right, as far as it is one.
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
        let size = header.entry_size().unwrap_or_default();
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        at = at.saturating_add(BLOCK);
        at = at.saturating_add(size.checked_next_multiple_of(BLOCK).unwrap_or(size));
        if at > tar.len() {
            break;
        }
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
