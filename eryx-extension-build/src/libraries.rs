//! The native libraries of a package: is each one that can be linked, and which comes first?

use std::collections::BTreeMap;

use wasmparser::{Dylink0Subsection, Encoding, KnownCustom, Parser, Payload};

use crate::unpack::Files;

/// The suffixes by which `CPython` 3.14 on WASI knows an extension module, without the `.so`. A file
/// with none of them is an ordinary library, or a module of any Python.
const SUFFIXES: [&str; 2] = ["cpython-314-wasm32-wasi", "abi3"];

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
    /// One is not what the linker takes.
    #[error("the library {path} {reason}")]
    Unusable {
        /// The library.
        path: String,
        /// What it is instead.
        reason: String,
    },
    /// Some need each other.
    #[error("the libraries {0} need each other in a circle, and none of them can be linked first")]
    Circle(String),
}

/// Whether a file is a native library by its name: `x.so`, `x.so.1`.
pub(crate) fn is_library(path: &str) -> bool {
    let name = file_name(path);
    name.rsplit_once('.').is_some_and(|(_, end)| end == "so")
        || name
            .rsplit_once(".so.")
            .is_some_and(|(_, version)| version.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// Checks each library, and puts what another needs before it.
pub(crate) fn check(files: Files) -> Result<Vec<NativeLibrary>, Error> {
    let mut needs = BTreeMap::new();
    for (path, bytes) in &files {
        let unusable = |reason| Error::Unusable {
            path: path.clone(),
            reason,
        };
        let needed = inspect(bytes).map_err(unusable)?;
        check_name(path).map_err(unusable)?;
        needs.insert(path.as_str(), needed);
    }
    let order = sort(&needs)?;
    let mut files = files;
    let take = |path: String| {
        let bytes = files.remove(&path)?;
        Some(NativeLibrary { path, bytes })
    };
    Ok(order.into_iter().filter_map(take).collect())
}

/// The libraries that a module says it needs, or why it cannot be linked.
fn inspect(bytes: &[u8]) -> Result<Vec<String>, String> {
    if !bytes.starts_with(b"\0asm") {
        return Err(format!("is {}, not a WebAssembly module", describe(bytes)));
    }
    let broken = |error: wasmparser::BinaryReaderError| {
        format!("is a broken WebAssembly module: {}", error.message())
    };
    let mut needed = None;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(broken)? {
            Payload::Version {
                encoding: Encoding::Component,
                ..
            } => return Err("is a WebAssembly component, not a core module".to_owned()),
            Payload::CustomSection(section) => {
                let KnownCustom::Dylink0(subsections) = section.as_known() else {
                    continue;
                };
                let needed = needed.get_or_insert_with(Vec::new);
                for subsection in subsections {
                    if let Dylink0Subsection::Needed(names) = subsection.map_err(broken)? {
                        needed.extend(names.into_iter().map(str::to_owned));
                    }
                }
            }
            _ => {}
        }
    }
    needed.ok_or_else(|| {
        "has no dylink.0 section: it is a whole program, not a shared library; \
         link it with -shared"
            .to_owned()
    })
}

/// What a file that is no WebAssembly is, from its first bytes.
fn describe(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "an empty file",
        [0x7f, b'E', b'L', b'F', ..] => "an ELF library for Linux or another Unix",
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => {
            "a Mach-O library for macOS"
        }
        [b'M', b'Z', ..] => "a library for Windows",
        [b'B', b'C', 0xc0, 0xde, ..] => "LLVM bitcode",
        _ => "a file of unknown kind",
    }
}

/// Refuses a module that is named for another Python: nothing would ever import it.
fn check_name(path: &str) -> Result<(), String> {
    let name = file_name(path);
    let suffix = name
        .strip_suffix(".so")
        .and_then(|name| name.split_once('.'))
        .map(|(_, suffix)| suffix);
    let foreign = |suffix: &&str| {
        let named = ["cpython-", "pypy", "graalpy", "cp3"];
        named.iter().any(|python| suffix.starts_with(python)) && !SUFFIXES.contains(suffix)
    };
    match suffix.filter(foreign) {
        None => Ok(()),
        Some(suffix) => Err(format!(
            "is named for another Python ({suffix}); the one of eryx looks for {}.so",
            SUFFIXES[0]
        )),
    }
}

/// The paths, by path, but each after those it needs.
fn sort(needs: &BTreeMap<&str, Vec<String>>) -> Result<Vec<String>, Error> {
    // What is not in the package is one of the base libraries, or the next step's concern.
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
/// at that very path, else the one of that file name in the same folder, else in any.
fn find<'a>(needs: &BTreeMap<&'a str, Vec<String>>, path: &str, name: &str) -> Option<&'a str> {
    let beside = path
        .rsplit_once('/')
        .map_or(name.to_owned(), |(folder, _)| format!("{folder}/{name}"));
    let exact = [name, &beside]
        .into_iter()
        .find_map(|path| needs.get_key_value(path));
    exact
        .map(|(path, _)| *path)
        .or_else(|| needs.keys().copied().find(|path| file_name(path) == name))
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(needs: &[(&'static str, &[&str])]) -> Result<Vec<String>, String> {
        let needs = needs
            .iter()
            .map(|(path, names)| (*path, names.iter().map(|&name| name.to_owned()).collect()))
            .collect();
        sort(&needs).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_needed_comes_first() {
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

    #[test]
    fn libraries_by_name() {
        for library in [
            "a.so",
            "x/lib.so.1",
            "x/lib.so.1.2",
            "a.cpython-314-wasm32-wasi.so",
        ] {
            assert!(is_library(library), "{library}");
        }
        for other in ["a.py", "so", "a.sox", "x.so/a.py", "a.so.py", "a.so.1.gz"] {
            assert!(!is_library(other), "{other}");
        }
        assert!(check_name("a/b.cpython-313-wasm32-wasi.so").is_err());
        assert!(check_name("a/b.cpython-314-wasm32-wasi.so").is_ok());
        assert!(check_name("a/b.abi3.so").is_ok());
        assert!(check_name("a/libb.1.2.so").is_ok());
    }
}
