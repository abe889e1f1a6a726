//! Generates the table of the base libraries from `libs.lock`, having compared each file with it.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
struct Lock {
    abi: String,
    library: Vec<File>,
    guest: File,
    stdlib: File,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    name: String,
    size: usize,
    sha256: String,
    unpacked_size: usize,
    unpacked_sha256: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=libs.lock");
    let lock: Lock = toml::from_str(&fs::read_to_string("libs.lock")?)
        .map_err(|error| format!("libs.lock: {error}"))?;
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("libs");

    let libraries = lock.library.iter().chain([&lock.guest]);
    let libraries = libraries
        .map(|file| describe(&folder, file))
        .collect::<Result<String, _>>()?;
    let table = format!(
        "pub(super) const LOCKED_ABI: &str = {:?};\n\
         pub(super) const FILES: &[Compressed] = &[{libraries}];\n\
         pub(super) const STDLIB: Compressed = {}",
        lock.abi,
        describe(&folder, &lock.stdlib)?.replacen("},", "};", 1),
    );
    fs::write(Path::new(&env::var("OUT_DIR")?).join("base.rs"), table)?;
    Ok(())
}

/// One entry of the table, as Rust source.
fn describe(folder: &Path, file: &File) -> Result<String, Box<dyn Error>> {
    let path = folder.join(format!("{}.zst", file.name));
    println!("cargo::rerun-if-changed={}", path.display());
    let bytes = fs::read(&path).map_err(|error| {
        format!(
            "cannot read {}: {error}; `cargo xtask fetch-libs` and `cargo xtask build-guest` \
             bring what belongs there",
            path.display()
        )
    })?;
    if bytes.len() != file.size || hex::encode(Sha256::digest(&bytes)) != file.sha256 {
        return Err(format!("{} is not what libs.lock pins", path.display()).into());
    }
    let mut entry = String::new();
    writeln!(
        entry,
        "Compressed {{ name: {:?}, zstd: include_bytes!({:?}), size: {}, sha256: {:?} }},",
        file.name,
        path.display().to_string(),
        file.unpacked_size,
        hex::decode(&file.unpacked_sha256)?,
    )?;
    Ok(entry)
}
