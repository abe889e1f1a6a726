//! What can go wrong, in words for the people it happens to.

use std::fmt;
use std::io;
use std::path::PathBuf;

use eryx_artifact::dylink::SharedLibraryError;
use eryx_artifact::library_name::ForeignTag;

/// An image could not be made or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// Several mistakes.
    #[error("{} mistakes:{}", .errors.len(), listed(.errors))]
    Several {
        /// Each of them, in the order in which they were found.
        errors: Vec<Self>,
    },

    /// A native library is of no use in a sandbox, or does not fit with the others.
    #[error("{library}: {fault}")]
    Library {
        /// The library's path, as it was given.
        library: String,
        /// What is wrong with it.
        fault: LibraryFault,
    },

    /// A package was built for another ABI.
    #[error(
        "{package} was built for the ABI {found}, and this eryx links {expected}: \
         rebuild the package, or take the release of it that belongs to this eryx"
    )]
    Abi {
        /// The package.
        package: String,
        /// The ABI it names.
        found: String,
        /// The ABI of this release.
        expected: &'static str,
    },

    /// A package needs another that is not there.
    #[error(
        "{package} needs {requires}, which is not in the image: add its extension crate or feature"
    )]
    Requires {
        /// The package.
        package: String,
        /// The name of what is missing.
        requires: String,
    },

    /// Packages need each other in a circle.
    #[error("the packages {} need each other in a circle", .packages.join(", "))]
    Circle {
        /// Their names.
        packages: Vec<String>,
    },

    /// Two packages of one name.
    #[error("{package} was given twice: leave one of the two away")]
    Twice {
        /// Its name.
        package: String,
    },

    /// Two packages bring different files of one path.
    #[error(
        "{one} and {other} both bring the file {path}, and the two differ: leave one package away"
    )]
    Clash {
        /// The file's path in `/site-packages`.
        path: String,
        /// The package that brought it first.
        one: String,
        /// The package that brought it again.
        other: String,
    },

    /// A path is a file in one package and a folder in another.
    #[error(
        "{file_of} brings the file {path}, which is a folder of {folder_of}: \
         leave one package away"
    )]
    FileAndFolder {
        /// The path in `/site-packages`.
        path: String,
        /// The package in which it is a file.
        file_of: String,
        /// The package in which it is a folder.
        folder_of: String,
    },

    /// Two packages bring a library of one path.
    #[error("{one} and {other} both bring the library {path}: leave one of the two away")]
    LibraryTwice {
        /// The library's path in `/site-packages`.
        path: String,
        /// The package that brought it first.
        one: String,
        /// The package that brought it again.
        other: String,
    },

    /// A path that cannot be one inside a sandbox.
    #[error(
        "{path:?} cannot be a path in the sandbox's site-packages: {reason}; \
         give one like `package/module.so`"
    )]
    GuestPath {
        /// The path, as it was given.
        path: String,
        /// What is wrong with it.
        reason: String,
    },

    /// A path that cannot be a folder's inside a sandbox.
    #[error("{path:?} cannot be a folder of the sandbox: {reason}; give one like `/data`")]
    GuestFolder {
        /// The path, as it was given.
        path: String,
        /// What is wrong with it.
        reason: String,
    },

    /// A folder that does not hold what it should.
    #[error("{} holds no package {package}: give the folder that `import {package}` would find it in", .folder.display())]
    NoPackage {
        /// The folder.
        folder: PathBuf,
        /// The package that was expected in it.
        package: &'static str,
    },

    /// A file of the user's could not be read.
    #[error("cannot read {}", .path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },

    /// A folder holds something that is neither a file nor a folder nor a link to one in it.
    #[error("{} cannot go into a sandbox: {reason}", .path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// A folder holds more than a sandbox can take.
    #[error("{} holds more than {limit}: give a smaller folder", .folder.display())]
    TooLarge {
        /// The folder.
        folder: PathBuf,
        /// The limit it passes.
        limit: &'static str,
    },

    /// Something carried in this program is damaged.
    #[error("{file}, which this program carries, is damaged: build the program again")]
    Damaged {
        /// Its name.
        file: String,
    },

    /// The linker refused what the check let pass.
    #[error("the libraries cannot be linked: {reason}")]
    Link {
        /// The linker's own words.
        reason: String,
    },

    /// The compiler refused what the linker made.
    #[error("the linked component cannot be compiled")]
    Compile(#[source] EngineError),

    /// Python did not start, or a module to be imported beforehand could not be.
    #[error("Python could not be started with these packages and imports:\n{reason}")]
    Boot {
        /// Python's own words, with the traceback if there is one.
        reason: String,
    },

    /// The folder of kept images could not be looked at.
    #[error(
        "the image cache at {} cannot be used; `with_cache_dir` sets another folder", .path.display()
    )]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },

    /// Others could put machine code into the folder of kept images.
    #[error(
        "the image cache at {} is not safe to use: {reason}; give a folder that belongs to you and \
         that nobody else can write to", .path.display()
    )]
    UnsafeCache {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// An image file is of no use here.
    #[error("{} cannot be loaded as an image: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, or in what it differs from what is needed here.
        reason: String,
    },

    /// A file of the user's could not be written.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl ImageError {
    /// Puts several mistakes together; one alone is itself.
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

/// An error of the engine, wasmtime.
#[derive(Debug)]
pub struct EngineError(pub(crate) wasmtime::Error);

impl fmt::Display for EngineError {
    /// The cause alone where that is a trap, without the addresses on the way to it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.downcast_ref::<wasmtime::Trap>() {
            Some(trap) => trap.fmt(f),
            None => write!(f, "{:#}", self.0),
        }
    }
}

impl std::error::Error for EngineError {}

/// What is wrong with a native library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LibraryFault {
    /// It is no WebAssembly shared library.
    #[error("it {0}")]
    Unreadable(SharedLibraryError),
    /// It wants to change what the whole component imports and exports.
    #[error("it has a `component-type` section, which only the guest library may have")]
    ComponentType,
    /// It is named for another Python or platform.
    #[error("it {0}")]
    ForeignTag(ForeignTag),
    /// It imports what no library can give.
    #[error(
        "it imports {name:?} from {module:?}: a library may import from `env`, `GOT.mem` and `GOT.func` alone"
    )]
    ForeignImport {
        /// The module that is imported from.
        module: String,
        /// What is imported.
        name: String,
    },
    /// It imports what the linker gives, in another form.
    #[error("it imports {name} {problem}; `wasm-ld -shared` makes imports that fit")]
    Misfit {
        /// What is imported, from `env`.
        name: String,
        /// How it is imported.
        problem: &'static str,
    },
    /// It imports what no library has.
    #[error(
        "it needs the symbol {symbol}, which neither the base nor another library defines: \
         add the library that does, or link it in statically"
    )]
    MissingSymbol {
        /// The symbol.
        symbol: String,
    },
    /// It imports a function by another signature than it has.
    #[error("it calls {symbol} as {wanted}, but in {library} it is {found}")]
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
    /// It imports a function that no library has by another signature than another library does.
    #[error(
        "it calls {symbol} as {wanted}, and {other} calls it as {found}: \
         no library defines it, so that nobody knows which is right"
    )]
    WeakSignature {
        /// The function.
        symbol: String,
        /// The library that imports it as well.
        other: String,
        /// The signature it is imported with.
        wanted: Box<str>,
        /// The signature the other imports it with.
        found: Box<str>,
    },
    /// It takes data for a function, or a function for data.
    #[error("it takes {symbol} for {wanted}, but in {library} it is {found}")]
    Kind {
        /// The symbol.
        symbol: String,
        /// The library that defines it.
        library: String,
        /// What it is imported as.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A function that is called when the library is loaded or imported is not one of its kind.
    #[error("it exports {symbol}, which must be a function {wanted}, as something else")]
    StartSignature {
        /// The name of the export.
        symbol: String,
        /// The signature it must have.
        wanted: String,
    },
    /// It needs a library that is not there.
    #[error(
        "it needs the library {needed}, which is not among those to be linked: add it, or link it in statically"
    )]
    MissingLibrary {
        /// The name of the library.
        needed: String,
    },
    /// It exports what another library exports.
    #[error(
        "it exports {symbol}, and so does {other}: hide the symbol in one of them (`-fvisibility=hidden`)"
    )]
    Duplicate {
        /// The symbol.
        symbol: String,
        /// The library that exports it as well.
        other: String,
    },
    /// A vector goes in or out of a function that another library could call.
    #[error(
        "it exports {symbol} with a v128 in its signature, which cannot be linked: hide the symbol, or pass a pointer"
    )]
    Vector {
        /// The function.
        symbol: String,
    },
    /// It exports something that no library exports.
    #[error("it exports {name:?}, which is neither a function nor the address of data")]
    Export {
        /// The name of the export.
        name: String,
    },
    /// It exports a name that has a meaning to the linker.
    #[error("it exports {name}, which is reserved for programs and for the base")]
    Reserved {
        /// The name of the export.
        name: String,
    },
    /// It asks for more than a sandbox has.
    #[error("it asks for {amount} {what}; at most {limit} are allowed")]
    TooLarge {
        /// How many it asks for.
        amount: u64,
        /// Of what.
        what: &'static str,
        /// How many it could have.
        limit: u64,
    },
}
