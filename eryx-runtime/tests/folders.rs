//! Folders and extensions that cannot be put together, and what is said of each.

#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use eryx_ext_tiny::EXTENSION as TINY;
use eryx_extension::File;
use eryx_runtime::{ImageError, Recipe};
use eryx_test_support::directory;

/// The smallest dynamic library that there is.
const LIBRARY: &str = "(module (@dylink.0 (mem-info)))";

/// What is said of a recipe, with `FOLDER` for that folder.
fn error_of(folder: &Path, make: impl FnOnce(&mut Recipe) -> Result<(), ImageError>) -> String {
    let mut recipe = Recipe::default();
    let result = make(&mut recipe).and_then(|()| support::link_only(&recipe));
    let error = result.expect_err("something is wrong with it");
    support::chain(&error).replace(&folder.display().to_string(), "FOLDER")
}

/// What is said of one folder.
fn error_of_folder(folder: &Path) -> String {
    error_of(folder, |recipe| recipe.add_site_packages(folder))
}

#[test]
fn missing_folder() {
    let folder = directory(&[]);
    assert_eq!(
        error_of_folder(&folder.path().join("packages")),
        "cannot read FOLDER\n  because: No such file or directory (os error 2)\n"
    );
}

#[test]
fn file_in_place_of_a_folder() {
    let folder = directory(&[("packages", b"")]);
    let file = folder.path().join("packages");
    assert_eq!(
        error_of_folder(&file),
        "cannot read FOLDER\n  because: Not a directory (os error 20)\n"
    );
}

#[test]
fn unreadable_folder() {
    let folder = directory(&[("package/__init__.py", b"")]);
    let package = folder.path().join("package");
    fs::set_permissions(&package, fs::Permissions::from_mode(0o0)).expect("it is ours");
    // The superuser may read everything.
    if fs::read_dir(&package).is_err() {
        assert_eq!(
            error_of_folder(folder.path()),
            "cannot read FOLDER/package\n  because: Permission denied (os error 13)\n"
        );
    }
    fs::set_permissions(&package, fs::Permissions::from_mode(0o700)).expect("it is ours");
}

#[test]
fn link_out_of_the_folder() {
    let folder = directory(&[("package/__init__.py", b"")]);
    symlink("/etc/passwd", folder.path().join("package/data.txt")).expect("a link is made");
    assert_eq!(
        error_of_folder(folder.path()),
        "FOLDER/package/data.txt cannot go into a sandbox: \
         it is a symbolic link out of the directory\n"
    );
}

#[test]
fn link_to_a_folder() {
    let folder = directory(&[("package/__init__.py", b"")]);
    symlink("package", folder.path().join("other")).expect("a link is made");
    assert_eq!(
        error_of_folder(folder.path()),
        "FOLDER/other cannot go into a sandbox: it is a symbolic link to something other than a file\n"
    );
}

#[test]
fn link_to_nothing() {
    let folder = directory(&[]);
    symlink("nothing", folder.path().join("data.txt")).expect("a link is made");
    assert_eq!(
        error_of_folder(folder.path()),
        "cannot read FOLDER/data.txt\n  because: No such file or directory (os error 2)\n"
    );
}

#[test]
fn link_within_the_folder() {
    let folder = directory(&[("package/data.txt", b"text")]);
    symlink("data.txt", folder.path().join("package/same.txt")).expect("a link is made");
    let mut recipe = Recipe::default();
    recipe
        .add_site_packages(folder.path())
        .expect("nothing is wrong with it");
}

#[test]
fn socket() {
    let folder = directory(&[]);
    let path = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(path).expect("a socket is made");
    assert_eq!(
        error_of_folder(folder.path()),
        "FOLDER/socket cannot go into a sandbox: it is neither a file nor a directory\n"
    );
}

#[test]
fn names_that_no_sandbox_can_have() {
    let folder = directory(&[("package/back\\slash.py", b"")]);
    assert_eq!(
        error_of_folder(folder.path()),
        "FOLDER/package/back\\slash.py cannot go into a sandbox: it has a backslash in its path\n"
    );
    fs::remove_dir_all(folder.path().join("package")).expect("it is ours");

    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.py");
    fs::write(folder.path().join(name), "").expect("a file is written");
    assert_eq!(
        error_of_folder(folder.path()),
        "FOLDER/caf\u{fffd}.py cannot go into a sandbox: its name is not UTF-8\n"
    );
}

#[test]
fn native_library_of_the_host() {
    let elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0";
    let folder = directory(&[
        ("package/__init__.py", b""),
        ("package/_core.cpython-314-x86_64-linux-gnu.so", elf),
    ]);
    assert_eq!(
        error_of_folder(folder.path()),
        "/site-packages/package/_core.cpython-314-x86_64-linux-gnu.so: \
         it is an ELF library for Linux or another Unix, not a WebAssembly module; \
         eryx takes libraries built for wasm32-wasi\n"
    );
}

#[test]
fn versioned_native_library_of_the_host() {
    // A wheel that was repaired has the libraries it needs beside it, with names that end otherwise.
    let folder = directory(&[
        ("package/__init__.py", b""),
        ("package.libs/libgfortran-040039e1.so.5.0.0", b"\x7fELF"),
    ]);
    assert_eq!(
        error_of_folder(folder.path()),
        "/site-packages/package.libs/libgfortran-040039e1.so.5.0.0: \
         it is an ELF library for Linux or another Unix, not a WebAssembly module; \
         eryx takes libraries built for wasm32-wasi\n"
    );
}

#[test]
fn library_without_a_symbol() {
    let library = r#"(module (@dylink.0 (mem-info)) (import "env" "dgemm_" (func)))"#;
    let library = wat::parse_str(library).expect("it is well-formed");
    let folder = directory(&[("package/_core.so", &library)]);
    assert_eq!(
        error_of_folder(folder.path()),
        "/site-packages/package/_core.so: \
         it needs the symbol dgemm_, which neither the base nor another library defines: \
         add the library that does, or link it in statically\n"
    );
}

#[test]
fn one_file_with_two_contents() {
    let one = directory(&[("shared/__init__.py", b"1")]);
    let other = directory(&[("shared/__init__.py", b"2")]);
    let error = error_of(one.path(), |recipe| {
        recipe.add_site_packages(one.path())?;
        recipe.add_site_packages(other.path())
    });
    assert_eq!(
        error.replace(&other.path().display().to_string(), "OTHER"),
        "FOLDER and OTHER both bring the file shared/__init__.py, and the two differ: \
         leave one package away\n"
    );
}

#[test]
fn one_file_with_one_content() {
    let one = directory(&[("shared/__init__.py", b"1")]);
    let other = directory(&[("shared/__init__.py", b"1"), ("other.py", b"")]);
    let mut recipe = Recipe::default();
    recipe
        .add_site_packages(one.path())
        .expect("nothing is wrong with it");
    recipe
        .add_site_packages(other.path())
        .expect("nothing is wrong with it");
    support::link_only(&recipe).expect("the two agree");
}

#[test]
fn one_library_of_two_packages() {
    let library = wat::parse_str(LIBRARY).expect("it is well-formed");
    let one = directory(&[("shared/_core.so", &library)]);
    let error = error_of(one.path(), |recipe| {
        recipe.add_site_packages(one.path())?;
        recipe.add_library("shared/_core.so", library)
    });
    assert_eq!(
        error,
        "FOLDER and shared/_core.so both bring the library shared/_core.so: \
         leave one of the two away\n"
    );
}

#[test]
fn file_where_another_package_has_a_folder() {
    let one = directory(&[("shared", b"a file")]);
    let other = directory(&[("shared/__init__.py", b"")]);
    let error = error_of(one.path(), |recipe| {
        recipe.add_site_packages(one.path())?;
        recipe.add_site_packages(other.path())
    });
    assert_eq!(
        error.replace(&other.path().display().to_string(), "OTHER"),
        "FOLDER brings the file shared, which is a folder of OTHER: leave one package away\n"
    );
}

#[test]
fn folder_twice() {
    let folder = directory(&[("package.py", b"")]);
    let error = error_of(folder.path(), |recipe| {
        recipe.add_site_packages(folder.path())?;
        recipe.add_site_packages(folder.path())
    });
    assert_eq!(error, "FOLDER was given twice: leave one of the two away\n");
}

#[test]
fn folder_without_the_package() {
    let folder = directory(&[("nompy/__init__.py", b"")]);
    let error = error_of(folder.path(), |recipe| {
        recipe.add_package_directory("numpy", folder.path())
    });
    assert_eq!(
        error,
        "FOLDER holds no package numpy: give the folder that `import numpy` would find it in\n"
    );
}

#[test]
fn extension_of_another_abi() {
    let mut old = TINY;
    old.abi = "cp313-wasip1-sdk24";
    let error = error_of(Path::new("FOLDER"), |recipe| recipe.add_extension(&old));
    assert_eq!(
        error,
        "tiny 1.0 was built for the ABI cp313-wasip1-sdk24, and this eryx links \
         cp314-wasip2-sdk33: rebuild the package, or take the release of it that belongs to this \
         eryx\n"
    );
}

#[test]
fn extension_that_needs_another() {
    let mut needing = TINY;
    needing.requires = &["numpy"];
    let error = error_of(Path::new("FOLDER"), |recipe| recipe.add_extension(&needing));
    assert_eq!(
        error,
        "tiny needs numpy, which is not in the image: add its extension crate or feature\n"
    );
}

#[test]
fn extensions_that_need_each_other() {
    let (mut one, mut other) = (TINY, TINY);
    (one.name, one.requires) = ("one", &["other"]);
    (other.name, other.requires, other.libraries) = ("other", &["one"], &[]);
    let error = error_of(Path::new("FOLDER"), |recipe| {
        recipe.add_extension(&one)?;
        recipe.add_extension(&other)
    });
    assert_eq!(
        error,
        "the packages one, other need each other in a circle\n"
    );
}

#[test]
fn extension_twice() {
    let error = error_of(Path::new("FOLDER"), |recipe| {
        recipe.add_extension(&TINY)?;
        recipe.add_extension(&TINY)
    });
    assert_eq!(error, "tiny was given twice: leave one of the two away\n");
}

#[test]
fn extension_whose_data_is_damaged() {
    const GOOD: File = TINY.files[0];
    const DAMAGED: [[File; 1]; 3] = [
        [File {
            sha256: [0; 32],
            ..GOOD
        }],
        [File {
            size: GOOD.size + 1,
            ..GOOD
        }],
        [File {
            deflate: GOOD.deflate.split_at(GOOD.deflate.len() - 1).0,
            ..GOOD
        }],
    ];
    for files in &DAMAGED {
        let mut damaged = TINY;
        damaged.files = files;
        let error = error_of(Path::new("FOLDER"), |recipe| recipe.add_extension(&damaged));
        let path = GOOD.path;
        assert_eq!(
            error,
            format!("{path}, which this program carries, is damaged: build the program again\n")
        );
    }
}
