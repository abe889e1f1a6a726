//! What the name of a file says about native code in it.
//!
//! `CPython` names an extension module `NAME.TAG.so`, where the tag says which Python and platform
//! can load it, or `NAME.so`, which says nothing. Other shared libraries may have a version after
//! the ending: `libz.so.1`.

use crate::package_path::file_name;

/// The tag of extension modules that `CPython` 3.14 loads on WASI.
pub const PYTHON_TAG: &str = "cpython-314-wasm32-wasi";

/// How the tags of extension modules begin, whatever Python they are for. `abi3`, the stable ABI,
/// is for every `CPython`, and is not among them.
const TAG_PREFIXES: [&str; 4] = ["cpython-", "cp3", "pypy", "graalpy"];

/// Whether a file is a native library, by its name.
///
/// Python imports only names that end in `.so`. A versioned name counts as well, because other
/// libraries of the package may need that library.
///
/// ```
/// use eryx_artifact::library_name::is_native_library;
///
/// assert!(is_native_library("numpy/_core/_umath.cpython-314-wasm32-wasi.so"));
/// assert!(is_native_library("demo/libz.so.1.3"));
/// assert!(!is_native_library("demo/__init__.py"));
/// ```
pub fn is_native_library(path: &str) -> bool {
    stem(path).is_some()
}

/// Checks that a native library is not named for another Python or platform: nothing in a sandbox
/// would import it.
///
/// ```
/// use eryx_artifact::library_name::check_python_tag;
///
/// assert!(check_python_tag("demo/_core.cpython-314-wasm32-wasi.so").is_ok());
/// assert!(check_python_tag("demo/_core.abi3.so").is_ok());
/// assert!(check_python_tag("demo/_core.so").is_ok());
/// let error = check_python_tag("demo/_core.cpython-313-wasm32-wasi.so").unwrap_err();
/// assert_eq!(error.tag, "cpython-313-wasm32-wasi");
/// ```
pub fn check_python_tag(path: &str) -> Result<(), ForeignTag> {
    let Some(stem) = stem(path) else {
        return Ok(());
    };
    let is_foreign = |part: &&str| {
        *part != PYTHON_TAG && TAG_PREFIXES.iter().any(|prefix| part.starts_with(prefix))
    };
    // What comes before the first point is the name itself.
    match stem.split('.').skip(1).find(is_foreign) {
        None => Ok(()),
        Some(tag) => Err(ForeignTag {
            tag: tag.to_owned(),
        }),
    }
}

/// A native library that is named for another Python or platform.
///
/// The text completes a sentence that begins with the library.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is named for another Python or platform ({tag}), and eryx imports {PYTHON_TAG}; \
     take the build for that"
)]
pub struct ForeignTag {
    /// The tag in the library's name.
    pub tag: String,
}

/// The name of a native library without `.so` and a version, or none if it is another file.
fn stem(path: &str) -> Option<&str> {
    let name = file_name(path);
    let stem = name.strip_suffix(".so").or_else(|| {
        let (stem, version) = name.rsplit_once(".so.")?;
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        version.split('.').all(is_number).then_some(stem)
    });
    stem.filter(|stem| !stem.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_by_name() {
        for library in [
            "a.so",
            "x/lib.so.1",
            "x/lib.so.1.2",
            "a.cpython-314-wasm32-wasi.so",
            "a.so.so",
        ] {
            assert!(is_native_library(library), "{library}");
        }
        for other in [
            "a.py",
            "so",
            ".so",
            "x/.so",
            ".so.1",
            "a.sox",
            "a.SO",
            "x.so/a.py",
            "a.so.py",
            "a.so.1.gz",
            "a.so.",
            "a.so.1.",
            "a.so..1",
            "a.pyd",
            "a.dylib",
        ] {
            assert!(!is_native_library(other), "{other}");
        }
    }

    #[test]
    fn names_for_this_python_or_for_any() {
        for library in [
            "a.so",
            "a/b.cpython-314-wasm32-wasi.so",
            "a/b.abi3.so",
            "a/libb.1.2.so",
            "a/libb.so.1",
            // The first part is a name, and not a tag.
            "a/pypy.so",
            "a/cp313.so",
            // A directory has no tag either.
            "a.cpython-313-wasm32-wasi/b.so",
            // No native library, so that no Python would load it.
            "a/b.cpython-313-wasm32-wasi.so.txt",
        ] {
            assert_eq!(check_python_tag(library), Ok(()), "{library}");
        }
    }

    #[test]
    fn names_for_another_python() {
        for (library, tag) in [
            ("a/b.cpython-313-wasm32-wasi.so", "cpython-313-wasm32-wasi"),
            (
                "b.cpython-314-x86_64-linux-gnu.so",
                "cpython-314-x86_64-linux-gnu",
            ),
            ("b.cpython-314t-wasm32-wasi.so", "cpython-314t-wasm32-wasi"),
            ("b.cp314-wasm32_wasi.so", "cp314-wasm32_wasi"),
            (
                "b.pypy310-pp73-x86_64-linux-gnu.so",
                "pypy310-pp73-x86_64-linux-gnu",
            ),
            ("b.graalpy240-311-native.so", "graalpy240-311-native"),
            ("b.1.cpython-313-wasm32-wasi.so", "cpython-313-wasm32-wasi"),
            ("b.cpython-313-wasm32-wasi.1.so", "cpython-313-wasm32-wasi"),
            ("b.cpython-313-wasm32-wasi.so.1", "cpython-313-wasm32-wasi"),
        ] {
            let error = check_python_tag(library).expect_err(library);
            assert_eq!(error.tag, tag, "{library}");
            assert!(error.to_string().contains(tag), "{library}");
        }
    }
}
