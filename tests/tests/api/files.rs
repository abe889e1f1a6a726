//! Image files: built once, loaded anywhere.

use std::fs;
use std::path::{Path, PathBuf};

use eryx::{BuildError, Sandbox};
use eryx_tests::{TINY, stdout};
use tempfile::TempDir;

const CODE: &str = "import tiny; print(tiny.vowels('education'))";

/// Saves the image with `tiny` to a file.
fn saved() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("tiny.eryx");
    TINY.image().save(&file).expect("the file can be written");
    (directory, file)
}

/// Returns the reason why a file cannot be loaded.
fn refused(file: &Path) -> String {
    match Sandbox::from_image_file(file) {
        Err(error @ (BuildError::File { .. } | BuildError::Read { .. })) => {
            let text = error.to_string();
            assert!(text.contains(&file.display().to_string()), "{text}");
            text
        }
        other => panic!("{other:?}"),
    }
}

/// Replaces a text in a file.
fn change(file: &Path, old: &str, new: &str) {
    assert_eq!(old.len(), new.len());
    let mut bytes = fs::read(file).expect("the file exists");
    // The manifest is at the end of the file.
    let end = bytes.len() - 4096;
    let at = bytes[end..]
        .windows(old.len())
        .position(|window| window == old.as_bytes())
        .expect("the file contains the text");
    bytes[end + at..end + at + new.len()].copy_from_slice(new.as_bytes());
    fs::write(file, bytes).expect("the directory is writable");
}

#[test]
fn saved_and_loaded() {
    let (_directory, file) = saved();
    let sandbox = Sandbox::from_image_file(&file).expect("the image file loads");
    assert_eq!(sandbox.image_id(), TINY.image_id());
    assert_eq!(stdout(&sandbox, CODE), "5\n");
    // Save the loaded image over the old file.
    sandbox
        .image()
        .save(&file)
        .expect("the file can be written");
    let sandbox = Sandbox::from_image_file(&file).expect("the image file loads");
    assert_eq!(stdout(&sandbox, CODE), "5\n");
}

#[test]
fn built_by_another_version() {
    let (_directory, file) = saved();
    let version = env!("CARGO_PKG_VERSION");
    change(
        &file,
        &format!("eryx {version}\nid "),
        &format!("eryx {}\nid ", version.replace('0', "9")),
    );
    let text = refused(&file);
    assert!(text.contains("it was made by eryx 9.1.9"), "{text}");
    assert!(text.contains("this is eryx 0.1.0"), "{text}");
}

#[test]
fn built_for_another_machine() {
    let (_directory, file) = saved();
    let arch = std::env::consts::ARCH;
    let other = "m".repeat(arch.len());
    change(&file, &format!("target {arch}"), &format!("target {other}"));
    let text = refused(&file);
    assert!(text.contains(&format!("it was made for {other}")), "{text}");
}

#[cfg(target_arch = "x86_64")]
#[test]
fn built_for_a_newer_processor() {
    let (_directory, file) = saved();
    change(&file, "has_sse41", "has_sse99");
    let text = refused(&file);
    assert!(text.contains("a processor with has_sse99"), "{text}");
    assert!(text.contains("--cpu native"), "{text}");
}

#[test]
fn damaged() {
    let (_directory, file) = saved();
    let good = fs::read(&file).expect("the file exists");
    let mut bytes = good.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&file, &bytes).expect("the directory is writable");
    assert!(refused(&file).contains("its checksum does not match its contents"));

    fs::write(&file, &good[..middle]).expect("the directory is writable");
    assert!(refused(&file).contains("its end is missing"));
    fs::write(&file, b"").expect("the directory is writable");
    assert!(refused(&file).contains("its end is missing"));
    fs::remove_file(&file).expect("the directory is writable");
    assert!(refused(&file).contains("cannot read"));
}

#[cfg(unix)]
#[test]
fn writable_by_every_user() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_directory, file) = saved();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666))
        .expect("the directory is writable");
    assert!(refused(&file).contains("every user can write to it"));
}

#[test]
fn failed_saves_leave_no_file() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let missing = directory.path().join("missing/tiny.eryx");
    let error = TINY
        .image()
        .save(&missing)
        .expect_err("there is no such directory");
    assert!(error.to_string().contains(&missing.display().to_string()));
    // A file cannot replace a directory.
    let taken = directory.path().join("taken");
    fs::create_dir(&taken).expect("the directory is writable");
    fs::write(taken.join("file"), b"").expect("the directory is writable");
    TINY.image().save(&taken).expect_err("it is a directory");
    let names: Vec<_> = fs::read_dir(directory.path())
        .expect("the directory is writable")
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
}
