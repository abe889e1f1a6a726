//! `build-guest`: builds the guest library and the test extension, whose native library is built the
//! same way.
//!
//! Both are committed with their digests. The same toolchain produces the same bytes on every machine,
//! whatever the paths of the workspace and of cargo's home, so `--check` builds them again and compares.
//! `libs.lock` names the toolchain. There is no `rust-toolchain.toml`, because only these two files
//! depend on the compiler's version.

use std::path::Path;

use anyhow::{Context, Result, bail};
use wit_parser::{
    LiftLowerAbi, ManglingAndAbi, Resolve, WasmExport, WasmExportKind, WorldItem, WorldKey,
};

use crate::libs::with_entry;
use crate::prepare_libc::{REPLACED, imports, symbols};
use crate::rust_library::{Exports, build, rustc_version};
use crate::workspace::{read, root, size_and_digest, write};

/// The name of the guest library.
const LIBRARY: &str = "liberyx_guest.so";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Build, write nothing, and fail if a committed file differs.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let root = root();
    let runtime = root.join("eryx-runtime");
    if arguments.check {
        check_toolchain(&runtime)?;
    }
    let mut built = guest(&runtime)?;
    built.extend(test_extension(&root.join("tests/extension"))?);

    let mut differing = Vec::new();
    for File { path, bytes } in built {
        let path = root.join(path);
        let same = std::fs::read(&path).is_ok_and(|committed| committed == bytes);
        let state = match (same, arguments.check) {
            (true, _) => "as committed",
            (false, false) => {
                write(&path, &bytes)?;
                "written"
            }
            (false, true) => {
                differing.push(path.display().to_string());
                "differs"
            }
        };
        println!("{}: {state}, {} bytes", path.display(), bytes.len());
    }
    if !differing.is_empty() {
        bail!(
            "{1}: the sources build to other bytes with {0}\nrun `cargo xtask build-guest` and commit \
             what it writes",
            rustc_version()?,
            differing.join(", ")
        );
    }
    Ok(())
}

/// Checks that the installed compiler is the one that built the committed files.
fn check_toolchain(runtime: &Path) -> Result<()> {
    #[derive(serde::Deserialize)]
    struct Lock {
        guest: Guest,
    }
    #[derive(serde::Deserialize)]
    struct Guest {
        rustc: String,
    }

    let path = runtime.join("libs.lock");
    let lock = String::from_utf8(read(&path)?)?;
    let lock: Lock = toml::from_str(&lock).with_context(|| format!("in {}", path.display()))?;
    let (locked, found) = (lock.guest.rustc, rustc_version()?);
    if locked == found {
        return Ok(());
    }
    let version = locked.split(' ').nth(1).unwrap_or_default();
    bail!(
        "rustc: the committed guest library was built with {locked}, and this is {found}, which \
         produces other bytes\nset RUSTUP_TOOLCHAIN={version}, or run `cargo xtask build-guest` and \
         commit what it writes"
    );
}

/// A file that this command writes, at a path relative to the workspace.
struct File {
    path: String,
    bytes: Vec<u8>,
}

/// Builds the guest library. Returns it compressed, and `libs.lock` with its new entry.
fn guest(runtime: &Path) -> Result<Vec<File>> {
    let libc = zstd::decode_all(&*read(&runtime.join("libs/libc.so.zst"))?)?;
    let mut exports = exports(&runtime.join("wit"))?;
    exports.required.push("cabi_realloc".to_owned());
    let replaced = REPLACED.iter().map(|(name, _)| (*name).to_owned());
    exports.required.extend(replaced);
    exports.required.extend(symbols(&libc)?);
    let library = build(&runtime.join("guest"), "eryx_guest", &exports)?;
    for import in imports(&library)? {
        // Rust's standard library imports some WASI functions itself, such as the one that seeds
        // `HashMap`.
        if import.module.starts_with("wasi") {
            bail!(
                "{LIBRARY}: it imports {} from {}, which no library defines; avoid the code that \
                 needs it",
                import.name,
                import.module
            );
        }
    }
    let compressed = zstd::bulk::compress(&library, 19)?;
    let lock = String::from_utf8(read(&runtime.join("libs.lock"))?)?;
    let lines = format!(
        "name = \"{LIBRARY}\"\nlicence = \"MIT OR Apache-2.0\"\nrustc = \"{}\"\n",
        rustc_version()?
    );
    let lock = with_entry(&lock, "guest", &lines, &compressed, &library)?;
    Ok(vec![
        File {
            path: format!("eryx-runtime/libs/{LIBRARY}.zst"),
            bytes: compressed,
        },
        File {
            path: "eryx-runtime/libs.lock".to_owned(),
            bytes: lock.into_bytes(),
        },
    ])
}

/// Returns the exports of the world in `eryx-runtime/wit`, by their names in the canonical ABI.
fn exports(wit: &Path) -> Result<Exports> {
    const ABI: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);

    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], None)?;
    let mut exports = Exports::default();
    for (key, item) in &resolve.worlds[world].exports {
        let (WorldItem::Interface { id, .. }, WorldKey::Interface(_)) = (item, key) else {
            bail!(
                "{}: the world may export only interfaces of its own package",
                wit.display()
            );
        };
        for func in resolve.interfaces[*id].functions.values() {
            let name = |kind| {
                let interface = Some(key);
                let export = WasmExport::Func {
                    interface,
                    func,
                    kind,
                };
                resolve.wasm_export_name(ABI, export)
            };
            exports.required.push(name(WasmExportKind::Normal));
            // The bindings define a post-return function for results that lie in memory.
            exports.optional.push(name(WasmExportKind::PostReturn));
        }
    }
    Ok(exports)
}

/// Builds the archive of the test extension, and its lock. The archive is a `.tar.gz`, so that the tests
/// cover this format as well as wheels.
fn test_extension(directory: &Path) -> Result<Vec<File>> {
    let exports = Exports {
        required: vec!["PyInit__native".to_owned()],
        optional: Vec::new(),
    };
    let library = build(&directory.join("native"), "tiny_native", &exports)?;
    let python = read(&directory.join("python/tiny/__init__.py"))?;
    let encoder = flate2::GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), flate2::Compression::best());
    let mut archive = tar::Builder::new(encoder);
    for (path, bytes) in [
        ("tiny/__init__.py", &python),
        ("tiny/_native.cpython-314-wasm32-wasi.so", &library),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, path, &**bytes)?;
    }
    let archive = archive.into_inner()?.finish()?;
    let lock = format!(
        "# Written by `cargo xtask build-guest`.\n\
         version = 1\n\n\
         [wheel]\n\
         name = \"tiny\"\n\
         version = \"1.0\"\n\
         abi = \"{}\"\n\
         tags = [\"cp314-cp314-wasi_0_0_0_wasm32\"]\n\
         file = \"tiny-1.0.tar.gz\"\n\
         {}\n\
         [build]\n\
         rustc = \"{}\"\n",
        eryx_extension::ABI,
        size_and_digest(&archive),
        rustc_version()?,
    );
    Ok(vec![
        File {
            path: "tests/extension/tiny-1.0.tar.gz".to_owned(),
            bytes: archive,
        },
        File {
            path: "tests/extension/wheel.lock".to_owned(),
            bytes: lock.into_bytes(),
        },
    ])
}

#[cfg(test)]
mod tests {
    use wasmparser::{Parser, Payload};

    use super::*;

    fn exported(library: &[u8]) -> Vec<String> {
        let mut names = Vec::new();
        for payload in Parser::new(0).parse_all(library) {
            if let Payload::ExportSection(section) = payload.expect("the library is valid") {
                let exports = section.into_iter();
                names.extend(exports.map(|it| it.expect("it is valid").name.to_owned()));
            }
        }
        names
    }

    #[test]
    fn the_committed_library_exports_what_the_wit_says() {
        let runtime = root().join("eryx-runtime");
        let committed = read(&runtime.join(format!("libs/{LIBRARY}.zst"))).expect("it is there");
        let committed = zstd::decode_all(&*committed).expect("it is compressed");
        let mut found = exported(&committed);
        found.retain(|name| name.contains("eryx:"));
        found.sort();
        let exports = exports(&runtime.join("wit")).expect("the WIT is valid");
        for name in &exports.required {
            assert!(found.contains(name), "{name} is not among {found:?}");
        }
        for name in &found {
            let is_known = exports.required.contains(name) || exports.optional.contains(name);
            assert!(is_known, "{name} is not in the WIT");
        }
        assert!(exports.required.len() >= 8, "{:?}", exports.required);
    }
}
