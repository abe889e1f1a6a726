use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The image cache of all tests: `tmp/images` in cargo's target directory.
///
/// All test programs share it, so an image is compiled once for all of them, and no test reads or
/// writes the user's own cache.
pub fn image_cache() -> &'static Path {
    static CACHE: LazyLock<PathBuf> = LazyLock::new(|| {
        let program = std::env::current_exe().expect("the path of the test program is known");
        target_directory(&program).join("tmp").join("images")
    });
    &CACHE
}

/// The directory above that of the profile, in which cargo puts a program.
///
/// A test program is `target/PROFILE/deps/NAME`, other programs are `target/PROFILE/NAME`.
fn target_directory(program: &Path) -> &Path {
    let mut directories = program.ancestors().skip(1).peekable();
    directories.next_if(|directory| directory.ends_with("deps"));
    let target = directories.nth(1);
    target.expect("cargo puts programs into a profile's directory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_directory_of_programs() {
        for (program, target) in [
            ("/eryx/target/debug/deps/api-0123", "/eryx/target"),
            ("/eryx/target/release/eryx", "/eryx/target"),
            ("/fuzz/target/triple/release/program", "/fuzz/target/triple"),
        ] {
            assert_eq!(target_directory(Path::new(program)), Path::new(target));
        }
    }
}
