//! Step 4, *verify*: checks that a wheel's metadata agree with the lock, and its RECORD with every
//! file in it.
//!
//! A `.tar.gz` tree has no metadata: only the digest in the lock vouches for it.

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::lock::{Format, Wheel};
use crate::record;
use crate::tag::{self, Tag};
use crate::unpack::Files;

/// How a wheel disagrees with its lock, or with itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive has no files.
    #[error("there are no files in it")]
    Empty,
    /// There is not exactly one directory of metadata.
    #[error("it must have one directory NAME-VERSION.dist-info, and has {0}")]
    DistInfo(String),
    /// A file of metadata is missing, or is not text.
    #[error("{path}: {reason}")]
    Metadata {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The metadata disagree with the lock.
    #[error("{path} says {field}: {found}, and wheel.lock says {expected}")]
    Disagree {
        /// The file of metadata.
        path: String,
        /// The field in it.
        field: &'static str,
        /// Its value there.
        found: String,
        /// Its value in the lock.
        expected: String,
    },
    /// The RECORD disagrees with the files.
    #[error(transparent)]
    Record(#[from] record::Error),
}

/// Checks the files of an archive against the lock that pins it, and against its own RECORD.
pub fn verify(wheel: &Wheel, files: &Files) -> Result<(), Error> {
    if files.is_empty() {
        return Err(Error::Empty);
    }
    if wheel.format == Format::Tree {
        return Ok(());
    }
    let dist_info = dist_info(files)?;
    let identity = format!("{dist_info}/METADATA");
    let metadata = text(files, &identity)?;
    let name = field(metadata, &identity, "Name")?;
    check_field(
        &identity,
        "Name",
        tag::normalised(name) == wheel.name,
        name,
        &wheel.name,
    )?;
    let version = field(metadata, &identity, "Version")?;
    check_field(
        &identity,
        "Version",
        version == wheel.version,
        version,
        &wheel.version,
    )?;

    let path = format!("{dist_info}/WHEEL");
    let metadata = text(files, &path)?;
    let version = field(metadata, &path, "Wheel-Version")?;
    if version.split('.').next() != Some("1") {
        return Err(Error::Metadata {
            path,
            reason: format!(
                "the Wheel-Version {version} is unknown; this release of eryx reads 1.0"
            ),
        });
    }
    verify_tags(wheel, &path, metadata)?;
    record::verify(&format!("{dist_info}/RECORD"), files)?;
    Ok(())
}

/// Checks that the tags in WHEEL are those of the lock, which are those of the file name.
fn verify_tags(wheel: &Wheel, path: &str, metadata: &str) -> Result<(), Error> {
    let texts: BTreeSet<&str> = fields(metadata, "Tag").collect();
    let tags: Option<BTreeSet<Tag>> = texts.iter().map(|text| Tag::parse(text)).collect();
    let found = Vec::from_iter(texts).join(", ");
    let found = if found.is_empty() { "none" } else { &found };
    let agree = tags.is_some_and(|tags| tags == wheel.tags);
    check_field(path, "Tag", agree, found, &tag::list(&wheel.tags))
}

fn check_field(
    path: &str,
    field: &'static str,
    agree: bool,
    found: &str,
    expected: &dyn Display,
) -> Result<(), Error> {
    if agree {
        return Ok(());
    }
    Err(Error::Disagree {
        path: path.to_owned(),
        field,
        found: found.to_owned(),
        expected: expected.to_string(),
    })
}

/// The one directory of metadata at the top.
fn dist_info(files: &Files) -> Result<&str, Error> {
    let directories: BTreeSet<&str> = files
        .keys()
        .filter_map(|path| path.split_once('/'))
        .map(|(top, _)| top)
        .filter(|top| top.ends_with(".dist-info"))
        .collect();
    let mut each = directories.iter();
    match (each.next(), each.next()) {
        (Some(directory), None) => Ok(directory),
        (None, _) => Err(Error::DistInfo("none".to_owned())),
        _ => Err(Error::DistInfo(Vec::from_iter(directories).join(", "))),
    }
}

fn text<'a>(files: &'a Files, path: &str) -> Result<&'a str, Error> {
    let wrong = |reason: &str| Error::Metadata {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let bytes = files.get(path).ok_or_else(|| wrong("is missing"))?;
    str::from_utf8(bytes).map_err(|_| wrong("is not UTF-8"))
}

/// The value of a field that must occur exactly once.
fn field<'a>(metadata: &'a str, path: &str, name: &'static str) -> Result<&'a str, Error> {
    let mut values = fields(metadata, name);
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        (found, _) => Err(Error::Metadata {
            path: path.to_owned(),
            reason: match found {
                None => format!("has no field {name}"),
                Some(_) => format!("has the field {name} twice"),
            },
        }),
    }
}

/// The values of all fields of a name in the header: `Name: value` lines up to the first empty line,
/// as in e-mail.
fn fields<'a>(metadata: &'a str, name: &'static str) -> impl Iterator<Item = &'a str> {
    metadata
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .filter_map(|line| line.split_once(':'))
        .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}
