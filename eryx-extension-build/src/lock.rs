//! Step 1, *lock*: from the text of `wheel.lock` to a valid description of one archive.
//!
//! Every mistake that can be seen in the lock alone is reported here, before anything is downloaded:
//! a wheel for another platform, another Python or another ABI never reaches the next step.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use eryx_artifact::Digest;
use serde::Deserialize;

use crate::location::Location;
use crate::tag::{self, Tag, WheelName};

/// The name of the file, beside the `Cargo.toml` of an extension crate.
pub const FILE: &str = "wheel.lock";

/// The largest archive that can be pinned, in bytes: 256 MiB.
pub const MAX_SIZE: u64 = 256 << 20;

/// The version of the format that this release reads.
const VERSION: i64 = 1;

/// The longest file name that common file systems support, in bytes.
const MAX_NAME: usize = 255;

/// Why a `wheel.lock` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read.
    #[error("cannot read {}: {reason}\nEvery extension crate has a wheel.lock beside its Cargo.toml; `cargo xtask build-wheels NAME` writes it.", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        reason: std::io::Error,
    },
    /// The file is not TOML, or has the wrong keys or types.
    #[error("{}: {}", path.display(), reason.to_string().trim_end())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: Box<toml::de::Error>,
    },
    /// A value is invalid.
    #[error("{}: {field}: {reason}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The table and the key.
        field: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
}

/// The archive that a `wheel.lock` pins; every field is valid.
///
/// ```
/// use std::path::Path;
///
/// use eryx_extension_build::lock;
///
/// let text = r#"
/// version = 1
/// [wheel]
/// name = "demo"
/// version = "1.0"
/// abi = "cp314-wasip2-sdk33"
/// tags = ["py3-none-any"]
/// file = "demo-1.0-py3-none-any.whl"
/// size = 1234
/// sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
/// "#;
/// let wheel = lock::parse(Path::new("wheel.lock"), text)?;
/// assert_eq!(wheel.name, "demo");
/// assert!(wheel.is_pure());
/// # Ok::<(), lock::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Wheel {
    /// The package's normalised name: `numpy`.
    pub name: String,
    /// The package's version: `2.5.5`.
    pub version: String,
    /// Its tags, of which this release of eryx can use at least one.
    pub tags: BTreeSet<Tag>,
    /// The archive's file name, without a directory.
    pub file: String,
    /// The kind of archive.
    pub format: Format,
    /// Its size in bytes: more than zero, and [`MAX_SIZE`] at most.
    pub size: u64,
    /// The digest of its bytes.
    pub sha256: Digest,
    /// Where it can be downloaded.
    pub urls: Vec<Location>,
    /// The extensions that must be linked before it, by name.
    pub requires: Vec<String>,
    /// The modules that are worth importing when an image is made.
    pub preimport: Vec<String>,
}

/// The kinds of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A wheel: a zip archive with a RECORD of its files.
    Wheel,
    /// A `.tar.gz` of what goes into `site-packages`, as the wasi-wheels project publishes them.
    Tree,
}

impl Wheel {
    /// Whether its tags say that it is pure Python.
    pub fn is_pure(&self) -> bool {
        self.tags.iter().all(Tag::is_pure)
    }
}

/// Reads the `wheel.lock` in the directory of an extension crate.
pub fn read(crate_dir: &Path) -> Result<Wheel, Error> {
    let path = crate_dir.join(FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(&path, &text),
        Err(reason) => Err(Error::Read { path, reason }),
    }
}

/// Parses the text of a `wheel.lock`; errors name `path`.
pub fn parse(path: &Path, text: &str) -> Result<Wheel, Error> {
    let syntax = |reason| Error::Syntax {
        path: path.to_path_buf(),
        reason: Box::new(reason),
    };
    let wrong = |(field, reason)| Error::Field {
        path: path.to_path_buf(),
        field,
        reason,
    };
    // The version is read first and alone, because a later version may have other keys.
    let Version { version } = toml::from_str(text).map_err(syntax)?;
    if version != VERSION {
        let reason = format!("is {version}, and this release of eryx reads version {VERSION}");
        return Err(wrong(("version", reason)));
    }
    let Document { wheel } = toml::from_str(text).map_err(syntax)?;
    check(wheel).map_err(wrong)
}

/// The version of the file's format.
#[derive(Deserialize)]
struct Version {
    version: i64,
}

/// The file as it is written. Its other tables are for people, and free in form.
#[derive(Deserialize)]
struct Document {
    wheel: Table,
}

/// The table `[wheel]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    version: String,
    abi: String,
    tags: Vec<String>,
    file: String,
    size: i64,
    sha256: String,
    #[serde(default)]
    urls: Vec<String>,
    #[serde(default)]
    requires: Vec<String>,
    #[serde(default)]
    preimport: Vec<String>,
}

/// The invalid field, and what is wrong with it.
type Wrong = (&'static str, String);

fn check(wheel: Table) -> Result<Wheel, Wrong> {
    if !is_package_name(&wheel.name) {
        return Err(("[wheel] name", not_a_name(&wheel.name)));
    }
    if !is_version(&wheel.version) {
        let reason = format!("{:?} is not a version such as \"2.5.5\"", wheel.version);
        return Err(("[wheel] version", reason));
    }
    if wheel.abi != eryx_extension::ABI {
        let reason = format!(
            "is {:?}, and this release of eryx links only {:?}; the package must be built again",
            wheel.abi,
            eryx_extension::ABI
        );
        return Err(("[wheel] abi", reason));
    }
    let tags = check_tags(&wheel.tags)?;
    let format = check_file(&wheel, &tags)?;
    let size = u64::try_from(wheel.size)
        .ok()
        .filter(|size| (1..=MAX_SIZE).contains(size));
    let Some(size) = size else {
        let reason = format!("{} is not between 1 and {MAX_SIZE} bytes", wheel.size);
        return Err(("[wheel] size", reason));
    };
    let Some(sha256) = Digest::parse(&wheel.sha256) else {
        let reason = format!("{:?} is not 64 hexadecimal digits", wheel.sha256);
        return Err(("[wheel] sha256", reason));
    };
    let location = |url: &String| {
        Location::parse(url).ok_or_else(|| {
            let reason = format!("{url:?} is not {}", Location::EXPECTED);
            ("[wheel] urls", reason)
        })
    };
    let urls = wheel.urls.iter().map(location).collect::<Result<_, _>>()?;
    if let Some(name) = wheel.requires.iter().find(|name| !is_package_name(name)) {
        return Err(("[wheel] requires", not_a_name(name)));
    }
    if wheel.requires.contains(&wheel.name) {
        let reason = format!("{} cannot require itself", wheel.name);
        return Err(("[wheel] requires", reason));
    }
    if let Some(module) = wheel.preimport.iter().find(|module| !is_module(module)) {
        let reason = format!("{module:?} is not the name of a module");
        return Err(("[wheel] preimport", reason));
    }
    Ok(Wheel {
        name: wheel.name,
        version: wheel.version,
        tags,
        file: wheel.file,
        format,
        size,
        sha256,
        urls,
        requires: wheel.requires,
        preimport: wheel.preimport,
    })
}

/// Checks that this release of eryx can use at least one of the tags.
fn check_tags(texts: &[String]) -> Result<BTreeSet<Tag>, Wrong> {
    let mut tags = BTreeSet::new();
    for text in texts {
        let Some(tag) = Tag::parse(text) else {
            let reason = format!("{text:?} is not a tag such as {:?}", tag::ACCEPTED[0]);
            return Err(("[wheel] tags", reason));
        };
        tags.insert(tag);
    }
    match tags.first() {
        None => Err(("[wheel] tags", "names none".to_owned())),
        Some(first) if !tags.iter().any(Tag::is_accepted) => Err(("[wheel] tags", first.refusal())),
        Some(_) => Ok(tags),
    }
}

/// Checks that the file name has no directory, and that a wheel's agrees with the other fields.
fn check_file(wheel: &Table, tags: &BTreeSet<Tag>) -> Result<Format, Wrong> {
    let file = &wheel.file;
    let wrong = |reason: String| Err(("[wheel] file", format!("{file:?} {reason}")));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._+!-".contains(&b);
    if !file.bytes().all(plain) || file.starts_with('.') || file.len() > MAX_NAME {
        return wrong("is not a bare file name of letters, digits and ._+!-".to_owned());
    }
    if file.ends_with(".tar.gz") {
        return Ok(Format::Tree);
    }
    let Some(parsed) = WheelName::parse(file) else {
        return wrong("is neither NAME-VERSION-PYTHON-ABI-PLATFORM.whl nor a .tar.gz".to_owned());
    };
    if tag::normalised(&parsed.name) != wheel.name {
        return wrong(format!("is not of the package {:?}", wheel.name));
    }
    // A wheel's file name has `_` where the version has `-`.
    if parsed.version != wheel.version.replace('-', "_") {
        return wrong(format!("is not of the version {:?}", wheel.version));
    }
    if parsed.tags != *tags {
        return wrong(format!("has not the tags of the lock: {}", tag::list(tags)));
    }
    Ok(Format::Wheel)
}

fn is_package_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let ends = [name.as_bytes().first(), name.as_bytes().last()];
    name.len() <= MAX_NAME
        && name.bytes().all(plain)
        && tag::normalised(name) == name
        && ends.iter().all(|end| end.is_some_and(|end| *end != b'_'))
}

fn not_a_name(name: &str) -> String {
    format!("{name:?} is not a package's normalised name: lower-case letters, digits and _")
}

fn is_version(version: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._+!-".contains(&b);
    version.len() <= MAX_NAME
        && version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(plain)
}

fn is_module(module: &str) -> bool {
    module.split('.').all(|part| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    })
}
