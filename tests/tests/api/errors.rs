//! The errors that `build` reports for wrong arguments of a builder.

use eryx::{BuildError, LibraryFault, Sandbox, SandboxBuilder, SharedLibraryError};
use eryx_tests::{TINY_PATH, directory, image_cache, tiny_library};

fn error_of(builder: SandboxBuilder) -> BuildError {
    let result = builder.with_cache_dir(image_cache()).build();
    result.expect_err("something is wrong with it")
}

#[test]
fn library_of_linux() {
    let name = "pkg/_core.cpython-314-x86_64-linux-gnu.so";
    let error = error_of(Sandbox::builder().with_native_extension(name, *b"\x7fELF\x02\x01"));
    assert!(matches!(
        &error,
        BuildError::Library {
            library,
            fault: LibraryFault::Unreadable(SharedLibraryError::NotWebAssembly { .. }),
        } if library.ends_with(name)
    ));
    assert_eq!(
        error.to_string(),
        "/site-packages/pkg/_core.cpython-314-x86_64-linux-gnu.so: it is an ELF library for Linux \
         or another Unix, not a WebAssembly module; eryx takes libraries built for wasm32-wasi"
    );
}

#[test]
fn library_outside_site_packages() {
    let builder = Sandbox::builder();
    let error = error_of(builder.with_native_extension("../lib.so", tiny_library()));
    assert_eq!(
        error.to_string(),
        "\"../lib.so\" is not a valid path in the sandbox's site-packages: it leads out of its \
         directory; use one like `package/module.so`"
    );
}

/// `build` reports all mistakes, not only the first.
#[test]
fn all_mistakes() {
    let builder = Sandbox::builder()
        .with_site_packages("/no/such/directory")
        .with_native_extension("../lib.so", tiny_library())
        .with_directory("/no/such/directory", "relative");
    let BuildError::Several { errors } = error_of(builder) else {
        panic!("there are three");
    };
    assert!(
        matches!(
            &*errors,
            [
                BuildError::Read { .. },
                BuildError::GuestPath { .. },
                BuildError::GuestDirectory { .. }
            ]
        ),
        "{errors:?}"
    );
}

/// Every library that cannot be linked has an error of its own.
#[test]
fn all_libraries() {
    let builder = Sandbox::builder()
        .with_native_extension("a.cpython-313-wasm32-wasi.so", tiny_library())
        .with_native_extension("b.so", *b"\x7fELF\x02\x01")
        .with_native_extension(TINY_PATH, tiny_library());
    let BuildError::Several { errors } = error_of(builder) else {
        panic!("there are two");
    };
    let libraries: Vec<_> = errors
        .iter()
        .map(|error| match error {
            BuildError::Library { library, .. } => &**library,
            other => panic!("{other}"),
        })
        .collect();
    let expected = [
        "/site-packages/a.cpython-313-wasm32-wasi.so",
        "/site-packages/b.so",
    ];
    assert_eq!(libraries, expected);
}

#[test]
fn library_twice() {
    let builder = Sandbox::builder().with_extension(eryx_ext_tiny::EXTENSION);
    let error = error_of(builder.with_native_extension(TINY_PATH, tiny_library()));
    assert_eq!(
        error.to_string(),
        format!(
            "tiny and {TINY_PATH} both have the library {TINY_PATH}; remove one of the two packages"
        )
    );
}

#[test]
fn extension_twice() {
    let builder = Sandbox::builder().with_extension(eryx_ext_tiny::EXTENSION);
    let error = error_of(builder.with_extension(eryx_ext_tiny::EXTENSION));
    assert_eq!(
        error.to_string(),
        "tiny was added twice; remove one of the two"
    );
}

#[test]
fn extension_without_what_it_requires() {
    let mut extension = eryx_ext_tiny::EXTENSION;
    extension.requires = &["numpy"];
    let error = error_of(Sandbox::builder().with_extension(extension));
    assert!(matches!(error, BuildError::Requires { .. }), "{error}");
}

#[test]
fn extension_of_another_abi() {
    let mut extension = eryx_ext_tiny::EXTENSION;
    extension.abi = "cp313-wasip1-sdk24";
    let error = error_of(Sandbox::builder().with_extension(extension));
    assert!(matches!(error, BuildError::Abi { .. }), "{error}");
}

#[test]
fn missing_directory() {
    let error = error_of(Sandbox::builder().with_site_packages("/no/such/folder"));
    assert_eq!(error.to_string(), "cannot read /no/such/folder");
}

#[test]
fn directory_without_numpy() {
    let directory = directory(&[("scipy/__init__.py", b"")]);
    let error = error_of(Sandbox::builder().with_numpy(directory.path()));
    assert!(
        error
            .to_string()
            .contains("does not contain the package numpy"),
        "{error}"
    );
}
