//! Which paths the files of a package can have.
//!
//! A path is relative to `site-packages`, or to another directory of the sandbox, and has `/`
//! between its parts. It can only name a place inside that directory, and it fits into the
//! sandbox's file system.
//!
//! The rules are the same wherever a path comes from: an archive, a directory of the host, an
//! argument. Callers add what is particular to their source. The guest, which creates the files,
//! checks each name once more by itself: it is the last to see them, and relies on no host.

/// The longest path, in bytes.
pub const MAX_PATH: usize = 1024;

/// The longest part of a path, in bytes: the sandbox's file system has the limit that most have.
pub const MAX_NAME: usize = 255;

/// The most parts in a path.
pub const MAX_DEPTH: usize = 64;

/// A path that no file of a package can have.
///
/// The text completes a sentence that begins with the path: `the entry "a//b" has an empty part in
/// its path`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// It is empty.
    #[error("has an empty path")]
    Empty,
    /// It has more than [`MAX_PATH`] bytes.
    #[error("has a path of more than {MAX_PATH} bytes")]
    TooLong,
    /// One of its parts has more than [`MAX_NAME`] bytes.
    #[error("has a name of more than {MAX_NAME} bytes")]
    NameTooLong,
    /// It has more than [`MAX_DEPTH`] parts.
    #[error("has a path of more than {MAX_DEPTH} parts")]
    TooDeep,
    /// It begins with `/`.
    #[error("has an absolute path")]
    Absolute,
    /// It has a backslash, which separates parts on Windows.
    #[error("has a backslash in its path")]
    Backslash,
    /// It has a character that is not printed, such as NUL or a line break.
    #[error("has a control character in its path")]
    ControlCharacter,
    /// One of its parts is `..`.
    #[error("leads out of its directory")]
    Parent,
    /// Nothing, or only `.`, is between two `/`, or at one end.
    #[error("has an empty part in its path")]
    EmptyPart,
}

/// Checks that a file of a package can have this path.
///
/// ```
/// use eryx_artifact::package_path::{PathError, check};
///
/// assert_eq!(check("numpy/__init__.py"), Ok(()));
/// assert_eq!(check("../numpy.py"), Err(PathError::Parent));
/// assert_eq!(check("/etc/passwd"), Err(PathError::Absolute));
/// assert_eq!(PathError::Absolute.to_string(), "has an absolute path");
/// ```
pub fn check(path: &str) -> Result<(), PathError> {
    let parts = || path.split('/');
    if path.is_empty() {
        Err(PathError::Empty)
    } else if path.len() > MAX_PATH {
        Err(PathError::TooLong)
    } else if parts().any(|part| part.len() > MAX_NAME) {
        Err(PathError::NameTooLong)
    } else if parts().count() > MAX_DEPTH {
        Err(PathError::TooDeep)
    } else if path.starts_with('/') {
        Err(PathError::Absolute)
    } else if path.contains('\\') {
        Err(PathError::Backslash)
    } else if path.chars().any(char::is_control) {
        Err(PathError::ControlCharacter)
    } else if parts().any(|part| part == "..") {
        Err(PathError::Parent)
    } else if parts().any(|part| part.is_empty() || part == ".") {
        Err(PathError::EmptyPart)
    } else {
        Ok(())
    }
}

/// The directories above a path, from the top: `a` and `a/b` for `a/b/c.py`.
///
/// ```
/// let parents: Vec<_> = eryx_artifact::package_path::parents("a/b/c.py").collect();
/// assert_eq!(parents, ["a", "a/b"]);
/// ```
pub fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

/// The last part of a path.
///
/// ```
/// assert_eq!(eryx_artifact::package_path::file_name("a/b/c.py"), "c.py");
/// assert_eq!(eryx_artifact::package_path::file_name("c.py"), "c.py");
/// ```
pub fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_inside() {
        for path in [
            "a", "a/b.py", "a/..b", "a/b..", "...", "ä/é.py", "a b", "a:b",
        ] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn every_limit_is_reached_before_it_is_passed() {
        let name = "é".repeat(127) + "a";
        assert_eq!(check(&name), Ok(()));
        assert_eq!(check(&(name.clone() + "a")), Err(PathError::NameTooLong));

        let path = [name.as_str(); 4].join("/") + "/";
        assert_eq!(path.len(), MAX_PATH);
        assert_eq!(check(&path[..MAX_PATH - 1]), Ok(()));
        assert_eq!(check(&(path + "a")), Err(PathError::TooLong));

        let deep = ["a"; MAX_DEPTH].join("/");
        assert_eq!(check(&deep), Ok(()));
        assert_eq!(check(&(deep + "/a")), Err(PathError::TooDeep));
    }

    #[test]
    fn paths_that_no_file_has() {
        let cases = [
            ("", PathError::Empty),
            ("/", PathError::Absolute),
            ("/a", PathError::Absolute),
            ("..", PathError::Parent),
            ("../a", PathError::Parent),
            ("a/../b", PathError::Parent),
            ("a/..", PathError::Parent),
            (".", PathError::EmptyPart),
            ("./a", PathError::EmptyPart),
            ("a//b", PathError::EmptyPart),
            ("a/", PathError::EmptyPart),
            ("a\\b", PathError::Backslash),
            ("a\0b", PathError::ControlCharacter),
            ("a\nb", PathError::ControlCharacter),
            ("a\u{85}b", PathError::ControlCharacter),
        ];
        for (path, error) in cases {
            assert_eq!(check(path), Err(error), "{path:?}");
        }
    }
}
