//! The location of an archive: a URL, or a file.

use std::fmt;
use std::path::{Path, PathBuf};

/// A URL of one of the three kinds that can be read.
///
/// ```
/// use eryx_extension_build::location::Location;
///
/// let mirror = Location::parse("https://user:secret@example.com/wheels").unwrap();
/// let archive = mirror.join("demo-1.0-py3-none-any.whl");
/// // Credentials are not displayed.
/// assert_eq!(archive.to_string(), "https://example.com/wheels/demo-1.0-py3-none-any.whl");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// `http://…` or `https://…`.
    Http(String),
    /// `file:///…`, as the path it stands for.
    File(PathBuf),
}

impl Location {
    /// What [`Location::parse`] expects, for an error message.
    pub(crate) const EXPECTED: &str = "a URL that begins with http://, https:// or file:///";

    /// Parses a URL; `None` if it is of another kind, or has characters that no URL has.
    pub fn parse(url: &str) -> Option<Self> {
        if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return None;
        }
        if let Some(path) = url.strip_prefix("file://") {
            return path
                .starts_with('/')
                .then(|| percent_decoded(path))
                .flatten()
                .map(Self::File);
        }
        let host = url
            .strip_prefix("http://")
            .or_else(|| url.strip_prefix("https://"))?;
        let named = !host.is_empty() && !host.starts_with('/');
        named.then(|| Self::Http(url.to_owned()))
    }

    /// The location of `file` in this directory.
    #[must_use]
    pub fn join(&self, file: &str) -> Self {
        match self {
            Self::Http(url) => Self::Http(format!("{}/{file}", url.trim_end_matches('/'))),
            Self::File(path) => Self::File(path.join(file)),
        }
    }
}

impl fmt::Display for Location {
    /// The URL, without the user name and password that it may contain.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Http(url) => {
                let Some((scheme, rest)) = url.split_once("://") else {
                    return f.write_str(url);
                };
                let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
                let host = rest[..end].rfind('@').map_or(0, |at| at + 1);
                write!(f, "{scheme}://{}", &rest[host..])
            }
        }
    }
}

/// The path in a `file` URL, with `%20` as a space and so on.
fn percent_decoded(path: &str) -> Option<PathBuf> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex_value(rest.next()?)? << 4 | hex_value(rest.next()?)?,
            byte => byte,
        });
    }
    let path = String::from_utf8(bytes).ok()?;
    // `/C:/wheels` is `C:/wheels`.
    let drive = cfg!(windows) && path.as_bytes().get(2) == Some(&b':');
    let path = if drive { &path[1..] } else { &path };
    (!path.contains('\0')).then(|| Path::new(path).to_path_buf())
}

/// The value of one hexadecimal digit.
fn hex_value(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
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
    fn a_file_in_a_directory() {
        let joined = Location::parse("https://h/x/").map(|url| url.join("f.whl"));
        assert_eq!(joined, Some(Location::Http("https://h/x/f.whl".to_owned())));
    }
}
