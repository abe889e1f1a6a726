//! The native libraries of a package: checks each one, and puts them in link order.

use std::collections::BTreeMap;

use eryx_artifact::dylink::{SharedLibrary, SharedLibraryError};
use eryx_artifact::library_name::{ForeignTag, check_python_tag};
use eryx_artifact::package_path::file_name;

use crate::unpack::Files;

/// A native library, checked: a core WebAssembly module with a `dylink.0` section.
#[derive(Clone, Debug)]
pub struct NativeLibrary {
    /// Its path in `site-packages`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why native libraries cannot be linked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file is not a shared library.
    #[error("the library {path} {reason}")]
    Unreadable {
        /// The library.
        path: String,
        /// What it is instead.
        reason: SharedLibraryError,
    },
    /// A library is for another Python or platform.
    #[error("the library {path} {reason}")]
    ForeignTag {
        /// The library.
        path: String,
        /// What its name says.
        reason: ForeignTag,
    },
    /// Some libraries need each other.
    #[error(
        "the libraries {0} need each other in a circle, so that none of them can be linked first; \
         link them into one library"
    )]
    Circle(String),
}

/// Checks each library, and sorts them so that each one comes after those it needs.
pub(crate) fn check_and_sort(mut files: Files) -> Result<Vec<NativeLibrary>, Error> {
    let order = {
        let mut needs = BTreeMap::new();
        for (path, bytes) in &files {
            let library = SharedLibrary::read(bytes).map_err(|reason| Error::Unreadable {
                path: path.clone(),
                reason,
            })?;
            check_python_tag(path).map_err(|reason| Error::ForeignTag {
                path: path.clone(),
                reason,
            })?;
            needs.insert(path.as_str(), library.needed);
        }
        sort(&needs)?
    };
    let library = |path: String| {
        let bytes = files.remove(&path)?;
        Some(NativeLibrary { path, bytes })
    };
    Ok(order.into_iter().filter_map(library).collect())
}

/// The paths, by path, but each after those it needs.
fn sort(needs: &BTreeMap<&str, Vec<&str>>) -> Result<Vec<String>, Error> {
    // A name that is not in the package is that of a base library, or of another package's: the
    // runtime, which has them all, looks for it.
    let mut waiting: BTreeMap<&str, Vec<&str>> = needs
        .iter()
        .map(|(path, names)| {
            let found = names.iter().filter_map(|name| find(needs, path, name));
            (*path, found.filter(|other| other != path).collect())
        })
        .collect();
    let mut order = Vec::new();
    while let Some(path) = waiting
        .iter()
        .find(|(_, needed)| needed.iter().all(|other| !waiting.contains_key(other)))
        .map(|(path, _)| *path)
    {
        waiting.remove(path);
        order.push(path.to_owned());
    }
    if waiting.is_empty() {
        Ok(order)
    } else {
        let names: Vec<&str> = waiting.into_keys().collect();
        Err(Error::Circle(names.join(", ")))
    }
}

/// The library of the package that `name` stands for in the `dylink.0` section of `path`: the one
/// at that very path, else the one of that file name in the same directory, else in any.
fn find<'a>(needs: &BTreeMap<&'a str, Vec<&str>>, path: &str, name: &str) -> Option<&'a str> {
    let sibling = match path.rsplit_once('/') {
        Some((directory, _)) => format!("{directory}/{name}"),
        None => name.to_owned(),
    };
    let exact = [name, &sibling]
        .into_iter()
        .find_map(|path| needs.get_key_value(path));
    exact
        .map(|(path, _)| *path)
        .or_else(|| needs.keys().copied().find(|path| file_name(path) == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(needs: &[(&'static str, &[&'static str])]) -> Result<Vec<String>, String> {
        let needs = needs.iter().map(|(path, names)| (*path, names.to_vec()));
        sort(&needs.collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_library_comes_after_those_it_needs() {
        let needs: [(&str, &[&str]); 4] = [
            ("a/a.so", &["libz.so", "libc.so"]),
            ("a/b.so", &[]),
            ("a/libz.so", &["liby.so"]),
            ("libs/liby.so", &[]),
        ];
        let order = ["a/b.so", "libs/liby.so", "a/libz.so", "a/a.so"];
        assert_eq!(sorted(&needs), Ok(order.map(str::to_owned).to_vec()));
    }

    #[test]
    fn a_circle_is_named() {
        let error = sorted(&[("a.so", &["b.so"]), ("b.so", &["a.so"]), ("c.so", &[])]);
        assert!(matches!(error, Err(text) if text.contains("a.so, b.so need each other")));
    }
}
