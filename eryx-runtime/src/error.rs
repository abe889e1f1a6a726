//! Errors of making, saving and loading images.

use std::fmt;
use std::io;
use std::path::PathBuf;

use eryx_artifact::dylink::SharedLibraryError;
use eryx_artifact::library_name::ForeignTag;

/// An error of making, saving or loading an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// Several errors at once.
    #[error("{} mistakes:{}", .errors.len(), listed(.errors))]
    Several {
        /// The errors, in the order in which they were found.
        errors: Vec<Self>,
    },

    /// A native library cannot be linked, by itself or with the others.
    #[error("{library}: {fault}")]
    Library {
        /// The library's path in the sandbox.
        library: String,
        /// What is wrong with it.
        fault: LibraryFault,
    },

    /// A package was built for another ABI.
    #[error(
        "{package} was built for the ABI {found}, but this eryx links {expected}; \
         rebuild the package, or use the release of it for this eryx"
    )]
    Abi {
        /// The package.
        package: String,
        /// The ABI that the package declares.
        found: String,
        /// The ABI of this release.
        expected: &'static str,
    },

    /// A package requires another that is not in the image.
    #[error(
        "{package} requires {requires}, which is not in the image; add its extension crate or feature"
    )]
    Requires {
        /// The package.
        package: String,
        /// The name of the missing package.
        requires: String,
    },

    /// Packages require each other in a circle.
    #[error("the packages {} require each other in a circle", .packages.join(", "))]
    Circle {
        /// The packages' names.
        packages: Vec<String>,
    },

    /// Two packages have the same name.
    #[error("{package} was added twice; remove one of the two")]
    Twice {
        /// The package's name.
        package: String,
    },

    /// Two packages have different files at the same path.
    #[error("{one} and {other} have different files at {path}; remove one of the two packages")]
    Clash {
        /// The file's path in `/site-packages`.
        path: String,
        /// The package that was added first.
        one: String,
        /// The package that was added later.
        other: String,
    },

    /// A path is a file in one package and a directory in another.
    #[error(
        "{path} is a file in {file_of} and a directory in {folder_of}; \
         remove one of the two packages"
    )]
    FileAndFolder {
        /// The path in `/site-packages`.
        path: String,
        /// The package in which it is a file.
        file_of: String,
        /// The package in which it is a directory.
        folder_of: String,
    },

    /// Two packages have a library at the same path.
    #[error("{one} and {other} both have the library {path}; remove one of the two packages")]
    LibraryTwice {
        /// The library's path in `/site-packages`.
        path: String,
        /// The package that was added first.
        one: String,
        /// The package that was added later.
        other: String,
    },

    /// A path is not valid for a library in a sandbox.
    #[error(
        "{path:?} is not a valid path in the sandbox's site-packages: {reason}; \
         use one like `package/module.so`"
    )]
    GuestPath {
        /// The path, as given.
        path: String,
        /// What is wrong with it.
        reason: String,
    },

    /// A path is not valid for a directory in a sandbox.
    #[error("{path:?} is not a valid directory in the sandbox: {reason}; use one like `/data`")]
    GuestFolder {
        /// The path, as given.
        path: String,
        /// What is wrong with it.
        reason: String,
    },

    /// A directory does not contain the expected package.
    #[error("{} does not contain the package {package}; use the directory that `import {package}` would search", .folder.display())]
    NoPackage {
        /// The directory.
        folder: PathBuf,
        /// The package that was expected in it.
        package: &'static str,
    },

    /// A file or directory could not be read.
    #[error("cannot read {}", .path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },

    /// A directory entry cannot be copied into a sandbox.
    #[error("{} cannot be copied into a sandbox: {reason}", .path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// A directory contains more than a sandbox can hold.
    #[error("{} contains more than {limit}; use a smaller directory", .folder.display())]
    TooLarge {
        /// The directory.
        folder: PathBuf,
        /// The limit that it exceeds.
        limit: &'static str,
    },

    /// A file embedded in this program is damaged.
    #[error("{file}, which is embedded in this program, is damaged; build the program again")]
    Damaged {
        /// The file's name.
        file: String,
    },

    /// Libraries that passed the check could not be linked.
    #[error("the libraries cannot be linked: {reason}")]
    Link {
        /// The linker's message.
        reason: String,
    },

    /// The linked modules could not be compiled.
    #[error("the linked libraries cannot be compiled")]
    Compile(#[source] EngineError),

    /// Python did not start, or could not pre-import a module.
    #[error("Python could not start with these packages and imports:\n{reason}")]
    Boot {
        /// Python's output, with the traceback if there is one.
        reason: String,
    },

    /// The directory of the image cache could not be read.
    #[error(
        "the image cache at {} cannot be used; `with_cache_dir` sets another directory", .path.display()
    )]
    Cache {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },

    /// Other users could put machine code into the directory of the image cache.
    #[error(
        "the image cache at {} is not safe to use: {reason}; use a directory that belongs to you and \
         that no other user can write to", .path.display()
    )]
    UnsafeCache {
        /// The directory.
        path: PathBuf,
        /// Why it is not safe.
        reason: &'static str,
    },

    /// An image file cannot be loaded in this process.
    #[error("{} cannot be loaded as an image: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, or how it differs from what this process needs.
        reason: String,
    },

    /// A file could not be written.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl ImageError {
    /// Combines several errors into one. A single error stays as it is; no errors give `None`.
    pub fn of_all(mut errors: Vec<Self>) -> Option<Self> {
        match errors.len() {
            0 | 1 => errors.pop(),
            _ => Some(Self::Several { errors }),
        }
    }
}

fn listed(errors: &[ImageError]) -> String {
    let lines = errors.iter().map(|error| format!("\n- {error}"));
    lines.collect()
}

/// An error of wasmtime.
#[derive(Debug)]
pub struct EngineError(pub(crate) wasmtime::Error);

impl fmt::Display for EngineError {
    /// Writes only the cause if that is a trap, without the addresses of its backtrace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.downcast_ref::<wasmtime::Trap>() {
            Some(trap) => trap.fmt(f),
            None => write!(f, "{:#}", self.0),
        }
    }
}

impl std::error::Error for EngineError {}

/// What is wrong with a native library. The texts continue the library's name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LibraryFault {
    /// It is not a WebAssembly shared library.
    #[error("it {0}")]
    Unreadable(SharedLibraryError),
    /// It declares imports and exports for the whole component.
    #[error("it has a `component-type` section, which only the guest library may have")]
    ComponentType,
    /// It is named for another Python or platform.
    #[error("it {0}")]
    ForeignTag(ForeignTag),
    /// It imports from a module that is not for symbols of libraries.
    #[error(
        "it imports {name:?} from {module:?}; a library may only import from `env`, `GOT.mem` and `GOT.func`"
    )]
    ForeignImport {
        /// The module that it imports from.
        module: String,
        /// The name of the import.
        name: String,
    },
    /// It imports what the linker provides, but with another type.
    #[error(
        "it imports {name} {problem}; link it with `wasm-ld -shared`, which makes valid imports"
    )]
    Misfit {
        /// The name of the import.
        name: String,
        /// How the import differs from what the linker provides.
        problem: &'static str,
    },
    /// It imports a symbol that no library defines.
    #[error(
        "it needs the symbol {symbol}, which neither the base nor another library defines; \
         add the library that defines it, or link that statically"
    )]
    MissingSymbol {
        /// The symbol.
        symbol: String,
    },
    /// It imports a function with a signature that differs from the definition's.
    #[error(
        "it calls {symbol} as {wanted}, but {library} defines it as {found}; build both with the same headers"
    )]
    Signature {
        /// The function.
        symbol: String,
        /// The library that defines it.
        library: String,
        /// The signature it is imported with.
        wanted: String,
        /// The signature it is defined with.
        found: String,
    },
    /// Two libraries import an undefined weak function with different signatures.
    #[error(
        "it calls {symbol} as {wanted}, and {other} calls it as {found}, \
         while no library defines it; build both with the same headers"
    )]
    WeakSignature {
        /// The function.
        symbol: String,
        /// The other library.
        other: String,
        /// The signature it is imported with.
        wanted: Box<str>,
        /// The signature the other imports it with.
        found: Box<str>,
    },
    /// It imports data as a function, or a function as data.
    #[error("it imports {symbol} as {wanted}, but {library} defines it as {found}")]
    Kind {
        /// The symbol.
        symbol: String,
        /// The library that defines it.
        library: String,
        /// The kind that it is imported as.
        wanted: &'static str,
        /// The kind that it is defined as.
        found: &'static str,
    },
    /// A function that is called when the library is loaded or imported has the wrong type.
    #[error("it exports {symbol} with the wrong type; it must be a function {wanted}")]
    StartSignature {
        /// The name of the export.
        symbol: String,
        /// The signature it must have.
        wanted: String,
    },
    /// It needs a library that is not linked.
    #[error(
        "it needs the library {needed}, which is not in the image; add it, or link it statically"
    )]
    MissingLibrary {
        /// The name of the library.
        needed: String,
    },
    /// It exports a symbol that another library exports.
    #[error(
        "it exports {symbol}, and so does {other}; hide the symbol in one of them (`-fvisibility=hidden`)"
    )]
    Duplicate {
        /// The symbol.
        symbol: String,
        /// The other library.
        other: String,
    },
    /// It exports a function with a vector in its signature.
    #[error(
        "it exports {symbol} with a v128 in its signature, which cannot be linked; hide the symbol, or pass a pointer"
    )]
    Vector {
        /// The function.
        symbol: String,
    },
    /// It exports an item of a kind that libraries do not export.
    #[error(
        "it exports {name:?}, which is neither a function nor the address of data; hide the symbol"
    )]
    Export {
        /// The name of the export.
        name: String,
    },
    /// It exports a name that the linker treats specially.
    #[error("it exports {name}, a name reserved for programs and the base; hide the symbol")]
    Reserved {
        /// The name of the export.
        name: String,
    },
    /// It needs more of something than a sandbox allows.
    #[error("it needs {amount} {what}; at most {limit} are allowed")]
    TooLarge {
        /// The amount that it needs.
        amount: u64,
        /// The thing that it needs.
        what: &'static str,
        /// The largest allowed amount.
        limit: u64,
    },
}
