use std::fs;

use tempfile::TempDir;

/// Creates a temporary directory that holds these files, each a path and its contents.
pub fn directory(files: &[(&str, &[u8])]) -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory can be created");
    for (path, contents) in files {
        let path = directory.path().join(path);
        let parent = path.parent().expect("the path has a parent");
        fs::create_dir_all(parent).expect("the parent directory can be created");
        fs::write(path, contents).expect("the file can be written");
    }
    directory
}
