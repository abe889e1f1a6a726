//! Sandboxes that several test programs share, and small helpers.

use std::fs;
use std::sync::LazyLock;

use eryx::{ExecuteError, ExecuteResult, Sandbox, SandboxBuilder};
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
