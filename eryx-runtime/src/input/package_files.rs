//! Trees of files: reading them from a folder or an archive, and laying them out.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use eryx_artifact::package_path;

use crate::error::ImageError;
use crate::input::bytes::Compressed;

/// The most files that a folder may bring.
const FILES_LIMIT: usize = 100_000;
/// The most bytes that a folder may bring.
const BYTES_LIMIT: u64 = 1 << 30;

/// Files by path; a path is relative and has `/` between its parts.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Checks a path in `site-packages`, and returns it relative to that directory.
///
/// An absolute path below `/site-packages` is one as well.
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

/// Checks the path of a folder in the sandbox, which is absolute, for files that are not packages.
pub(crate) fn guest_folder(path: &str) -> Result<String, ImageError> {
    /// What is there already.
    const TAKEN: [&str; 4] = ["dev", "python", "site-packages", "tmp"];

    let check = || {
        let relative = path.strip_prefix('/').ok_or("it is not absolute")?;
        let relative = relative.strip_suffix('/').unwrap_or(relative);
        package_path::check(relative).map_err(|error| format!("it {error}"))?;
        let (first, rest) = relative.split_once('/').unwrap_or((relative, ""));
        if TAKEN.contains(&first) && (first != "tmp" || rest.is_empty()) {
            return Err("the sandbox has this folder for itself".to_owned());
        }
        Ok(format!("/{relative}"))
    };
    check().map_err(|reason| ImageError::GuestFolder {
        path: path.to_owned(),
        reason,
    })
}

/// Reads all files below a folder, but for Python's own caches.
pub(crate) fn read_folder(folder: &Path) -> Result<Files, ImageError> {
    let mut files = Files::new();
    let mut bytes = 0;
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((current, prefix)) = folders.pop() {
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
                folders.push((path, format!("{guest}/")));
                continue;
            }
            if kind.is_symlink() {
                // A link could bring in any file of the host.
                let target = fs::canonicalize(&path).map_err(cannot_read(&path))?;
                let folder = fs::canonicalize(folder).map_err(cannot_read(folder))?;
                if !target.starts_with(folder) {
                    return Err(unfit("it is a link to something outside the folder"));
                }
                if !target.is_file() {
                    return Err(unfit("it is a link to something that is no file"));
                }
            } else if !kind.is_file() {
                return Err(unfit("it is neither a file nor a folder"));
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
                folder: folder.to_owned(),
                limit,
            });
        }
    }
    Ok(files)
}

/// Reads the files of a tar archive that this program carries.
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
    /// Its path in the tree.
    pub(crate) path: String,
    /// Its size in bytes.
    pub(crate) size: u32,
}

/// Files as an instance takes them.
pub(crate) struct Tree {
    /// Where they are in the sandbox.
    pub(crate) folder: String,
    pub(crate) files: Vec<File>,
    /// What is in the files, one after the other.
    pub(crate) contents: Vec<u8>,
}

/// Files of several packages, side by side.
#[derive(Default)]
pub(crate) struct Layout {
    files: BTreeMap<String, (String, Vec<u8>)>,
}

impl Layout {
    /// Adds the files of a package. Two packages may bring one and the same file.
    pub(crate) fn add(&mut self, package: &str, files: Files) -> Result<(), ImageError> {
        for (path, content) in files {
            self.check_folders(package, &path)?;
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

    /// What is a file in one package may not be a folder in another.
    fn check_folders(&self, package: &str, path: &str) -> Result<(), ImageError> {
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
        let folder = format!("{path}/");
        match self.files.range(folder.clone()..).next() {
            Some((inside, (other, _))) if inside.starts_with(&folder) => {
                clash(path, package, other)
            }
            _ => Ok(()),
        }
    }

    /// The files as an instance takes them.
    pub(crate) fn into_tree(self, folder: &str) -> Result<Tree, ImageError> {
        let mut tree = Tree {
            folder: folder.to_owned(),
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
