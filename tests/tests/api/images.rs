//! Building, caching and identifying images.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Barrier;
use std::thread;

use eryx::{BuildError, Sandbox, SandboxBuilder, Step};
use eryx_tests::{
    NUMPY, PACKAGES, Steps, TINY, TINY_PATH, build, directory, image_cache, stdout, tiny_library,
    tiny_source,
};

/// The environment variable of a child process that prints the steps of its build.
const CHILD: &str = "ERYX_TESTS_CHILD";

fn tiny() -> SandboxBuilder {
    Sandbox::builder().with_extension(eryx_ext_tiny::EXTENSION)
}

#[test]
fn second_build_uses_the_cache() {
    let first = TINY.image_id().to_owned();
    let steps = Steps::default();
    let again = build(tiny().on_progress(steps.listener()));
    assert_eq!(steps.taken(), []);
    assert_eq!(again.image_id(), first);
}

#[test]
fn second_process_uses_the_cache() {
    let first = TINY.image_id();
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "images::child", "--nocapture", "--ignored"])
        .env(CHILD, "1")
        .output()
        .expect("the command runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains(&format!("[] {first} 5\n")), "{text}");
}

/// The child process of the test above.
#[test]
#[ignore = "another test starts it"]
#[expect(clippy::print_stdout, reason = "the test that started it reads this")]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let steps = Steps::default();
    let sandbox = build(tiny().on_progress(steps.listener()));
    let answer = stdout(&sandbox, "import tiny; print(tiny.vowels('education'))");
    println!("\n{:?} {} {answer}", steps.taken(), sandbox.image_id());
}

#[test]
fn ids_identify_images() {
    let packages = || {
        let directory = directory(PACKAGES);
        let sandbox = build(Sandbox::builder().with_site_packages(directory.path()));
        sandbox.image_id().to_owned()
    };
    // Two directories with the same contents.
    let (one, same) = (packages(), packages());
    assert_eq!(one.len(), 64);
    assert!(one.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(one, same);
    let ids = [&*one, TINY.image_id(), NUMPY.image_id()];
    for (index, id) in ids.iter().enumerate() {
        assert!(!ids[..index].contains(id));
    }
}

/// Ten threads build the same new sandbox: one of them builds the image. Then the cache is damaged.
#[test]
fn built_once_and_again_if_damaged() {
    let cache = tempfile::tempdir().expect("a temporary directory");
    let packages = directory(&[
        ("tiny/__init__.py", &tiny_source()),
        (TINY_PATH, &tiny_library()),
    ]);
    let build = || {
        let steps = Steps::default();
        let sandbox = Sandbox::builder()
            .with_site_packages(packages.path())
            .with_cache_dir(cache.path())
            .on_progress(steps.listener())
            .build()
            .expect("the sandbox is built");
        (sandbox, steps.taken())
    };
    let at_once = Barrier::new(10);
    let built: Vec<_> = thread::scope(|scope| {
        let start = || {
            scope.spawn(|| {
                at_once.wait();
                build()
            })
        };
        let threads: Vec<_> = (0..10).map(|_| start()).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    let all = [
        Step::Check,
        Step::Link,
        Step::Fuse,
        Step::Compile,
        Step::Boot,
    ];
    assert_eq!(built.iter().filter(|(_, steps)| *steps == all).count(), 1);
    assert_eq!(
        built.iter().filter(|(_, steps)| steps.is_empty()).count(),
        9
    );
    let code = "import tiny; print(tiny.vowels('education'))";
    for (sandbox, _) in &built {
        assert_eq!(stdout(sandbox, code), "5\n");
    }
    assert_eq!(leftovers(cache.path()), Vec::<PathBuf>::new());

    let file = cache.path().join("images").join(built[0].0.image_id());
    drop(built);
    for damage in [cut_in_half, empty, change_a_bit, put_another_in_its_place] {
        damage(&file);
        let (sandbox, steps) = build();
        assert_eq!(steps, all);
        assert_eq!(stdout(&sandbox, code), "5\n");
        assert_eq!(build().1, []);
        assert_eq!(leftovers(cache.path()), Vec::<PathBuf>::new());
    }
}

/// Replaces a file, so that a sandbox that has it mapped keeps the old one.
fn replace(file: &Path, bytes: &[u8]) {
    fs::remove_file(file).expect("the directory is writable");
    fs::write(file, bytes).expect("the directory is writable");
}

fn cut_in_half(file: &Path) {
    let bytes = fs::read(file).expect("the file exists");
    replace(file, &bytes[..bytes.len() / 2]);
}

fn empty(file: &Path) {
    replace(file, b"");
}

fn change_a_bit(file: &Path) {
    let mut bytes = fs::read(file).expect("the file exists");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    replace(file, &bytes);
}

fn put_another_in_its_place(file: &Path) {
    let other = image_cache().join("images").join(TINY.image_id());
    let other = fs::read(other).expect("the file exists");
    replace(file, &other);
}

/// Returns the files in the cache that are neither images nor their manifests, except for those that
/// were set aside.
fn leftovers(cache: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(cache.join("images")).expect("the directory of images");
    let paths = entries.map(|entry| entry.expect("an entry of it").path());
    let is_left_over = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(".making") || name.ends_with(".lock")
    };
    paths.filter(is_left_over).collect()
}

/// The next image reuses functions that were compiled for another.
#[test]
fn functions_are_compiled_once() {
    let _ = TINY.image_id();
    let directory = directory(&[("another.py", b"")]);
    let steps = Steps::default();
    // A cache of its own: the contents of the shared one are unknown.
    let cache = tempfile::tempdir().expect("a temporary directory");
    let build = |builder: SandboxBuilder| {
        builder
            .with_cache_dir(cache.path())
            .build()
            .expect("the sandbox is built")
    };
    build(tiny());
    let packages = tiny().with_site_packages(directory.path());
    let sandbox = build(packages.on_progress(steps.listener()));
    assert_eq!(stdout(&sandbox, "import another, tiny; print(1)"), "1\n");

    // The same code, and other files.
    let compiled = steps.last(Step::Compile);
    assert!(compiled.total > 10_000, "{compiled:?}");
    assert_eq!(compiled.done, compiled.total);
    assert_eq!(compiled.reused, compiled.total);

    // One more small extension: the base is not compiled again.
    let library = tiny_library();
    let packages = tiny().with_native_extension("more/_native.cpython-314-wasm32-wasi.so", library);
    let sandbox = build(packages.on_progress(steps.listener()));
    assert_eq!(
        stdout(&sandbox, "import tiny, more._native; print(1)"),
        "1\n"
    );
    let compiled = steps.last(Step::Compile);
    assert_eq!(compiled.done, compiled.total);
    assert!(
        compiled.total - compiled.reused < 100,
        "too many functions were compiled: {compiled:?}"
    );
}

#[test]
fn cache_that_is_not_a_directory() {
    let directory = directory(&[("cache", b"a file")]);
    let text = refused(&directory.path().join("cache"));
    assert!(text.contains("it is not a directory"), "{text}");
}

/// The cache holds machine code: other users must not be able to write to it.
#[cfg(unix)]
#[test]
fn cache_that_is_not_private() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let directory = directory(&[("real/file", b""), ("open/images/file", b"")]);
    let link = directory.path().join("link");
    symlink(directory.path().join("real"), &link).expect("the directory is writable");
    let text = refused(&link);
    assert!(text.contains("it is a symbolic link"), "{text}");

    let open = directory.path().join("open");
    let anybody = |path: &Path| {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777))
            .expect("the directory is writable");
    };
    anybody(&open.join("images"));
    let text = refused(&open);
    assert!(text.contains("open/images"), "{text}");
    assert!(text.contains("others can write to it"), "{text}");

    anybody(&open);
    let text = refused(&open.join("cache"));
    assert!(text.contains("every user can replace its entries"), "{text}");
}

/// Returns the error for a cache directory that is refused.
fn refused(cache: &Path) -> String {
    let result = tiny().with_cache_dir(cache).build();
    let Err(error @ BuildError::UnsafeCache { .. }) = result else {
        panic!("{result:?}");
    };
    let text = error.to_string();
    assert!(text.contains("belongs to you"), "{text}");
    text
}

#[cfg(unix)]
#[test]
fn cache_is_private() {
    use std::os::unix::fs::PermissionsExt as _;

    let _ = TINY.image_id();
    for path in ["", "images", "functions", "code"] {
        let metadata = fs::metadata(image_cache().join(path)).expect("the file exists");
        assert_eq!(metadata.permissions().mode() & 0o077, 0, "{path}");
    }
    let image = image_cache().join("images").join(TINY.image_id());
    let metadata = fs::metadata(image).expect("the file exists");
    assert_eq!(metadata.permissions().mode() & 0o077, 0);
    let tag = fs::read_to_string(image_cache().join("CACHEDIR.TAG")).expect("the file exists");
    assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
}

/// No user can create a directory in `/proc`.
#[cfg(target_os = "linux")]
#[test]
fn cache_that_cannot_be_created() {
    let sandbox = tiny().with_cache_dir("/proc/eryx").build();
    let sandbox = sandbox.expect("the sandbox is built");
    assert!(sandbox.image().cache_error().is_some());
    let code = "import tiny; print(tiny.vowels('education'))";
    assert_eq!(stdout(&sandbox, code), "5\n");
}
