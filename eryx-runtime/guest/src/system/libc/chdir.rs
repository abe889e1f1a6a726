//! `chdir`, in place of libc's own. That one appends its argument to the working directory, which
//! would be `/tmp/a/..` after `cd ..`.

use std::ffi::{CStr, CString, c_char, c_int};

use crate::system::fs::{FileSystem, InodeId, PATH_LIMIT, ROOT};
use crate::system::state::system;

unsafe extern "C" {
    /// libc's own `chdir`.
    fn libc_chdir(path: *const c_char) -> c_int;
    fn getcwd(buffer: *mut c_char, size: usize) -> *mut c_char;
}

/// Sets the working directory, as POSIX defines it.
///
/// # Safety
///
/// `path` must be a C string.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn chdir(path: *const c_char) -> c_int {
    // SAFETY: the caller passes a C string.
    let given = unsafe { CStr::from_ptr(path) };
    match resolve(given.to_bytes()) {
        // SAFETY: a C string.
        Some(resolved) => unsafe { libc_chdir(resolved.as_ptr()) },
        // The path is no directory; libc sets `errno`.
        // SAFETY: the caller's C string.
        None => unsafe { libc_chdir(path) },
    }
}

/// Returns the path from the root to a directory, without links and dots.
fn resolve(path: &[u8]) -> Option<CString> {
    let mut start = [0; PATH_LIMIT];
    let start = match path {
        [] => return None,
        [b'/', ..] => c"/",
        _ => {
            // SAFETY: the buffer has the length that is passed.
            let found = unsafe { getcwd(start.as_mut_ptr().cast(), start.len()) };
            if found.is_null() {
                return None;
            }
            CStr::from_bytes_until_nul(&start).ok()?
        }
    };
    let whole = [b".", start.to_bytes(), b"/", path].concat();
    system(|system| {
        let directory = system.files.look_up(ROOT, &whole, true).ok()?;
        CString::new(path_of(&system.files, directory)?).ok()
    })
}

fn path_of(files: &FileSystem, mut directory: InodeId) -> Option<Vec<u8>> {
    let mut names: Vec<&[u8]> = Vec::new();
    while directory != ROOT {
        let parent = files.directory(directory).ok()?.parent;
        let mut siblings = files.directory(parent).ok()?.entries.iter();
        let (name, _) = siblings.find(|(_, id)| **id == directory)?;
        names.push(name);
        directory = parent;
    }
    // The root's own name is empty.
    names.push(b"");
    names.reverse();
    Some(if let [root] = names[..] {
        [root, b"/"].concat()
    } else {
        names.join(&b'/')
    })
}
