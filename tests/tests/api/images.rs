//! How images are made once, kept, and known by what they are made of.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Barrier;
use std::thread;

use eryx::{BuildError, Sandbox, SandboxBuilder, Step};

use crate::support::{
    CACHE, NUMPY, PACKAGES, Steps, TINY, TINY_PATH, build, folder, stdout, tiny_library,
    tiny_source,
};

/// Set in a process that is to say which steps it takes.
const CHILD: &str = "ERYX_TESTS_CHILD";

fn tiny() -> SandboxBuilder {
    Sandbox::builder().with_extension(eryx_ext_tiny::EXTENSION)
}

#[test]
fn second_build_is_a_look_up() {
    let first = TINY.image_id().to_owned();
    let steps = Steps::default();
    let again = build(tiny().on_step(steps.listener()));
    assert_eq!(steps.taken(), []);
    assert_eq!(again.image_id(), first);
}

#[test]
fn second_process_finds_the_image() {
    let first = TINY.image_id();
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "images::child", "--nocapture", "--ignored"])
        .env(CHILD, "1")
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains(&format!("[] {first} 5\n")), "{text}");
}

/// What the process of the test above does.
#[test]
#[ignore = "another test starts it"]
#[expect(clippy::print_stdout, reason = "the test that started it reads this")]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let steps = Steps::default();
    let sandbox = build(tiny().on_step(steps.listener()));
    let answer = stdout(&sandbox, "import tiny; print(tiny.vowels('education'))");
    println!("\n{:?} {} {answer}", steps.taken(), sandbox.image_id());
}

#[test]
fn ids_tell_images_apart() {
    let packages = || {
        let folder = folder(PACKAGES);
        let sandbox = build(Sandbox::builder().with_site_packages(folder.path()));
        sandbox.image_id().to_owned()
    };
    // Two folders with the same in them.
    let (one, same) = (packages(), packages());
    assert_eq!(one.len(), 64);
    assert!(one.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(one, same);
    let ids = [&*one, TINY.image_id(), NUMPY.image_id()];
    for (index, id) in ids.iter().enumerate() {
        assert!(!ids[..index].contains(id));
    }
}

/// Ten threads want the same new sandbox: one of them makes it. Then what they share is damaged.
#[test]
fn made_once_and_again_if_damaged() {
    let cache = tempfile::tempdir().expect("a temporary folder");
    let packages = folder(&[
        ("tiny/__init__.py", &tiny_source()),
        (TINY_PATH, &tiny_library()),
    ]);
    let build = || {
        let steps = Steps::default();
        let sandbox = Sandbox::builder()
            .with_site_packages(packages.path())
            .with_cache_dir(cache.path())
            .on_step(steps.listener())
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
    let all = [Step::Check, Step::Link, Step::Boot, Step::Compile];
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

    let component = cache
        .path()
        .join("images")
        .join(built[0].0.image_id())
        .join("component.cwasm");
    drop(built);
    for damage in [cut_in_half, empty] {
        damage(&component);
        let (sandbox, steps) = build();
        assert_eq!(steps, all);
        assert_eq!(stdout(&sandbox, code), "5\n");
        assert_eq!(build().1, []);
        assert_eq!(leftovers(cache.path()), Vec::<PathBuf>::new());
    }
}

fn cut_in_half(file: &Path) {
    let bytes = fs::read(file).expect("it was made");
    fs::remove_file(file).expect("it is ours");
    fs::write(file, &bytes[..bytes.len() / 2]).expect("it is ours");
}

fn empty(file: &Path) {
    fs::remove_file(file).expect("it is ours");
    fs::write(file, "").expect("it is ours");
}

/// What making an image has left behind that is neither an image nor a lock.
fn leftovers(cache: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(cache.join("images")).expect("the folder of images");
    let paths = entries.map(|entry| entry.expect("an entry of it").path());
    let is_temporary = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with('.')
    };
    paths.filter(is_temporary).collect()
}

#[test]
fn cache_that_is_no_folder() {
    let folder = folder(&[("cache", b"a file")]);
    let result = tiny().with_cache_dir(folder.path().join("cache")).build();
    let Err(error @ BuildError::Cache { .. }) = result else {
        panic!("{result:?}");
    };
    let text = error.to_string();
    assert!(
        text.contains(&folder.path().display().to_string()),
        "{text}"
    );
    assert!(text.contains("with_cache_dir"), "{text}");
}

/// The folder holds machine code: nobody else may write to it.
#[cfg(unix)]
#[test]
fn cache_is_private() {
    use std::os::unix::fs::PermissionsExt as _;

    let _ = TINY.image_id();
    let metadata = fs::metadata(Path::new(CACHE).join("images")).expect("it was made");
    assert_eq!(metadata.permissions().mode() & 0o077, 0);
}
