//! The build script. It generates the names in `wit/world.wit`, and with the feature `build` the
//! table of the base libraries and a hash of the sources that build images.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=wit/world.wit");
    let names = world_names(&fs::read_to_string("wit/world.wit")?)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("world.rs"), names)?;
    #[cfg(feature = "build")]
    build::generate()?;
    Ok(())
}

/// Generates Rust constants with the names that core modules import and export: `files::INTERFACE`
/// is `eryx:sandbox/files@0.1.0`, and `files::LOAD` is `eryx:sandbox/files@0.1.0#load`.
fn world_names(wit: &str) -> Result<String, Box<dyn Error>> {
    let lines = || {
        wit.lines()
            .map(str::trim)
            .filter(|line| !line.starts_with("//"))
    };
    let package = lines().find_map(|line| line.strip_prefix("package ")?.strip_suffix(';'));
    let package = package.ok_or("wit/world.wit: the line `package NAME@VERSION;` is missing")?;
    let (name, version) = package
        .split_once('@')
        .ok_or("wit/world.wit: the package has no version")?;
    let mut names = String::new();
    let mut interface = None;
    for line in lines() {
        if let Some(header) = line.strip_prefix("interface ") {
            let module = header.trim_end_matches([' ', '{']);
            let path = format!("{name}/{module}@{version}");
            writeln!(names, "pub(crate) mod {module} {{")?;
            writeln!(names, "pub(crate) const INTERFACE: &str = {path:?};")?;
            interface = Some((path, 1));
            continue;
        }
        let Some((path, depth)) = &mut interface else {
            continue;
        };
        if let Some((function, _)) = line.split_once(": func(") {
            let function = function.trim_start_matches('%');
            let constant = function.replace('-', "_").to_uppercase();
            let export = format!("{path}#{function}");
            writeln!(names, "pub(crate) const {constant}: &str = {export:?};")?;
        }
        *depth += line.matches('{').count();
        *depth -= line.matches('}').count();
        if *depth == 0 {
            names.push_str("}\n");
            interface = None;
        }
    }
    Ok(names)
}

#[cfg(feature = "build")]
mod build {
    use std::env;
    use std::error::Error;
    use std::fmt::Write as _;
    use std::fs;
    use std::path::{Path, PathBuf};

    use eryx_artifact::{Digest, PartsHasher};
    use serde::Deserialize;

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

    pub(super) fn generate() -> Result<(), Box<dyn Error>> {
        let manifest_dir = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
        println!(
            "cargo::rustc-env=ERYX_SOURCES_SHA256={}",
            sources_sha256(&manifest_dir)?
        );
        println!("cargo::rerun-if-changed=libs.lock");
        let lock: Lock = toml::from_str(&fs::read_to_string("libs.lock")?)
            .map_err(|error| format!("libs.lock: {error}"))?;
        let directory = manifest_dir.join("libs");

        let libraries = lock.library.iter().chain([&lock.guest]);
        let libraries = libraries
            .map(|file| describe(&directory, file))
            .collect::<Result<String, _>>()?;
        let table = format!(
            "pub(super) const LOCKED_ABI: &str = {:?};\n\
             pub(super) const FILES: &[Compressed] = &[{libraries}];\n\
             pub(super) const STDLIB: Compressed = {}",
            lock.abi,
            describe(&directory, &lock.stdlib)?.replacen("},", "};", 1),
        );
        fs::write(Path::new(&env::var("OUT_DIR")?).join("base.rs"), table)?;
        Ok(())
    }

    /// Verifies a library and generates its entry in the table, as Rust source.
    fn describe(directory: &Path, file: &File) -> Result<String, Box<dyn Error>> {
        let path = directory.join(format!("{}.zst", file.name));
        println!("cargo::rerun-if-changed={}", path.display());
        let bytes = fs::read(&path).map_err(|error| {
            format!(
                "cannot read {}: {error}; run `cargo xtask fetch-libs` and \
                 `cargo xtask build-guest`",
                path.display()
            )
        })?;
        if bytes.len() != file.size || Digest::of(&bytes).to_string() != file.sha256 {
            return Err(format!(
                "{}: the size or the SHA-256 is not the one in libs.lock; \
                 run `cargo xtask fetch-libs` and `cargo xtask build-guest`",
                path.display()
            )
            .into());
        }
        let unpacked = Digest::parse(&file.unpacked_sha256)
            .ok_or_else(|| format!("libs.lock: {} has no unpacked-sha256", file.name))?;
        let mut entry = String::new();
        writeln!(
            entry,
            "Compressed {{ name: {:?}, zstd: include_bytes!({:?}), size: {}, sha256: {:?} }},",
            file.name,
            path.display().to_string(),
            file.unpacked_size,
            unpacked.as_bytes(),
        )?;
        Ok(entry)
    }

    /// Hashes the sources of this crate, and in a checkout those of eryx-artifact and the versions
    /// of the crates that link. The hash is part of every cache key, so that a change of the
    /// sources makes all cached images a miss.
    fn sources_sha256(manifest_dir: &Path) -> Result<String, Box<dyn Error>> {
        // eryx-artifact is there in a checkout only.
        let sources = ["src", "../eryx-artifact/src"].map(|path| manifest_dir.join(path));
        let mut files = Vec::new();
        let mut directories: Vec<_> = sources.into_iter().filter(|it| it.exists()).collect();
        for directory in &directories {
            println!("cargo::rerun-if-changed={}", directory.display());
        }
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory)? {
                let path = entry?.path();
                if path.is_dir() {
                    // Tests do not change images.
                    if path.file_name().is_none_or(|name| name != "tests") {
                        directories.push(path);
                    }
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    files.push(path);
                }
            }
        }
        files.sort();
        let mut hasher = PartsHasher::default();
        for path in files {
            let bytes = fs::read(&path)?;
            let name = path
                .strip_prefix(manifest_dir)?
                .to_string_lossy()
                .into_owned();
            hasher.part(name.as_bytes());
            hasher.part(&bytes);
        }
        // Outside a checkout, the version of this crate, which is in the key as well, stands for
        // all this.
        let lock = manifest_dir.join("../Cargo.lock");
        if let Ok(text) = fs::read_to_string(&lock) {
            println!("cargo::rerun-if-changed={}", lock.display());
            for package in linkers(&text)? {
                hasher.part(package.as_bytes());
            }
        }
        Ok(hasher.digest().to_string())
    }

    /// Lists the crates in a `Cargo.lock` that write modules, each with its version.
    fn linkers(lock: &str) -> Result<Vec<String>, Box<dyn Error>> {
        #[derive(Deserialize)]
        struct CargoLock {
            package: Vec<Package>,
        }

        #[derive(Deserialize)]
        struct Package {
            name: String,
            version: String,
        }

        let lock: CargoLock = toml::from_str(lock)?;
        let linkers = lock.package.into_iter().filter(|package| {
            matches!(
                &*package.name,
                "wasm-encoder" | "wasmparser" | "wit-component"
            )
        });
        Ok(linkers
            .map(|package| format!("{} {}\n", package.name, package.version))
            .collect())
    }
}
