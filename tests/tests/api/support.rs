//! Sandboxes that several tests share, and small helpers.

use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use eryx::{ExecuteError, ExecuteResult, Progress, Sandbox, SandboxBuilder, Step};
use tempfile::TempDir;

/// The folder of images that all test programs share.
pub(crate) const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/images");

/// Python with what is embedded: numpy.
pub(crate) static NUMPY: LazyLock<Sandbox> =
    LazyLock::new(|| build(Sandbox::builder().with_embedded_runtime()));
/// Python with the extension `tiny`.
pub(crate) static TINY: LazyLock<Sandbox> =
    LazyLock::new(|| build(Sandbox::builder().with_extension(eryx_ext_tiny::EXTENSION)));

/// Builds a sandbox in the shared folder.
pub(crate) fn build(builder: SandboxBuilder) -> Sandbox {
    builder
        .with_cache_dir(CACHE)
        .build()
        .expect("the sandbox is built")
}

/// Runs some code to its end, on a runtime of its own.
pub(crate) fn execute(sandbox: &Sandbox, code: &str) -> Result<ExecuteResult, ExecuteError> {
    runtime().block_on(sandbox.execute(code))
}

/// What some code prints.
pub(crate) fn stdout(sandbox: &Sandbox, code: &str) -> String {
    execute(sandbox, code)
        .expect("the code reaches its end")
        .stdout
        .into()
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// A folder with some files.
pub(crate) fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
        fs::write(path, content).expect("a file is written");
    }
    folder
}

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
    let size = usize::try_from(library.size).expect("it is small");
    zstd::bulk::decompress(library.zstd, size).expect("it is one frame")
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
