//! Where an archive can be had: an address on the network, or a file.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::digest::hexadecimal;

/// A URL of one of the three kinds that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// `http://…` or `https://…`.
    Http(String),
    /// `file:///…`, as the path it stands for.
    File(PathBuf),
}

impl Location {
    /// What [`Location::parse`] asks for, for an error message.
    pub(crate) const EXPECTED: &str = "a URL that begins with http://, https:// or file:///";

    /// Parses a URL; `None` if it is of another kind, or has characters that no URL has.
    pub fn parse(url: &str) -> Option<Self> {
        if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return None;
        }
        if let Some(path) = url.strip_prefix("file://") {
            return path
                .starts_with('/')
                .then(|| decoded(path))
                .flatten()
                .map(Self::File);
        }
        let host = url
            .strip_prefix("http://")
            .or_else(|| url.strip_prefix("https://"))?;
        let named = !host.is_empty() && !host.starts_with('/');
        named.then(|| Self::Http(url.to_owned()))
    }

    /// The location of `file` in this folder.
    #[must_use]
    pub fn join(&self, file: &str) -> Self {
        match self {
            Self::Http(url) => Self::Http(format!("{}/{file}", url.trim_end_matches('/'))),
            Self::File(path) => Self::File(path.join(file)),
        }
    }
}

impl fmt::Display for Location {
    /// The URL without the name and password that it may contain.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Http(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
                let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
                let host = rest[..end].rfind('@').map_or(0, |at| at + 1);
                write!(f, "{scheme}://{}", &rest[host..])
            }
        }
    }
}

/// The path that a `file` URL's path stands for, where `%20` is a space.
fn decoded(path: &str) -> Option<PathBuf> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hexadecimal(rest.next()?)? << 4 | hexadecimal(rest.next()?)?,
            byte => byte,
        });
    }
    let path = String::from_utf8(bytes).ok()?;
    // `/C:/wheels` is `C:/wheels`.
    let drive = cfg!(windows) && path.as_bytes().get(2) == Some(&b':');
    let path = if drive { &path[1..] } else { &path };
    (!path.contains('\0')).then(|| Path::new(path).to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_kinds_of_url() {
        let file = Location::parse("file:///a%20b/c");
        assert_eq!(file, Some(Location::File("/a b/c".into())));
        for good in ["http://h/x", "https://h"] {
            assert_eq!(Location::parse(good), Some(Location::Http(good.to_owned())));
        }
        for bad in [
            "",
            "ftp://h/x",
            "http://",
            "http:///x",
            "file://h/x",
            "file:///%",
            "file:///%zz",
            "file:///%00",
            "http://h/a b",
            "/a/b",
        ] {
            assert_eq!(Location::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let shown = Location::parse("https://me:secret@h/x@y").map(|url| url.to_string());
        assert_eq!(shown.as_deref(), Some("https://h/x@y"));
    }

    #[test]
    fn a_file_in_a_folder() {
        let joined = Location::parse("https://h/x/").map(|url| url.join("f.whl"));
        assert_eq!(joined, Some(Location::Http("https://h/x/f.whl".to_owned())));
    }
}
