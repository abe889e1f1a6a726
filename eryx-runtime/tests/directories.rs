//! Errors of directories and extensions that cannot be in one image.

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

/// The smallest shared library.
const LIBRARY: &str = "(module (@dylink.0 (mem-info)))";

/// Returns the error of a recipe, with `DIRECTORY` in place of a directory's path.
fn error_of(directory: &Path, make: impl FnOnce(&mut Recipe) -> Result<(), ImageError>) -> String {
    let mut recipe = Recipe::default();
    let result = make(&mut recipe).and_then(|()| support::link_only(&recipe));
    let error = result.expect_err("something is wrong with it");
    support::chain(&error).replace(&directory.display().to_string(), "DIRECTORY")
}

/// Returns the error of adding one directory.
fn error_of_directory(directory: &Path) -> String {
    error_of(directory, |recipe| recipe.add_site_packages(directory))
}

#[test]
fn missing_directory() {
    let site_packages = directory(&[]);
    assert_eq!(
        error_of_directory(&site_packages.path().join("packages")),
        "cannot read DIRECTORY\n  because: No such file or directory (os error 2)\n"
    );
}

#[test]
fn file_in_place_of_a_directory() {
    let site_packages = directory(&[("packages", b"")]);
    let file = site_packages.path().join("packages");
    assert_eq!(
        error_of_directory(&file),
        "cannot read DIRECTORY\n  because: Not a directory (os error 20)\n"
    );
}

#[test]
fn unreadable_directory() {
    let site_packages = directory(&[("package/__init__.py", b"")]);
    let package = site_packages.path().join("package");
    fs::set_permissions(&package, fs::Permissions::from_mode(0o0))
        .expect("the directory is writable");
    // Root may read everything.
    if fs::read_dir(&package).is_err() {
        assert_eq!(
            error_of_directory(site_packages.path()),
            "cannot read DIRECTORY/package\n  because: Permission denied (os error 13)\n"
        );
    }
    fs::set_permissions(&package, fs::Permissions::from_mode(0o700))
        .expect("the directory is writable");
}

#[test]
fn symbolic_link_out_of_the_directory() {
    let site_packages = directory(&[("package/__init__.py", b"")]);
    symlink("/etc/passwd", site_packages.path().join("package/data.txt")).expect("a link is made");
    assert_eq!(
        error_of_directory(site_packages.path()),
        "DIRECTORY/package/data.txt cannot be copied into a sandbox: \
         it is a symbolic link out of the directory\n"
    );
}

#[test]
fn symbolic_link_to_a_directory() {
    let site_packages = directory(&[("package/__init__.py", b"")]);
    symlink("package", site_packages.path().join("other")).expect("a link is made");
    assert_eq!(
        error_of_directory(site_packages.path()),
        "DIRECTORY/other cannot be copied into a sandbox: it is a symbolic link to something other than a file\n"
    );
}

#[test]
fn dangling_symbolic_link() {
    let site_packages = directory(&[]);
    symlink("nothing", site_packages.path().join("data.txt")).expect("a link is made");
    assert_eq!(
        error_of_directory(site_packages.path()),
        "cannot read DIRECTORY/data.txt\n  because: No such file or directory (os error 2)\n"
    );
}

#[test]
fn symbolic_link_within_the_directory() {
    let site_packages = directory(&[("package/data.txt", b"text")]);
    symlink("data.txt", site_packages.path().join("package/same.txt")).expect("a link is made");
    let mut recipe = Recipe::default();
    recipe
        .add_site_packages(site_packages.path())
        .expect("nothing is wrong with it");
}

#[test]
fn socket() {
    let site_packages = directory(&[]);
    let path = site_packages.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(path).expect("a socket is made");
    assert_eq!(
        error_of_directory(site_packages.path()),
        "DIRECTORY/socket cannot be copied into a sandbox: it is neither a file nor a directory\n"
    );
}

#[test]
fn invalid_names() {
    let site_packages = directory(&[("package/back\\slash.py", b"")]);
    assert_eq!(
        error_of_directory(site_packages.path()),
        "DIRECTORY/package/back\\slash.py cannot be copied into a sandbox: it has a backslash in its path\n"
    );
    fs::remove_dir_all(site_packages.path().join("package")).expect("the directory is writable");

    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.py");
    fs::write(site_packages.path().join(name), "").expect("a file is written");
    assert_eq!(
        error_of_directory(site_packages.path()),
        "DIRECTORY/caf\u{fffd}.py cannot be copied into a sandbox: its name is not UTF-8\n"
    );
}

#[test]
fn native_library_of_the_host() {
    let elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0";
    let site_packages = directory(&[
        ("package/__init__.py", b""),
        ("package/_core.cpython-314-x86_64-linux-gnu.so", elf),
    ]);
    assert_eq!(
        error_of_directory(site_packages.path()),
        "/site-packages/package/_core.cpython-314-x86_64-linux-gnu.so: \
         it is an ELF library for Linux or another Unix, not a WebAssembly module; \
         eryx takes libraries built for wasm32-wasi\n"
    );
}

#[test]
fn versioned_native_library_of_the_host() {
    // A repaired wheel has the libraries that it needs beside it, with version numbers after `.so`.
    let site_packages = directory(&[
        ("package/__init__.py", b""),
        ("package.libs/libgfortran-040039e1.so.5.0.0", b"\x7fELF"),
    ]);
    assert_eq!(
        error_of_directory(site_packages.path()),
        "/site-packages/package.libs/libgfortran-040039e1.so.5.0.0: \
         it is an ELF library for Linux or another Unix, not a WebAssembly module; \
         eryx takes libraries built for wasm32-wasi\n"
    );
}

#[test]
fn library_without_a_symbol() {
    let library = r#"(module (@dylink.0 (mem-info)) (import "env" "dgemm_" (func)))"#;
    let library = wat::parse_str(library).expect("it is well-formed");
    let site_packages = directory(&[("package/_core.so", &library)]);
    assert_eq!(
        error_of_directory(site_packages.path()),
        "/site-packages/package/_core.so: \
         it needs the symbol dgemm_, which neither the base nor another library defines; \
         add the library that defines it, or link that statically\n"
    );
}

#[test]
fn different_files_at_one_path() {
    let one = directory(&[("shared/__init__.py", b"1")]);
    let other = directory(&[("shared/__init__.py", b"2")]);
    let error = error_of(one.path(), |recipe| {
        recipe.add_site_packages(one.path())?;
        recipe.add_site_packages(other.path())
    });
    assert_eq!(
        error.replace(&other.path().display().to_string(), "OTHER"),
        "DIRECTORY and OTHER have different files at shared/__init__.py; \
         remove one of the two packages\n"
    );
}

#[test]
fn equal_files_at_one_path() {
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
fn two_libraries_at_one_path() {
    let library = wat::parse_str(LIBRARY).expect("it is well-formed");
    let one = directory(&[("shared/_core.so", &library)]);
    let error = error_of(one.path(), |recipe| {
        recipe.add_site_packages(one.path())?;
        recipe.add_library("shared/_core.so", library)
    });
    assert_eq!(
        error,
        "DIRECTORY and shared/_core.so both have the library shared/_core.so; \
         remove one of the two packages\n"
    );
}

#[test]
fn file_where_another_package_has_a_directory() {
    let one = directory(&[("shared", b"a file")]);
    let other = directory(&[("shared/__init__.py", b"")]);
    let error = error_of(one.path(), |recipe| {
        recipe.add_site_packages(one.path())?;
        recipe.add_site_packages(other.path())
    });
    assert_eq!(
        error.replace(&other.path().display().to_string(), "OTHER"),
        "shared is a file in DIRECTORY and a directory in OTHER; remove one of the two packages\n"
    );
}

#[test]
fn same_directory_twice() {
    let site_packages = directory(&[("package.py", b"")]);
    let error = error_of(site_packages.path(), |recipe| {
        recipe.add_site_packages(site_packages.path())?;
        recipe.add_site_packages(site_packages.path())
    });
    assert_eq!(error, "DIRECTORY was added twice; remove one of the two\n");
}

#[test]
fn directory_without_the_package() {
    let site_packages = directory(&[("nompy/__init__.py", b"")]);
    let error = error_of(site_packages.path(), |recipe| {
        recipe.add_package_directory("numpy", site_packages.path())
    });
    assert_eq!(
        error,
        "DIRECTORY does not contain the package numpy; use the directory that `import numpy` would search\n"
    );
}

#[test]
fn extension_of_another_abi() {
    let mut old = TINY;
    old.abi = "cp313-wasip1-sdk24";
    let error = error_of(Path::new("DIRECTORY"), |recipe| recipe.add_extension(&old));
    assert_eq!(
        error,
        "tiny 1.0 was built for the ABI cp313-wasip1-sdk24, but this eryx links \
         cp314-wasip2-sdk33; rebuild the package, or use the release of it for this eryx\n"
    );
}

#[test]
fn extension_without_its_requirement() {
    let mut needing = TINY;
    needing.requires = &["numpy"];
    let error = error_of(Path::new("DIRECTORY"), |recipe| {
        recipe.add_extension(&needing)
    });
    assert_eq!(
        error,
        "tiny requires numpy, which is not in the image; add its extension crate or feature\n"
    );
}

#[test]
fn extensions_that_require_each_other() {
    let (mut one, mut other) = (TINY, TINY);
    (one.name, one.requires) = ("one", &["other"]);
    (other.name, other.requires, other.libraries) = ("other", &["one"], &[]);
    let error = error_of(Path::new("DIRECTORY"), |recipe| {
        recipe.add_extension(&one)?;
        recipe.add_extension(&other)
    });
    assert_eq!(
        error,
        "the packages one, other require each other in a circle\n"
    );
}

#[test]
fn extension_twice() {
    let error = error_of(Path::new("DIRECTORY"), |recipe| {
        recipe.add_extension(&TINY)?;
        recipe.add_extension(&TINY)
    });
    assert_eq!(error, "tiny was added twice; remove one of the two\n");
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
        let error = error_of(Path::new("DIRECTORY"), |recipe| {
            recipe.add_extension(&damaged)
        });
        let path = GOOD.path;
        assert_eq!(
            error,
            format!(
                "{path}, which is embedded in this program, is damaged; build the program again\n"
            )
        );
    }
}
