//! What is fuzzed: each function takes any bytes, and panics if something is wrong with this crate.
//!
//! The targets in `fuzz` call these with ever new bytes; the tests below, with those that are kept in
//! `fuzz/seeds`.

use std::path::{Component, Path};
use std::sync::OnceLock;
use std::{fs, io};

use wasmparser::Validator;
use wasmtime::CacheStore as _;

use crate::error::ImageError;
use crate::image::Opened;
use crate::image::manifest::Manifest;
use crate::input::base;
use crate::input::cpu::Target;
use crate::make::check::check;
use crate::make::dylink::FEATURES;
use crate::make::function_cache::FunctionCache;
use crate::make::fuse::{Fused, fuse};
use crate::make::link::link as link_libraries;
use crate::module::layout::StartPlan;
use crate::store::{ImageStore, Kind, sealed_file};

/// How every WebAssembly module begins.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// What the libraries are called that are linked, in their order.
const NAMES: [&str; 3] = ["x.so", "y.so", "z.so"];

/// Libraries, one after the other: they are refused, or linked and fused to valid modules, of which
/// that of the base is the one that it always is.
pub fn link(bytes: &[u8]) {
    static BASE: OnceLock<Base> = OnceLock::new();

    let base = BASE.get_or_init(Base::load);
    let libraries: Vec<_> = NAMES.into_iter().zip(modules(bytes)).collect();
    match base.with(&libraries) {
        Ok(fused) => {
            assert!(fused.base == base.module, "the base is another one");
            if let Some(module) = &fused.extensions {
                valid(module);
            }
            boots(&fused.start);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A small base: libraries, and what they come to if nothing is linked to them.
struct Base {
    libraries: Vec<(&'static str, Vec<u8>)>,
    module: Vec<u8>,
}

impl Base {
    fn load() -> Self {
        let mut libdl = base::libraries().iter();
        let libdl = libdl.find(|library| library.name == "libdl.so");
        let libdl = libdl.expect("the base has it").load();
        let mut base = Self {
            libraries: vec![
                ("libdl.so", libdl.expect("it is not damaged")),
                (
                    "libc.so",
                    include_bytes!("../../fuzz/base/libc.so").to_vec(),
                ),
                (
                    "guest.so",
                    include_bytes!("../../fuzz/base/guest.so").to_vec(),
                ),
            ],
            module: Vec::new(),
        };
        base.module = base.with(&[]).expect("the base by itself").base;
        valid(&base.module);
        base
    }

    /// What it comes to with these libraries.
    fn with(&self, libraries: &[(&str, &[u8])]) -> Result<Fused, ImageError> {
        let base = base::borrowed(&self.libraries);
        let names: Vec<&str> = base.iter().map(|(name, _)| *name).collect();
        check(&base, libraries)?;
        fuse(&link_libraries(&base, libraries)?, &names)
    }
}

/// The modules that begin in some bytes, each as far as the next; all of it where there is none.
fn modules(bytes: &[u8]) -> Vec<&[u8]> {
    let begins = |at: &usize| bytes[*at..].starts_with(MODULE);
    let mut modules = Vec::new();
    let mut rest = bytes;
    for begin in (1..bytes.len()).rev().filter(begins) {
        let (before, module) = rest.split_at(begin);
        modules.push(module);
        rest = before;
    }
    modules.push(rest);
    modules.reverse();
    modules
}

/// A fused module asks for nothing that libraries may not ask for.
fn valid(module: &[u8]) {
    let validated = Validator::new_with_features(FEATURES).validate_all(module);
    if let Err(error) = validated {
        panic!("a module that is not valid came of fusing: {error}");
    }
}

/// Instances begin with memory that there can be. Where in it something is put, libraries say; where
/// that is beyond its end, there is no instance.
fn boots(plan: &StartPlan) {
    assert!(plan.pages <= 1 << 16, "{} pages", plan.pages);
}

/// A file of the store: the bytes as they are, and as what a sealed file holds, with the text on it
/// after the last [`TEXT`].
///
/// No machine code is loaded here: whoever can write it to the store can do anything.
pub fn store(bytes: &[u8]) {
    /// What comes between the payload and the text.
    const TEXT: &[u8] = b"\n--\n";

    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = ImageStore::at(folder.path().join("store"));
    raw(&store, bytes);

    let mut places = bytes.windows(TEXT.len());
    let place = places.rposition(|window| window == TEXT);
    let (payload, text) = bytes.split_at(place.unwrap_or(bytes.len()));
    let text = text.strip_prefix(TEXT).unwrap_or_default();
    pack(&store, payload);
    let text = String::from_utf8_lossy(text);
    if let Some(manifest) = Manifest::parse(&text) {
        let again = Manifest::parse(&manifest.to_string());
        let again = again.expect("it was written just now");
        assert_eq!(again.modules, manifest.modules);
        for key in &manifest.modules.code {
            assert!(is_plain(key), "{key:?} leads out of the store");
        }
        // Those of this program: all but the lines after it is what is fuzzed.
        let here = Manifest::new("id".to_owned(), Target::default(), String::new());
        let lines: String = text.split_inclusive('\n').skip(8).collect();
        let text = format!("{}{lines}", here.with(manifest.modules));
        // Memory takes whole pages, and the text has to say how much there is.
        let mut payload = payload.to_vec();
        payload.resize(payload.len() + (64 << 10), 0);
        let text = text.replace("END", &payload.len().to_string());
        image(&folder.path().join("image"), &payload, &text);
    }
    // Nothing came beside these two.
    let beside = fs::read_dir(folder.path()).expect("it is ours").flatten();
    let mut names = beside.map(|entry| entry.file_name());
    assert!(names.all(|name| name == "store" || name == "image"));
}

/// Bytes in place of an entry: they are found to be whole, or else out of the way.
fn raw(store: &ImageStore, bytes: &[u8]) {
    // Another entry makes the folder.
    let path = store.put(Kind::Image, "other", b"", "");
    let path = path.expect("it is ours").with_file_name("entry");
    write(&path, bytes).expect("it is ours");
    let Some(mut entry) = store.get(Kind::Image, "entry") else {
        assert!(!path.exists(), "it is set aside");
        return;
    };
    let is_intact = entry.is_intact();
    let text = entry.sealed.text.clone();
    let payload = entry.sealed.payload().expect("it can be read");
    assert_eq!(payload.is_ok(), is_intact);
    if let Ok(payload) = payload {
        let again = store.put(Kind::Image, "again", &payload, &text);
        let again = again.and_then(fs::read).expect("it is ours");
        assert!(again == bytes, "there is one way to seal what it holds");
    }
}

/// A pack of functions: what is found of it is in it.
fn pack(store: &ImageStore, payload: &[u8]) {
    let put = store.put(Kind::Functions, "pack", payload, "engine");
    put.expect("it is ours");
    let functions = FunctionCache::read(store, "engine", |_, _| {});
    for key in payload.windows(32).take(64) {
        if let Some(value) = functions.get(key) {
            let mut windows = payload.windows(value.len().max(1));
            assert!(value.is_empty() || windows.any(|window| window == &*value));
        }
    }
    assert!(functions.get(b"too short to be a key").is_none());
}

/// A file as `Image::save` writes it: it is refused, or has the memory that it says.
fn image(path: &Path, payload: &[u8], text: &str) {
    let file = fs::File::create(path).expect("it is ours");
    sealed_file::write(&file, payload, text).expect("it is ours");
    match Opened::open(path) {
        Ok(opened) => {
            let memory = payload.get(opened.memory.clone());
            let memory = memory.expect("it is in the payload");
            // It can only be mapped from the beginning of a page.
            if let Ok(snapshot) = opened.snapshot() {
                assert!(snapshot.bytes() == memory);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Whether a name is that of a file in the folder that it is joined to.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!(parts.next(), Some(Component::Normal(part)) if part == name) && parts.next().is_none()
}

/// Writes a file that only its owner can write to.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::write(path, bytes)?;
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use eryx_test_support::each_seed;

    use super::*;

    #[test]
    fn link_seeds() {
        each_seed("link", link);
    }

    #[test]
    fn store_seeds() {
        each_seed("store", store);
    }

    #[test]
    fn modules_in_bytes() {
        let module = |rest: &[u8]| [MODULE, rest].concat();
        let [one, two] = [module(b"one"), module(b"two")];
        assert_eq!(modules(b"none"), [b"none"]);
        assert_eq!(modules(&[&*one, &two].concat()), [&*one, &two]);
        assert_eq!(modules(&[b"x", &*one].concat()), [b"x", &*one]);
    }
}
