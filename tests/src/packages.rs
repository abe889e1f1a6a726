//! Packages to build images with.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::bufread::DeflateDecoder;

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
    let mut bytes = Vec::new();
    let read = DeflateDecoder::new(library.deflate).read_to_end(&mut bytes);
    let size = read.expect("the library is one deflate stream");
    assert_eq!(size as u64, library.size);
    bytes
}

/// Returns the Python source of `tiny`.
pub fn tiny_source() -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("extension/python/tiny/__init__.py");
    fs::read(file).expect("the source is in the repository")
}
