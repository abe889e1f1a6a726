//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file under a temporary name in the same directory, and renames it when it is complete.
///
/// Whoever opens the path sees the old file, the new one or none, and never a part of one. If
/// writing fails, the temporary file is removed, and what was at the path stays.
///
/// ```
/// use eryx_artifact::AtomicFile;
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("wheel.lock");
/// AtomicFile::new().write(&path, b"version = 1\n")?;
/// assert_eq!(std::fs::read(&path)?, b"version = 1\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct AtomicFile<'a> {
    prefix: &'a str,
    readable_by_all: bool,
    durable: bool,
}

impl Default for AtomicFile<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> AtomicFile<'a> {
    /// Begins with a file that only its owner can read, and that a crash of the machine may lose.
    pub const fn new() -> Self {
        Self {
            prefix: ".tmp",
            readable_by_all: false,
            durable: false,
        }
    }

    /// Sets how the temporary name begins, so that one that a killed process left can be recognized.
    pub const fn prefix(mut self, prefix: &'a str) -> Self {
        self.prefix = prefix;
        self
    }

    /// Lets other users read the complete file. The temporary file is its owner's alone.
    pub const fn readable_by_all(mut self) -> Self {
        self.readable_by_all = true;
        self
    }

    /// Waits until the contents are on the disk before the file gets its name: after a crash of the
    /// machine, the name stands for whole contents or for what it stood for before.
    pub const fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// Writes `bytes` to the file at `path`.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.write_with(path, |mut file| file.write_all(bytes))
    }

    /// Lets `write` write the file at `path`.
    pub fn write_with(
        &self,
        path: &Path,
        write: impl FnOnce(&File) -> io::Result<()>,
    ) -> io::Result<()> {
        let directory = match path.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => return Err(io::ErrorKind::IsADirectory.into()),
        };
        let temporary = tempfile::Builder::new()
            .prefix(self.prefix)
            .tempfile_in(directory)?;
        write(temporary.as_file())?;
        #[cfg(unix)]
        if self.readable_by_all {
            let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            temporary.as_file().set_permissions(permissions)?;
        }
        if self.durable {
            temporary.as_file().sync_all()?;
        }
        temporary.persist(path)?;
        if self.durable
            && let Ok(directory) = File::open(directory)
        {
            // Not every system can. There the name may be lost in a crash, and nothing else.
            let _ = directory.sync_all();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("a directory");
        entries
            .map(|entry| entry.expect("an entry").file_name())
            .map(|name| name.into_string().expect("a name in UTF-8"))
            .collect()
    }

    #[test]
    fn a_file_is_written_and_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        for (writer, bytes) in [
            (AtomicFile::new(), &b"first"[..]),
            (AtomicFile::new().durable(), b"second"),
            (AtomicFile::new().readable_by_all(), b""),
        ] {
            writer.write(&path, bytes).expect("it can be written");
            assert_eq!(fs::read(&path).expect("a file"), bytes);
            assert_eq!(names(directory.path()), ["file"]);
        }
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        fs::write(&path, "old").expect("it can be written");
        let result = AtomicFile::new().write_with(&path, |mut file| {
            file.write_all(b"half of the n")?;
            Err(io::Error::other("the disk is full"))
        });
        assert_eq!(
            result.expect_err("an error").to_string(),
            "the disk is full"
        );
        assert_eq!(fs::read(&path).expect("a file"), b"old");
        assert_eq!(names(directory.path()), ["file"]);
    }

    #[test]
    fn the_temporary_file_has_the_prefix_and_lies_beside() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        let mut during = Vec::new();
        AtomicFile::new()
            .prefix(".making-")
            .write_with(&path, |_| {
                during = names(directory.path());
                Ok(())
            })
            .expect("it can be written");
        assert!(
            matches!(&*during, [name] if name.starts_with(".making-")),
            "{during:?}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn other_users_read_a_file_only_when_asked() {
        use std::os::unix::fs::PermissionsExt as _;

        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        let mode = || fs::metadata(&path).expect("a file").permissions().mode() & 0o777;
        AtomicFile::new()
            .write(&path, b"")
            .expect("it can be written");
        assert_eq!(mode(), 0o600);
        let mut during = 0;
        AtomicFile::new()
            .readable_by_all()
            .write_with(&path, |file| {
                during = file.metadata()?.permissions().mode() & 0o777;
                Ok(())
            })
            .expect("it can be written");
        assert_eq!((during, mode()), (0o600, 0o644));
    }

    #[test]
    fn a_path_without_a_directory() {
        let directory = tempfile::tempdir().expect("a directory");
        let missing = directory.path().join("missing/file");
        let error = AtomicFile::new()
            .write(&missing, b"")
            .expect_err("an error");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(AtomicFile::new().write(Path::new("/"), b"").is_err());
    }
}
