//! Trees of files: reading them from a directory or an archive, and merging those of several
//! packages.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use eryx_artifact::package_path;

use crate::error::ImageError;
use crate::input::bytes::Compressed;

/// The limit on the number of files in one directory.
const FILES_LIMIT: usize = 100_000;
/// The limit on the total size of the files in one directory, in bytes.
const BYTES_LIMIT: u64 = 1 << 30;

/// File contents by path. A path is relative, with `/` between its parts.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Checks a path in `site-packages` and returns it relative to that directory.
///
/// An absolute path below `/site-packages` is accepted as well.
pub(crate) fn guest_path(path: &str) -> Result<String, ImageError> {
    let relative = path.strip_prefix("/site-packages/").unwrap_or(path);
    match package_path::check(relative) {
        Ok(()) => Ok(relative.to_owned()),
        Err(error) => Err(ImageError::GuestPath {
            path: path.to_owned(),
            reason: format!("it {error}"),
        }),
    }
}

/// Checks the absolute guest path of a copied directory, and returns it without a trailing `/`.
pub(crate) fn guest_directory(path: &str) -> Result<String, ImageError> {
    /// The directories that every sandbox already has.
    const TAKEN: [&str; 4] = ["dev", "python", "site-packages", "tmp"];

    let check = || {
        let relative = path.strip_prefix('/').ok_or("it is not absolute")?;
        let relative = relative.strip_suffix('/').unwrap_or(relative);
        package_path::check(relative).map_err(|error| format!("it {error}"))?;
        let (first, rest) = relative.split_once('/').unwrap_or((relative, ""));
        if TAKEN.contains(&first) && (first != "tmp" || rest.is_empty()) {
            return Err("the sandbox reserves this directory".to_owned());
        }
        Ok(format!("/{relative}"))
    };
    check().map_err(|reason| ImageError::GuestFolder {
        path: path.to_owned(),
        reason,
    })
}

/// Reads all files below a directory, except `__pycache__` directories.
pub(crate) fn read_directory(directory: &Path) -> Result<Files, ImageError> {
    let mut files = Files::new();
    let mut bytes = 0;
    let mut directories = vec![(directory.to_owned(), String::new())];
    while let Some((current, prefix)) = directories.pop() {
        for entry in fs::read_dir(&current).map_err(cannot_read(&current))? {
            let entry = entry.map_err(cannot_read(&current))?;
            let path = entry.path();
            let unfit = |reason: &str| ImageError::Unfit {
                path: path.clone(),
                reason: reason.to_owned(),
            };
            let name = entry.file_name();
            let name = name
                .to_str()
                .ok_or_else(|| unfit("its name is not UTF-8"))?;
            if name == "__pycache__" {
                continue;
            }
            let guest = format!("{prefix}{name}");
            package_path::check(&guest).map_err(|error| unfit(&format!("it {error}")))?;
            let kind = entry.file_type().map_err(cannot_read(&path))?;
            if kind.is_dir() {
                directories.push((path, format!("{guest}/")));
                continue;
            }
            if kind.is_symlink() {
                // A link out of the directory could copy any file of the host into the image.
                let target = fs::canonicalize(&path).map_err(cannot_read(&path))?;
                let root = fs::canonicalize(directory).map_err(cannot_read(directory))?;
                if !target.starts_with(root) {
                    return Err(unfit("it is a symbolic link out of the directory"));
                }
                if !target.is_file() {
                    return Err(unfit(
                        "it is a symbolic link to something other than a file",
                    ));
                }
            } else if !kind.is_file() {
                return Err(unfit("it is neither a file nor a directory"));
            }
            let content = fs::read(&path).map_err(cannot_read(&path))?;
            bytes += content.len() as u64;
            files.insert(guest, content);
            let limit = match () {
                () if files.len() > FILES_LIMIT => "100,000 files",
                () if bytes > BYTES_LIMIT => "1 GiB",
                () => continue,
            };
            return Err(ImageError::TooLarge {
                folder: directory.to_owned(),
                limit,
            });
        }
    }
    Ok(files)
}

/// Reads the files of an embedded tar archive.
pub(crate) fn read_archive(archive: &Compressed) -> Result<Files, ImageError> {
    let damaged = |_| ImageError::Damaged {
        file: archive.name.to_owned(),
    };
    let mut files = Files::new();
    let bytes = archive.load()?;
    for entry in tar::Archive::new(&*bytes).entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        if entry.header().entry_type().is_dir() {
            continue;
        }
        let path = entry.path_bytes();
        let path = String::from_utf8_lossy(&path);
        let path = guest_path(path.trim_start_matches("./"))?;
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(damaged)?;
        files.insert(path, content);
    }
    Ok(files)
}

/// A file of a [`Tree`].
pub(crate) struct File {
    /// The path, relative to the tree's directory.
    pub(crate) path: String,
    /// The size in bytes.
    pub(crate) size: u32,
}

/// A tree of files in the form that the guest's `files.load` takes.
pub(crate) struct Tree {
    /// The absolute path of the tree's directory in the sandbox.
    pub(crate) directory: String,
    pub(crate) files: Vec<File>,
    /// The contents of all files, concatenated.
    pub(crate) contents: Vec<u8>,
}

/// The merged files of several packages.
#[derive(Default)]
pub(crate) struct Layout {
    /// By path: the package that brings the file, and its contents.
    files: BTreeMap<String, (String, Vec<u8>)>,
}

impl Layout {
    /// Adds the files of a package. Two packages may both have a file if its contents are equal.
    pub(crate) fn add(&mut self, package: &str, files: Files) -> Result<(), ImageError> {
        for (path, content) in files {
            self.check_directories(package, &path)?;
            if let Some((other, existing)) = self.files.get(&path) {
                if *existing == content {
                    continue;
                }
                return Err(ImageError::Clash {
                    one: other.clone(),
                    other: package.to_owned(),
                    path,
                });
            }
            self.files.insert(path, (package.to_owned(), content));
        }
        Ok(())
    }

    /// Refuses a path that is a file in one package and a directory in another.
    fn check_directories(&self, package: &str, path: &str) -> Result<(), ImageError> {
        let clash = |path: &str, file_of: &str, folder_of: &str| {
            Err(ImageError::FileAndFolder {
                path: path.to_owned(),
                file_of: file_of.to_owned(),
                folder_of: folder_of.to_owned(),
            })
        };
        for (end, _) in path.match_indices('/') {
            if let Some((other, _)) = self.files.get(&path[..end]) {
                return clash(&path[..end], other, package);
            }
        }
        let directory = format!("{path}/");
        match self.files.range(directory.clone()..).next() {
            Some((inside, (other, _))) if inside.starts_with(&directory) => {
                clash(path, package, other)
            }
            _ => Ok(()),
        }
    }

    /// Converts the layout to the tree of a directory.
    pub(crate) fn into_tree(self, directory: &str) -> Result<Tree, ImageError> {
        let mut tree = Tree {
            directory: directory.to_owned(),
            files: Vec::with_capacity(self.files.len()),
            contents: Vec::new(),
        };
        for (path, (package, content)) in self.files {
            let size = u32::try_from(content.len()).map_err(|_| ImageError::TooLarge {
                folder: package.into(),
                limit: "4 GiB in one file",
            })?;
            tree.files.push(File { path, size });
            tree.contents.extend(content);
        }
        Ok(tree)
    }
}

fn cannot_read(path: &Path) -> impl Fn(io::Error) -> ImageError {
    let path = path.to_owned();
    move |source| ImageError::Read {
        path: path.clone(),
        source,
    }
}
