//! `build-guest`: builds the guest library, and the extension of the tests, whose native library
//! is made the same way.
//!
//! Both are committed with their digests. The same toolchain gives the same bytes on every machine,
//! so `--check` builds them again and compares.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::libs::with_entry;
use crate::prepare_libc::{imports, symbols};
use crate::rust_library::build;
use crate::workspace::{read, root, size_and_digest, write};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Change nothing; fail if a committed file is not what its source gives.
    #[arg(long)]
    check: bool,
}

/// What the world in `eryx-runtime/wit` exports, as the canonical ABI names it. Beside these, the
/// guest library exports what libc asks of it.
const EXPORTS: &[&str] = &[
    "cabi_realloc",
    // in place of libc's
    "chdir",
    "write",
    "eryx:sandbox/files@0.1.0#load",
    "cabi_post_eryx:sandbox/files@0.1.0#load",
    "eryx:sandbox/files@0.1.0#write",
    "cabi_post_eryx:sandbox/files@0.1.0#write",
    "eryx:sandbox/files@0.1.0#read",
    "cabi_post_eryx:sandbox/files@0.1.0#read",
    "eryx:sandbox/files@0.1.0#list",
    "cabi_post_eryx:sandbox/files@0.1.0#list",
    "eryx:sandbox/files@0.1.0#remove",
    "cabi_post_eryx:sandbox/files@0.1.0#remove",
    "eryx:sandbox/python@0.1.0#boot",
    "cabi_post_eryx:sandbox/python@0.1.0#boot",
    "eryx:sandbox/python@0.1.0#execute",
    "cabi_post_eryx:sandbox/python@0.1.0#execute",
    "eryx:sandbox/python@0.1.0#equip",
];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let root = root();
    let mut made = guest(&root.join("eryx-runtime"))?;
    made.extend(test_extension(&root.join("tests/extension"))?);

    let mut differing = Vec::new();
    for File { path, bytes } in made {
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
            "not what the sources give with {}: {}\nrun `cargo xtask build-guest` and commit what \
             it writes",
            rustc_version()?,
            differing.join(", ")
        );
    }
    Ok(())
}

/// A file that this command makes; the path is relative to the workspace.
struct File {
    path: &'static str,
    bytes: Vec<u8>,
}

/// The guest library, compressed, and its entry in `libs.lock`.
fn guest(runtime: &Path) -> Result<Vec<File>> {
    let libc = zstd::decode_all(&*read(&runtime.join("libs/libc.so.zst"))?)?;
    let answered = symbols(&libc)?;
    let answered = answered.iter().map(String::as_str);
    let exports: Vec<&str> = EXPORTS.iter().copied().chain(answered).collect();
    let library = build(&runtime.join("guest"), "eryx_runtime", &exports)?;
    for import in imports(&library)? {
        // Rust's standard library asks WASI directly for some things, `HashMap`'s seeds among them.
        if import.module.starts_with("wasi") {
            bail!(
                "the guest library imports {} from {}, which nobody answers: use something else \
                 than what brought it in",
                import.name,
                import.module
            );
        }
    }
    let compressed = zstd::bulk::compress(&library, 19)?;
    let lock = String::from_utf8(read(&runtime.join("libs.lock"))?)?;
    let lines = format!(
        "name = \"liberyx_runtime.so\"\nlicence = \"MIT OR Apache-2.0\"\nrustc = \"{}\"\n",
        rustc_version()?
    );
    let lock = with_entry(&lock, "guest", &lines, &compressed, &library)?;
    Ok(vec![
        File {
            path: "eryx-runtime/libs/liberyx_runtime.so.zst",
            bytes: compressed,
        },
        File {
            path: "eryx-runtime/libs.lock",
            bytes: lock.into_bytes(),
        },
    ])
}

/// The archive of the extension crate in `tests`, and its lock: a tree rather than a wheel, so that
/// both formats are in use.
fn test_extension(folder: &Path) -> Result<Vec<File>> {
    let library = build(&folder.join("native"), "tiny_native", &["PyInit__native"])?;
    let python = read(&folder.join("python/tiny/__init__.py"))?;
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
            path: "tests/extension/tiny-1.0.tar.gz",
            bytes: archive,
        },
        File {
            path: "tests/extension/wheel.lock",
            bytes: lock.into_bytes(),
        },
    ])
}

fn rustc_version() -> Result<String> {
    let output = Command::new("rustc")
        .arg("--version")
        .output()
        .context("cannot start rustc")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
