//! Images in files: made once, loaded anywhere.

use std::fs;
use std::path::{Path, PathBuf};

use eryx::{BuildError, Sandbox};
use eryx_tests::{TINY, stdout};
use tempfile::TempDir;

const CODE: &str = "import tiny; print(tiny.vowels('education'))";

/// The image with `tiny` in a file of its own.
fn saved() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("tiny.eryx");
    TINY.image().save(&file).expect("it can be written");
    (folder, file)
}

/// Why a file cannot be loaded.
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

/// Writes a file anew with something in it changed.
fn change(file: &Path, old: &str, new: &str) {
    assert_eq!(old.len(), new.len());
    let mut bytes = fs::read(file).expect("it was written");
    // What an image says of itself is at its end.
    let end = bytes.len() - 4096;
    let at = bytes[end..]
        .windows(old.len())
        .position(|window| window == old.as_bytes())
        .expect("it says so");
    bytes[end + at..end + at + new.len()].copy_from_slice(new.as_bytes());
    fs::write(file, bytes).expect("it is ours");
}

#[test]
fn saved_and_loaded() {
    let (_folder, file) = saved();
    let sandbox = Sandbox::from_image_file(&file).expect("it is loaded");
    assert_eq!(sandbox.image_id(), TINY.image_id());
    assert_eq!(stdout(&sandbox, CODE), "5\n");
    // And again from what was loaded, in place of the old one.
    sandbox.image().save(&file).expect("it can be written");
    let sandbox = Sandbox::from_image_file(&file).expect("it is loaded");
    assert_eq!(stdout(&sandbox, CODE), "5\n");
}

#[test]
fn made_by_another_version() {
    let (_folder, file) = saved();
    let version = env!("CARGO_PKG_VERSION");
    change(
        &file,
        &format!("eryx {version}\nid "),
        &format!("eryx {}\nid ", version.replace('0', "9")),
    );
    let text = refused(&file);
    assert!(text.contains("it was made by eryx 9.1.9"), "{text}");
    assert!(text.contains("this is 0.1.0"), "{text}");
}

#[test]
fn made_for_another_machine() {
    let (_folder, file) = saved();
    let arch = std::env::consts::ARCH;
    let other = "m".repeat(arch.len());
    change(&file, &format!("target {arch}"), &format!("target {other}"));
    let text = refused(&file);
    assert!(text.contains(&format!("it was made for {other}")), "{text}");
}

#[cfg(target_arch = "x86_64")]
#[test]
fn made_for_a_newer_processor() {
    let (_folder, file) = saved();
    change(&file, "has_sse41", "has_sse99");
    let text = refused(&file);
    assert!(text.contains("a processor with has_sse99"), "{text}");
    assert!(text.contains("--cpu native"), "{text}");
}

#[test]
fn damaged() {
    let (_folder, file) = saved();
    let good = fs::read(&file).expect("it was written");
    let mut bytes = good.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&file, &bytes).expect("it is ours");
    assert!(refused(&file).contains("its checksum does not match its contents"));

    fs::write(&file, &good[..middle]).expect("it is ours");
    assert!(refused(&file).contains("its end is missing"));
    fs::write(&file, b"").expect("it is ours");
    assert!(refused(&file).contains("its end is missing"));
    fs::remove_file(&file).expect("it is ours");
    assert!(refused(&file).contains("cannot read"));
}

#[cfg(unix)]
#[test]
fn that_everybody_can_write_to() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_folder, file) = saved();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).expect("it is ours");
    assert!(refused(&file).contains("every user can write to it"));
}

#[test]
fn nothing_half_written_stays() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let missing = folder.path().join("missing/tiny.eryx");
    let error = TINY
        .image()
        .save(&missing)
        .expect_err("there is no such folder");
    assert!(error.to_string().contains(&missing.display().to_string()));
    // A folder cannot be replaced by a file.
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).expect("it is ours");
    fs::write(taken.join("file"), b"").expect("it is ours");
    TINY.image().save(&taken).expect_err("it is a folder");
    let names: Vec<_> = fs::read_dir(folder.path()).expect("it is ours").collect();
    assert_eq!(names.len(), 1, "{names:?}");
}
