//! What several tests here share, beside what all test programs do.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use eryx::{Progress, Step};
use flate2::bufread::DeflateDecoder;

pub(crate) use crate::shared::{CACHE, NUMPY, TINY, build, execute, folder, runtime, stdout};

/// Some packages of pure Python. Every other list would be another image, and be compiled.
pub(crate) const PACKAGES: &[(&str, &[u8])] = &[
    ("late.py", b"value = 1"),
    ("json.py", b"loads = None"),
    ("numpy.py", b"mine = True"),
    (
        "broken.py",
        b"import os\n\n\ndef f():\n    1 / 0\n\n\nf()\n",
    ),
];

/// The native library of `tiny`, as it is on a disk.
pub(crate) fn tiny_library() -> Vec<u8> {
    let library = &eryx_ext_tiny::EXTENSION.libraries[0];
    let mut bytes = Vec::new();
    let read = DeflateDecoder::new(library.deflate).read_to_end(&mut bytes);
    assert_eq!(read.expect("it is one stream") as u64, library.size);
    bytes
}

/// Where the library of `tiny` belongs.
pub(crate) const TINY_PATH: &str = "tiny/_native.cpython-314-wasm32-wasi.so";

/// The Python part of `tiny`.
pub(crate) fn tiny_source() -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("extension/python/tiny/__init__.py");
    fs::read(file).expect("it is in the repository")
}

/// What a builder tells of its progress.
#[derive(Clone, Default)]
pub(crate) struct Steps(Arc<Mutex<Vec<Progress>>>);

impl Steps {
    pub(crate) fn listener(&self) -> impl Fn(Progress) + Send + Sync + 'static {
        let steps = self.0.clone();
        move |progress| steps.lock().expect("nobody panicked").push(progress)
    }

    /// The steps, in their order.
    pub(crate) fn taken(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = self.all().iter().map(|progress| progress.step).collect();
        steps.dedup();
        steps
    }

    /// The last that was told of a step.
    pub(crate) fn last(&self, step: Step) -> Progress {
        let of_step = self.all().into_iter().filter(|it| it.step == step);
        of_step
            .max_by_key(|progress| progress.done)
            .expect("the step was taken")
    }

    fn all(&self) -> Vec<Progress> {
        self.0.lock().expect("nobody panicked").clone()
    }
}
