//! The ways to add a package to a sandbox.

use std::fs::{self, File};
use std::path::Path;

use eryx::{BuildError, Sandbox};
use eryx_tests::{
    NUMPY, PACKAGES, TINY, TINY_PATH, build, directory, execute, image_cache, stdout, tiny_library,
    tiny_source,
};

#[test]
fn embedded_runtime() {
    let code = "import numpy as np; print(np.arange(4).sum(), np.__version__)";
    let numpy = eryx::extensions()[0].version;
    assert_eq!(stdout(&NUMPY, code), format!("6 {numpy}\n"));
}

#[test]
fn extensions_are_listed() {
    let names: Vec<&str> = eryx::extensions()
        .iter()
        .map(|extension| extension.name)
        .collect();
    assert_eq!(names, ["numpy"]);
    assert!(
        eryx::extensions()
            .iter()
            .all(|extension| extension.abi == eryx::ABI)
    );
}

#[test]
fn extension_by_value() {
    let code = "
import importlib.metadata, tiny
print(tiny.vowels('education'), tiny.share_of_vowels('area'), tiny.calls(), tiny.__version__)
print(tiny._native.__file__)
try:
    tiny.vowels('')
except ValueError as error:
    print(error)
try:
    tiny.vowels(5)
except TypeError as error:
    print('TypeError')
";
    assert_eq!(
        stdout(&TINY, code),
        "5 0.75 2 1.0\n/site-packages/tiny/_native.cpython-314-wasm32-wasi.so\n\
         there is nothing to count\nTypeError\n"
    );
}

#[test]
fn extension_adds_no_other_package() {
    let error = execute(&TINY, "import numpy").expect_err("numpy is not in the sandbox");
    assert_eq!(
        error.to_string(),
        "ModuleNotFoundError: No module named 'numpy'"
    );
}

/// A numpy, a native library and Python files, none of them from an extension crate.
#[test]
fn packages_without_extension_crates() {
    let numpy = tempfile::tempdir().expect("a temporary directory");
    unpack_numpy(numpy.path());
    let packages = directory(&[
        ("tiny/__init__.py", &tiny_source()),
        ("pure/__init__.py", b"from pure.part import answer"),
        ("pure/part.py", b"answer = 42"),
        ("pure/data/table.txt", b"some data"),
        (
            "pure-1.5.dist-info/METADATA",
            b"Metadata-Version: 2.1\nName: pure\nVersion: 1.5\n",
        ),
    ]);
    let by_hand = || {
        Sandbox::builder()
            .with_site_packages(packages.path())
            .with_native_extension(TINY_PATH, tiny_library())
    };
    // The directory that contains numpy, or numpy's own.
    let sandbox = build(by_hand().with_numpy(numpy.path()));
    let same = build(by_hand().with_numpy(numpy.path().join("numpy")));
    let code = "
import importlib.metadata, importlib.resources
import numpy as np, pure, tiny
print(np.array([[1, 2], [3, 4]]) @ [1, 1], pure.answer, tiny.vowels('education'))
print(importlib.metadata.version('pure'))
print((importlib.resources.files('pure') / 'data/table.txt').read_text())
";
    for sandbox in [sandbox, same] {
        assert_eq!(stdout(&sandbox, code), "[3 7] 42 5\n1.5\nsome data\n");
    }
}

/// A package from a directory replaces the embedded one.
#[test]
fn numpy_from_a_directory_replaces_the_embedded_one() {
    let numpy = directory(&[("numpy/__init__.py", b"__version__ = 'mine'")]);
    let builder = Sandbox::builder().with_embedded_runtime();
    let sandbox = build(builder.with_numpy(numpy.path()));
    assert_eq!(
        stdout(&sandbox, "import numpy; print(numpy.__version__)"),
        "mine\n"
    );
}

#[test]
fn site_packages() {
    let packages = directory(PACKAGES);
    let sandbox = build(Sandbox::builder().with_site_packages(packages.path()));
    // The standard library precedes site-packages.
    let code = "import json, late, numpy; print(json.loads('[1]'), late.value, numpy.mine)";
    assert_eq!(stdout(&sandbox, code), "[1] 1 True\n");
}

#[test]
fn site_packages_are_read_when_the_sandbox_is_built() {
    let packages = directory(PACKAGES);
    let sandbox = build(Sandbox::builder().with_site_packages(packages.path()));
    fs::write(packages.path().join("late.py"), "value = 2").expect("the directory is writable");
    fs::write(packages.path().join("later.py"), "").expect("the directory is writable");
    assert_eq!(stdout(&sandbox, "import late; print(late.value)"), "1\n");
    assert!(execute(&sandbox, "import later").is_err());
    // A sandbox built now has the new files.
    let now = build(Sandbox::builder().with_site_packages(packages.path()));
    assert_eq!(stdout(&now, "import late, later; print(late.value)"), "2\n");
    assert_ne!(now.image_id(), sandbox.image_id());
}

#[test]
fn preimport() {
    let builder = Sandbox::builder().with_embedded_runtime();
    let sandbox = build(builder.with_preimport("numpy").with_preimport("json.tool"));
    let code = "
import sys
print('numpy' in sys.modules, 'json.tool' in sys.modules, 'np' in globals())
import numpy
print(numpy.ones(2))
";
    assert_eq!(stdout(&sandbox, code), "True True False\n[1. 1.]\n");
    // The extension of numpy preimports numpy itself.
    let code = "import sys; print('numpy' in sys.modules, 'json.tool' in sys.modules)";
    assert_eq!(stdout(&NUMPY, code), "True False\n");
}

#[test]
fn preimport_of_a_missing_module() {
    let builder = Sandbox::builder()
        .with_embedded_runtime()
        .with_cache_dir(image_cache());
    let error = builder
        .with_preimport("json")
        .with_preimport("nompy")
        .build();
    let Err(BuildError::Boot { reason }) = error else {
        panic!("{error:?}");
    };
    assert!(
        reason.starts_with("Traceback (most recent call last):\n"),
        "{reason}"
    );
    assert!(
        reason.ends_with("ModuleNotFoundError: No module named 'nompy'\n"),
        "{reason}"
    );
}

#[test]
fn preimport_of_a_broken_module() {
    let packages = directory(PACKAGES);
    let builder = Sandbox::builder().with_site_packages(packages.path());
    let error = builder
        .with_preimport("broken")
        .with_cache_dir(image_cache())
        .build();
    let error = error.expect_err("it cannot be imported").to_string();
    assert!(
        error.contains("File \"/site-packages/broken.py\", line 5, in f\n"),
        "{error}"
    );
    assert!(
        error.ends_with("ZeroDivisionError: division by zero\n"),
        "{error}"
    );
}

/// Unpacks the wheel of the extension crate, as `pip install --target` would.
fn unpack_numpy(directory: &Path) {
    let wheels = Path::new(env!("CARGO_MANIFEST_DIR")).join("../eryx-ext-numpy");
    let wheel = fs::read_dir(wheels)
        .expect("the directory of the crate")
        .map(|entry| entry.expect("an entry of it").path())
        .find(|path| path.extension().is_some_and(|ending| ending == "whl"))
        .expect("the wheel is in the crate");
    let file = File::open(wheel).expect("it can be read");
    let mut archive = zip::ZipArchive::new(file).expect("it is a zip archive");
    archive.extract(directory).expect("the archive is valid");
}
