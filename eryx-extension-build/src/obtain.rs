//! Step 2, *obtain*: from a lock to the bytes it pins, wherever they can be had.
//!
//! The places are tried in order: the folder that a person named, the crate itself, the user's
//! cache, a mirror, the addresses in the lock. Whatever the place, only an archive of the pinned
//! size and digest leaves this step. Another file is an error where a person put it; elsewhere it
//! is passed over.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::digest::Digest;
use crate::fetch::Fetcher;
use crate::location::Location;
use crate::lock::Wheel;

/// The environment variable that names a folder of archives, for machines without a network.
pub const WHEEL_DIR: &str = "ERYX_WHEEL_DIR";
/// The environment variable that names the cache's root, instead of the user's cache folder.
pub const CACHE_DIR: &str = "ERYX_CACHE_DIR";
/// The environment variable that names a mirror: a URL, to which the file's name is added.
pub const WHEEL_MIRROR: &str = "ERYX_WHEEL_MIRROR";
/// Cargo's own variable, which says that the network must not be used.
pub const OFFLINE: &str = "CARGO_NET_OFFLINE";
/// Variables that name a PEM file of authorities for TLS; the first that is set counts.
pub const AUTHORITIES: [&str; 2] = ["CARGO_HTTP_CAINFO", "SSL_CERT_FILE"];

/// Where archives are looked for.
#[derive(Clone, Debug)]
pub struct Sources {
    /// A folder that a person named.
    pub wheel_dir: Option<PathBuf>,
    /// The folder of the extension crate.
    pub crate_dir: PathBuf,
    /// The folder in which downloads are kept; it is made when it is needed.
    pub cache_dir: Option<PathBuf>,
    /// The URL of a mirror.
    pub mirror: Option<String>,
    /// Whether the network must not be used.
    pub offline: bool,
    /// How files are downloaded.
    pub fetcher: Fetcher,
}

/// An archive whose size and digest are those of its lock.
#[derive(Clone, Debug)]
pub struct Obtained {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where it was.
    pub place: Place,
    /// What went wrong on the way and does not matter: a cache that cannot be written.
    pub warning: Option<String>,
}

/// A place where an archive can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Why it is looked at.
    pub origin: Origin,
    /// The file or the address.
    pub location: Location,
}

/// Who said that an archive may be somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A person, by [`WHEEL_DIR`].
    WheelDir,
    /// The crate, which has it beside its `wheel.lock`.
    Crate,
    /// The cache.
    Cache,
    /// A person, by [`WHEEL_MIRROR`].
    Mirror,
    /// The lock, by its addresses.
    Lock,
}

/// Why an archive could not be obtained.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A variable's value is of no use.
    #[error("{variable} is {value:?}, which is not {expected}")]
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
         Replace it with the file that wheel.lock pins, or take it away to have that one fetched."
    )]
    Mismatch {
        /// The file.
        place: Place,
        /// How it differs.
        reason: String,
    },
    /// It is in none of the places.
    #[error("cannot find {file}, which wheel.lock pins{attempts}\n{}", way_out(*offline))]
    NotFound {
        /// The file.
        file: String,
        /// What each place said.
        attempts: Attempts,
        /// Whether the network was left alone.
        offline: bool,
    },
}

/// The places that were tried, and what each said.
#[derive(Debug, Default)]
pub struct Attempts(Vec<(String, String)>);

impl Sources {
    /// The places that the environment names, for the crate in `crate_dir`.
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
            fetcher: Fetcher {
                authorities: AUTHORITIES.into_iter().find_map(path_variable),
                ..Fetcher::default()
            },
        }
    }
}

/// The value of a variable; one that is empty counts as not set.
fn path_variable(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name)?;
    (!value.is_empty()).then(|| PathBuf::from(value))
}

/// Looks for the archive that `wheel` describes.
///
/// `progress` is told how many bytes have been downloaded, if any are.
pub fn obtain(
    wheel: &Wheel,
    sources: &Sources,
    progress: &mut dyn FnMut(u64),
) -> Result<Obtained, Error> {
    let mirror = sources.mirror.as_deref().map(parse_mirror).transpose()?;
    let mut attempts = Attempts::default();

    if let Some(folder) = &sources.wheel_dir {
        if !folder.is_dir() {
            return Err(Error::Variable {
                variable: WHEEL_DIR,
                value: folder.display().to_string(),
                expected: "a folder",
            });
        }
        if let Some(obtained) = from_person(wheel, Origin::WheelDir, folder, &mut attempts)? {
            return Ok(obtained);
        }
    } else {
        attempts.add(WHEEL_DIR, "not set");
    }
    let folder = &sources.crate_dir;
    if let Some(obtained) = from_person(wheel, Origin::Crate, folder, &mut attempts)? {
        return Ok(obtained);
    }

    if let Some(folder) = &sources.cache_dir {
        let path = folder.join(&wheel.file);
        let read = read(&path, wheel);
        let place = Place::file(Origin::Cache, path);
        match read {
            Ok(bytes) => return Ok(Obtained::new(bytes, place)),
            Err(error) => attempts.add(&place, &error),
        }
    } else {
        attempts.add("the cache", "there is no home folder to have it in");
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
        match from_location(wheel, sources, &place.location, progress) {
            Ok(bytes) => {
                let mut obtained = Obtained::new(bytes, place);
                obtained.warning = keep(wheel, sources, &obtained);
                return Ok(obtained);
            }
            Err(reason) => attempts.add(&place, &reason),
        }
    }
    if wheel.urls.is_empty() {
        attempts.add("the addresses in wheel.lock", "there are none");
    }
    Err(Error::NotFound {
        file: wheel.file.clone(),
        attempts,
        offline: sources.offline,
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

/// The file in a folder that a person fills: it may be absent, but not another.
fn from_person(
    wheel: &Wheel,
    origin: Origin,
    folder: &Path,
    attempts: &mut Attempts,
) -> Result<Option<Obtained>, Error> {
    let path = folder.join(&wheel.file);
    let read = read(&path, wheel);
    let place = Place::file(origin, path);
    match read {
        Ok(bytes) => Ok(Some(Obtained::new(bytes, place))),
        Err(Unread::Absent) => {
            attempts.add(&place, &Unread::Absent);
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
    sources: &Sources,
    location: &Location,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<u8>, String> {
    match location {
        Location::Http(_) if sources.offline => Err(format!("not tried, because {OFFLINE} is set")),
        Location::Http(url) => sources
            .fetcher
            .fetch(url, wheel.size, wheel.sha256, progress)
            .map_err(|error| error.to_string()),
        Location::File(path) => read(path, wheel).map_err(|error| error.to_string()),
    }
}

/// Puts a download in the cache, so that it is whole or absent, whoever else does the same now.
/// A cache that cannot be written is no reason to fail, but to say so.
fn keep(wheel: &Wheel, sources: &Sources, obtained: &Obtained) -> Option<String> {
    let folder = sources.cache_dir.as_deref()?;
    let write = || -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&obtained.bytes)?;
        file.as_file().sync_all()?;
        file.persist(folder.join(&wheel.file))?;
        Ok(())
    };
    let error = write().err()?;
    Some(format!(
        "cannot keep {} in {}: {error}; it will be fetched again next time",
        wheel.file,
        folder.display()
    ))
}

/// Why a file is not the pinned archive.
#[derive(Debug, thiserror::Error)]
enum Unread {
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

/// Reads the pinned archive, and no more than its size of any other file.
fn read(path: &Path, wheel: &Wheel) -> Result<Vec<u8>, Unread> {
    let unread = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Unread::Absent,
        _ => Unread::Io(error),
    };
    // Asked before it is opened: to open a pipe is to wait for its other end.
    let metadata = std::fs::metadata(path).map_err(unread)?;
    if !metadata.is_file() {
        return Err(Unread::NotAFile);
    }
    let size = |found| Unread::Size {
        found,
        expected: wheel.size,
    };
    if metadata.len() != wheel.size {
        return Err(size(metadata.len()));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(wheel.size).read_to_end(&mut bytes))
        .map_err(unread)?;
    if bytes.len() as u64 != wheel.size {
        return Err(size(bytes.len() as u64));
    }
    let found = Digest::of(&bytes);
    if found != wheel.sha256 {
        return Err(Unread::Digest {
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
    fn add(&mut self, place: &(impl fmt::Display + ?Sized), said: &(impl fmt::Display + ?Sized)) {
        self.0.push((place.to_string(), said.to_string()));
    }
}

impl fmt::Display for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char(':')?;
        for (place, said) in &self.0 {
            write!(f, "\n  {place}: {said}")?;
        }
        Ok(())
    }
}

fn way_out(offline: bool) -> String {
    let network = if offline {
        format!("Unset {OFFLINE} to let it be fetched, or put")
    } else {
        "Put".to_owned()
    };
    format!(
        "{network} the file in a folder and name that folder in {WHEEL_DIR} (`cargo xtask \
         fetch-wheels` fills one, on a machine that has the file or the network), or name the URL \
         of a folder that has it in {WHEEL_MIRROR}."
    )
}
