//! Packages to build images with.

use std::fs;
use std::path::Path;

/// Some pure-Python packages. Every other list of packages is another image, which must be compiled.
pub const PACKAGES: &[(&str, &[u8])] = &[
    ("late.py", b"value = 1"),
    ("json.py", b"loads = None"),
    ("numpy.py", b"mine = True"),
    (
        "broken.py",
        b"import os\n\n\ndef f():\n    1 / 0\n\n\nf()\n",
    ),
];

/// The path of the native library of `tiny` in `site-packages`.
pub const TINY_PATH: &str = "tiny/_native.cpython-314-wasm32-wasi.so";

/// Returns the native library of `tiny`.
pub fn tiny_library() -> Vec<u8> {
    let library = &eryx_ext_tiny::EXTENSION.libraries[0];
    let size = usize::try_from(library.size).expect("the library fits into memory");
    zstd::bulk::decompress(library.zstd, size).expect("the library is one zstd frame")
}

/// Returns the Python source of `tiny`.
pub fn tiny_source() -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("extension/python/tiny/__init__.py");
    fs::read(file).expect("the source is in the repository")
}
