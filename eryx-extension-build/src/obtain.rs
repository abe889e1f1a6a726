//! Step 2, *obtain*: from a lock to the archive that it pins, from the first place that has it.
//!
//! The places are, in order: the directory that the user named, the crate itself, the user's cache,
//! a mirror, the URLs in the lock. Wherever it comes from, only an archive of the pinned size and
//! digest leaves this step. Another file under its name is an error where a person put it;
//! elsewhere the search goes on.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use eryx_artifact::{AtomicFile, Digest};
use etcetera::BaseStrategy as _;

#[cfg(feature = "fetch")]
use crate::fetch::Fetcher;
use crate::location::Location;
use crate::lock::Wheel;

/// The environment variable that names a directory of archives, for machines without a network.
pub const WHEEL_DIR: &str = "ERYX_WHEEL_DIR";
/// The environment variable that names the cache's root, instead of `eryx` in the user's cache
/// directory.
pub const CACHE_DIR: &str = "ERYX_CACHE_DIR";
/// The environment variable that names a mirror: a URL, to which the archive's file name is
/// added.
pub const WHEEL_MIRROR: &str = "ERYX_WHEEL_MIRROR";
/// Cargo's own variable, which says that the network must not be used.
pub const OFFLINE: &str = "CARGO_NET_OFFLINE";
/// Variables that name a PEM file of certificate authorities; the first that is set counts.
pub const CA_FILE: [&str; 2] = ["CARGO_HTTP_CAINFO", "SSL_CERT_FILE"];

/// Where archives are searched for, and how they are downloaded.
///
/// ```
/// use eryx_extension_build::{Fetcher, SearchConfig};
///
/// // Only the archive in the crate itself will do.
/// let config = SearchConfig {
///     wheel_dir: None,
///     crate_dir: "eryx-ext-demo".into(),
///     cache_dir: None,
///     mirror: None,
///     offline: true,
///     fetcher: Fetcher::default(),
/// };
/// ```
#[derive(Clone, Debug)]
pub struct SearchConfig {
    /// A directory that the user named.
    pub wheel_dir: Option<PathBuf>,
    /// The directory of the extension crate.
    pub crate_dir: PathBuf,
    /// The cache of downloads; the directory is created when it is needed.
    pub cache_dir: Option<PathBuf>,
    /// The URL of a mirror.
    pub mirror: Option<String>,
    /// Whether the network must not be used.
    pub offline: bool,
    /// How files are downloaded.
    #[cfg(feature = "fetch")]
    pub fetcher: Fetcher,
}

/// An archive whose size and digest are those of its lock.
#[derive(Clone, Debug)]
pub struct Obtained {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where it was found.
    pub place: Place,
    /// A failure that does not matter to the result: the cache cannot be written.
    pub warning: Option<String>,
}

/// A place where an archive can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Who named the place.
    pub origin: Origin,
    /// The file or the URL.
    pub location: Location,
}

/// Who named a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user, by [`WHEEL_DIR`].
    WheelDir,
    /// The crate, which carries the archive beside its `wheel.lock`.
    Crate,
    /// The cache of earlier downloads.
    Cache,
    /// The user, by [`WHEEL_MIRROR`].
    Mirror,
    /// The lock, by its URLs.
    Lock,
}

/// Why an archive could not be obtained.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An environment variable has a value that cannot be used.
    #[error("{variable} is {value:?}, which is not {expected}; set it to one, or unset it")]
    Variable {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A file that a person put there is not the pinned one.
    #[error(
        "{place} {reason}\n\
         Replace it with the file that wheel.lock pins, or remove it to have that one fetched."
    )]
    Mismatch {
        /// The file.
        place: Place,
        /// How it differs.
        reason: String,
    },
    /// No place has the archive.
    #[error("cannot find {file}, which wheel.lock pins{attempts}\n{}", advice(*offline))]
    NotFound {
        /// The file.
        file: String,
        /// Why each place did not have it.
        attempts: Attempts,
        /// Whether the network was forbidden.
        offline: bool,
    },
}

/// The places that were tried, and why each of them failed.
#[derive(Debug, Default)]
pub struct Attempts(Vec<(String, String)>);

impl SearchConfig {
    /// Reads the environment variables, for the crate in `crate_dir`.
    pub fn from_environment(crate_dir: &Path) -> Self {
        let cache = path_variable(CACHE_DIR).or_else(|| {
            Some(
                etcetera::choose_base_strategy()
                    .ok()?
                    .cache_dir()
                    .join("eryx"),
            )
        });
        let mirror = path_variable(WHEEL_MIRROR);
        Self {
            wheel_dir: path_variable(WHEEL_DIR),
            crate_dir: crate_dir.to_path_buf(),
            cache_dir: cache.map(|root| root.join("wheels")),
            mirror: mirror.map(|url| url.to_string_lossy().into_owned()),
            offline: path_variable(OFFLINE).is_some_and(|value| {
                value.as_os_str().eq_ignore_ascii_case("true") || value.as_os_str() == "1"
            }),
            #[cfg(feature = "fetch")]
            fetcher: Fetcher {
                ca_file: CA_FILE.into_iter().find_map(path_variable),
                ..Fetcher::default()
            },
        }
    }
}

/// The value of an environment variable; an empty one counts as not set.
fn path_variable(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name)?;
    (!value.is_empty()).then(|| PathBuf::from(value))
}

/// Finds the archive that `wheel` pins, and downloads it if it has to.
///
/// `progress` is called with the number of bytes downloaded so far, if anything is downloaded. The
/// [crate](crate::prepare) has an example.
pub fn obtain(
    wheel: &Wheel,
    config: &SearchConfig,
    progress: &mut dyn FnMut(u64),
) -> Result<Obtained, Error> {
    let mirror = config.mirror.as_deref().map(parse_mirror).transpose()?;
    let mut attempts = Attempts::default();

    if let Some(directory) = &config.wheel_dir {
        if !directory.is_dir() {
            return Err(Error::Variable {
                variable: WHEEL_DIR,
                value: directory.display().to_string(),
                expected: "a directory",
            });
        }
        let found = from_user_directory(wheel, Origin::WheelDir, directory, &mut attempts)?;
        if let Some(obtained) = found {
            return Ok(obtained);
        }
    } else {
        attempts.add(WHEEL_DIR, "not set");
    }
    let directory = &config.crate_dir;
    let found = from_user_directory(wheel, Origin::Crate, directory, &mut attempts)?;
    if let Some(obtained) = found {
        return Ok(obtained);
    }

    if let Some(directory) = &config.cache_dir {
        let path = directory.join(&wheel.file);
        let read = read_pinned(&path, wheel);
        let place = Place::file(Origin::Cache, path);
        match read {
            Ok(bytes) => return Ok(Obtained::new(bytes, place)),
            Err(error) => attempts.add(&place, &error),
        }
    } else {
        attempts.add("the cache", "the user has no home directory");
    }

    let mirror = mirror.map(|url| Place {
        origin: Origin::Mirror,
        location: url.join(&wheel.file),
    });
    if mirror.is_none() {
        attempts.add(WHEEL_MIRROR, "not set");
    }
    let locked = wheel.urls.iter().map(|url| Place {
        origin: Origin::Lock,
        location: url.clone(),
    });
    for place in mirror.into_iter().chain(locked) {
        match from_location(wheel, config, &place.location, progress) {
            Ok(bytes) => {
                let mut obtained = Obtained::new(bytes, place);
                obtained.warning = write_to_cache(wheel, config, &obtained);
                return Ok(obtained);
            }
            Err(reason) => attempts.add(&place, &reason),
        }
    }
    if wheel.urls.is_empty() {
        attempts.add("the URLs in wheel.lock", "there are none");
    }
    Err(Error::NotFound {
        file: wheel.file.clone(),
        attempts,
        offline: config.offline,
    })
}

impl Obtained {
    fn new(bytes: Vec<u8>, place: Place) -> Self {
        Self {
            bytes,
            place,
            warning: None,
        }
    }
}

fn parse_mirror(url: &str) -> Result<Location, Error> {
    Location::parse(url).ok_or_else(|| Error::Variable {
        variable: WHEEL_MIRROR,
        value: url.to_owned(),
        expected: Location::EXPECTED,
    })
}

/// Reads the archive from a directory that a person fills: it may be absent there, and nothing else
/// may have its name.
fn from_user_directory(
    wheel: &Wheel,
    origin: Origin,
    directory: &Path,
    attempts: &mut Attempts,
) -> Result<Option<Obtained>, Error> {
    let path = directory.join(&wheel.file);
    let read = read_pinned(&path, wheel);
    let place = Place::file(origin, path);
    match read {
        Ok(bytes) => Ok(Some(Obtained::new(bytes, place))),
        Err(ReadError::Absent) => {
            attempts.add(&place, &ReadError::Absent);
            Ok(None)
        }
        Err(error) => Err(Error::Mismatch {
            place,
            reason: error.to_string(),
        }),
    }
}

fn from_location(
    wheel: &Wheel,
    config: &SearchConfig,
    location: &Location,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<u8>, String> {
    match location {
        Location::Http(_) if config.offline => Err(format!("not tried, because {OFFLINE} is set")),
        Location::Http(url) => download(url, wheel, config, progress),
        Location::File(path) => read_pinned(path, wheel).map_err(|error| error.to_string()),
    }
}

#[cfg(feature = "fetch")]
fn download(
    url: &str,
    wheel: &Wheel,
    config: &SearchConfig,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<u8>, String> {
    let Wheel { size, sha256, .. } = *wheel;
    let fetched = config.fetcher.fetch(url, size, sha256, progress);
    fetched.map_err(|error| error.to_string())
}

#[cfg(not(feature = "fetch"))]
fn download(
    _url: &str,
    _wheel: &Wheel,
    _config: &SearchConfig,
    _progress: &mut dyn FnMut(u64),
) -> Result<Vec<u8>, String> {
    Err("not tried, because eryx-extension-build was built without its feature fetch".to_owned())
}

/// Writes a download to the cache. If that fails, the build goes on, and the result is a warning.
fn write_to_cache(wheel: &Wheel, config: &SearchConfig, obtained: &Obtained) -> Option<String> {
    let directory = config.cache_dir.as_deref()?;
    let write = || -> io::Result<()> {
        std::fs::create_dir_all(directory)?;
        let path = directory.join(&wheel.file);
        AtomicFile::new().durable().write(&path, &obtained.bytes)
    };
    let error = write().err()?;
    Some(format!(
        "cannot write {} to the cache in {}: {error}; it will be fetched again next time",
        wheel.file,
        directory.display()
    ))
}

/// Why a file is not the pinned archive.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("not there")]
    Absent,
    #[error("cannot be read: {0}")]
    Io(io::Error),
    #[error("is not a file")]
    NotAFile,
    #[error("has {found} bytes, and wheel.lock says {expected}")]
    Size { found: u64, expected: u64 },
    #[error("has the sha256 {found}, and wheel.lock says {expected}")]
    Digest { found: Digest, expected: Digest },
}

/// Reads the pinned archive, and of any other file no more than its size.
fn read_pinned(path: &Path, wheel: &Wheel) -> Result<Vec<u8>, ReadError> {
    let io_error = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => ReadError::Absent,
        _ => ReadError::Io(error),
    };
    // Before the file is opened, because opening a pipe would wait for its other end.
    let metadata = std::fs::metadata(path).map_err(io_error)?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile);
    }
    let size = |found| ReadError::Size {
        found,
        expected: wheel.size,
    };
    if metadata.len() != wheel.size {
        return Err(size(metadata.len()));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(wheel.size).read_to_end(&mut bytes))
        .map_err(io_error)?;
    if bytes.len() as u64 != wheel.size {
        return Err(size(bytes.len() as u64));
    }
    let found = Digest::of(&bytes);
    if found != wheel.sha256 {
        return Err(ReadError::Digest {
            found,
            expected: wheel.sha256,
        });
    }
    Ok(bytes)
}

impl Place {
    fn file(origin: Origin, path: PathBuf) -> Self {
        let location = Location::File(path);
        Self { origin, location }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = match self.origin {
            Origin::WheelDir => format!("from {WHEEL_DIR}"),
            Origin::Crate => "in the crate".to_owned(),
            Origin::Cache => "in the cache".to_owned(),
            Origin::Mirror => format!("from {WHEEL_MIRROR}"),
            Origin::Lock => "from wheel.lock".to_owned(),
        };
        write!(f, "{} ({origin})", self.location)
    }
}

impl Attempts {
    fn add(&mut self, place: &(impl fmt::Display + ?Sized), why: &(impl fmt::Display + ?Sized)) {
        self.0.push((place.to_string(), why.to_string()));
    }
}

impl fmt::Display for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char(':')?;
        for (place, why) in &self.0 {
            write!(f, "\n  {place}: {why}")?;
        }
        Ok(())
    }
}

/// What the user can do when no place has the archive.
fn advice(offline: bool) -> String {
    let network = if offline {
        format!("Unset {OFFLINE} to allow downloads, or put")
    } else {
        "Put".to_owned()
    };
    format!(
        "{network} the file into a directory and set {WHEEL_DIR} to it (`cargo xtask fetch-wheels` \
         fills one, on a machine that has the file or the network), or set {WHEEL_MIRROR} to the \
         URL of a directory that has it."
    )
}
