//! Whether a folder or file can only have been written by this user.
#![cfg_attr(
    not(feature = "build"),
    expect(dead_code, reason = "only the store asks for all")
)]

use std::fs::Metadata;
use std::io;
use std::path::Path;

use crate::error::ImageError;

/// Checks a folder that may be there.
pub(super) fn check(folder: &Path) -> Result<(), ImageError> {
    let metadata = match std::fs::symlink_metadata(folder) {
        Ok(metadata) => metadata,
        // What is not there will be made; what cannot be looked at cannot be used.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => {
            return Err(ImageError::Cache {
                path: folder.to_owned(),
                source,
            });
        }
    };
    let reason = match () {
        () if metadata.is_symlink() => "it is a symbolic link",
        () if !metadata.is_dir() => "it is not a folder",
        () if !is_owned(&metadata) => "it belongs to another user",
        () if others_can_write(&metadata) => "others can write to it",
        () => return Ok(()),
    };
    Err(ImageError::UnsafeCache {
        path: folder.to_owned(),
        reason,
    })
}

/// Checks that no folder above lets everybody replace what is in it.
pub(super) fn check_above(folder: &Path) -> Result<(), ImageError> {
    let Ok(folder) = std::path::absolute(folder) else {
        return Ok(());
    };
    for above in folder.ancestors().skip(1) {
        if std::fs::metadata(above).is_ok_and(|metadata| anybody_can_replace(&metadata)) {
            return Err(ImageError::UnsafeCache {
                path: above.to_owned(),
                reason: "everybody can replace what is in it",
            });
        }
    }
    Ok(())
}

/// Whether a file or folder belongs to this user, and nobody else can write to it.
pub(super) fn is_ours(metadata: &Metadata) -> bool {
    is_owned(metadata) && !others_can_write(metadata)
}

/// Whether every user of the machine can write to a file.
#[cfg(unix)]
pub(crate) fn everybody_can_write(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    metadata.mode() & 0o002 != 0
}

#[cfg(unix)]
fn is_owned(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    metadata.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(unix)]
fn others_can_write(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    metadata.mode() & 0o022 != 0
}

/// In a folder with the sticky bit, like that for temporary files, only the owner can.
#[cfg(unix)]
fn anybody_can_replace(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    metadata.mode() & 0o1002 == 0o002
}

// Elsewhere a user's cache folder is private by the system's own means.
#[cfg(not(unix))]
fn is_owned(_: &Metadata) -> bool {
    true
}

#[cfg(not(unix))]
pub(crate) fn everybody_can_write(_: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn others_can_write(_: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn anybody_can_replace(_: &Metadata) -> bool {
    false
}
