//! Host directories that are copied into an image.

use std::fs;
use std::path::Path;

use eryx::{BuildError, Sandbox};
use eryx_tests::{build, directory, execute, fails, image_cache, raised, stdout};

fn error_of(directory: &Path, path: &str) -> BuildError {
    let builder = Sandbox::builder().with_directory(directory, path);
    let result = builder.with_cache_dir(image_cache()).build();
    result.expect_err("it cannot be")
}

#[test]
fn is_there_and_read_only() {
    let directory = directory(&[
        ("a.txt", b"one"),
        ("sub/folder/b.bin", b"\xff\0"),
        ("module.py", b"value = 7"),
        ("empty", b""),
        ("größe", b"name"),
    ]);
    let sandbox = build(Sandbox::builder().with_directory(directory.path(), "/data"));
    // `build` has read the directory; later changes have no effect.
    fs::write(directory.path().join("a.txt"), "changed").expect("the directory is writable");
    fs::write(directory.path().join("new"), "new").expect("the directory is writable");
    let code = "import os, sys
print(sorted(os.listdir('/data')), open('/data/a.txt').read(), open('/data/sub/folder/b.bin', 'rb').read())
print(os.stat('/data/a.txt').st_size, os.path.getsize('/data/empty'))
sys.path.append('/data'); import module; print(module.value)";
    let expected = "['a.txt', 'empty', 'größe', 'module.py', 'sub'] one b'\\xff\\x00'\n3 0\n7\n";
    assert_eq!(stdout(&sandbox, code), expected);
    for code in [
        "open('/data/a.txt', 'w')",
        "open('/data/a.txt', 'a')",
        "open('/data/new', 'w')",
        "import os; os.remove('/data/a.txt')",
        "import os; os.rename('/data/a.txt', '/tmp/a')",
        "import os; os.truncate('/data/a.txt', 0)",
        "import os; os.mkdir('/data/new')",
        "import os; os.rename('/data', '/other')",
        "import shutil; shutil.rmtree('/data')",
    ] {
        let error = fails(&sandbox, code);
        let (type_name, _) = raised(&error);
        assert!(
            ["OSError", "PermissionError"].contains(&type_name),
            "{code}: {error}"
        );
    }
    assert_eq!(
        stdout(&sandbox, "print(open('/data/a.txt').read())"),
        "one\n"
    );
}

#[cfg(unix)]
#[test]
fn links_that_lead_out_are_refused() {
    use std::os::unix::fs::symlink;

    let inside = directory(&[("a", b"1")]);
    symlink("a", inside.path().join("link")).expect("the link is created");
    let sandbox = build(Sandbox::builder().with_directory(inside.path(), "/data"));
    assert_eq!(stdout(&sandbox, "print(open('/data/link').read())"), "1\n");

    let secret = directory(&[("secret", b"secret")]);
    for target in [
        secret.path().join("secret"),
        secret.path().into(),
        "/etc/passwd".into(),
        "../".into(),
    ] {
        let directory = directory(&[("a", b"1")]);
        symlink(&target, directory.path().join("link")).expect("the link is created");
        let error = error_of(directory.path(), "/data");
        assert!(
            error.to_string().contains("link"),
            "{}: {error}",
            target.display()
        );
    }
    // A dangling link, and a link in a cycle.
    for target in ["none", "link", "."] {
        let directory = directory(&[("a", b"1")]);
        symlink(target, directory.path().join("link")).expect("the link is created");
        let error = error_of(directory.path(), "/data");
        assert!(error.to_string().contains("link"), "{target}: {error}");
    }
}

#[test]
fn invalid_paths() {
    let directory = directory(&[("a", b"1")]);
    for path in [
        "",
        "/",
        "data",
        "../data",
        "/../data",
        "/a/../b",
        "/data\0",
        "/python",
        "/python/x",
        "/site-packages",
        "/dev",
        "/tmp/../python",
    ] {
        let error = error_of(directory.path(), path);
        assert!(
            matches!(&error, BuildError::GuestFolder { path: it, .. } if it == path),
            "{path:?}: {error:?}"
        );
    }
    assert!(matches!(
        error_of(Path::new("/no/such/folder"), "/data"),
        BuildError::Read { .. }
    ));
    assert!(matches!(
        error_of(&directory.path().join("a"), "/data"),
        BuildError::Read { .. }
    ));
}

#[test]
fn two_directories_at_one_path() {
    let (one, other) = (directory(&[("a", b"1")]), directory(&[("b", b"2")]));
    let builder = Sandbox::builder().with_directory(one.path(), "/data");
    let builder = builder
        .with_directory(other.path(), "/data")
        .with_cache_dir(image_cache());
    match builder.build() {
        // Either both are merged, or `build` refuses them.
        Ok(sandbox) => {
            let code = "import os; print(sorted(os.listdir('/data')))";
            let result = execute(&sandbox, code).expect("the program succeeds");
            assert_eq!(result.stdout, "['a', 'b']\n");
        }
        Err(error) => assert!(error.to_string().contains("/data"), "{error}"),
    }
}
