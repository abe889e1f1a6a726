//! Permission checks: nobody but this user may be able to write to the store.
#![cfg_attr(
    not(feature = "build"),
    expect(
        dead_code,
        reason = "only the store, which needs `build`, uses all checks"
    )
)]

use std::fs::Metadata;
use std::io;
use std::path::Path;

use crate::error::ImageError;

/// Checks that a directory, if it exists, belongs to this user and that others cannot write to it.
pub(super) fn check(directory: &Path) -> Result<(), ImageError> {
    let metadata = match std::fs::symlink_metadata(directory) {
        Ok(metadata) => metadata,
        // A missing directory will be created.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => {
            return Err(ImageError::Cache {
                path: directory.to_owned(),
                source,
            });
        }
    };
    let reason = match () {
        () if metadata.is_symlink() => "it is a symbolic link",
        () if !metadata.is_dir() => "it is not a directory",
        () if !is_owned(&metadata) => "it belongs to another user",
        () if others_can_write(&metadata) => "others can write to it",
        () => return Ok(()),
    };
    Err(ImageError::UnsafeCache {
        path: directory.to_owned(),
        reason,
    })
}

/// Checks that no parent directory lets every user replace its entries.
pub(super) fn check_above(directory: &Path) -> Result<(), ImageError> {
    let Ok(directory) = std::path::absolute(directory) else {
        return Ok(());
    };
    for above in directory.ancestors().skip(1) {
        if std::fs::metadata(above).is_ok_and(|metadata| is_world_replaceable(&metadata)) {
            return Err(ImageError::UnsafeCache {
                path: above.to_owned(),
                reason: "every user can replace its entries",
            });
        }
    }
    Ok(())
}

/// Whether a file or directory belongs to this user and others cannot write to it.
pub(super) fn is_ours(metadata: &Metadata) -> bool {
    is_owned(metadata) && !others_can_write(metadata)
}

/// Whether every user of the machine can write to a file.
#[cfg(unix)]
pub(crate) fn is_world_writable(metadata: &Metadata) -> bool {
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

/// Whether every user can replace the entries of a directory: it is world-writable without the
/// sticky bit, which `/tmp` has.
#[cfg(unix)]
fn is_world_replaceable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    metadata.mode() & 0o1002 == 0o002
}

// On other systems the user's cache directory is private by default, and nothing is checked.
#[cfg(not(unix))]
fn is_owned(_: &Metadata) -> bool {
    true
}

#[cfg(not(unix))]
pub(crate) fn is_world_writable(_: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn others_can_write(_: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn is_world_replaceable(_: &Metadata) -> bool {
    false
}
