//! `chdir`, in place of libc's own, which appends what it is given to the working directory: after
//! `cd ..` that would be `/tmp/a/..`.

use std::ffi::{CStr, CString, c_char, c_int};

use super::nodes::{FileSystem, NodeId, ROOT};
use super::paths::PATH_LIMIT;
use super::system;

unsafe extern "C" {
    /// libc's own `chdir`; `cargo xtask fetch-libs` gives it this name.
    fn libc_chdir(path: *const c_char) -> c_int;
    fn getcwd(buffer: *mut c_char, size: usize) -> *mut c_char;
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn chdir(path: *const c_char) -> c_int {
    // SAFETY: the caller passes a C string.
    let given = unsafe { CStr::from_ptr(path) };
    match direct(given.to_bytes()) {
        // SAFETY: a C string.
        Some(direct) => unsafe { libc_chdir(direct.as_ptr()) },
        // It is no directory; libc knows what to say.
        // SAFETY: the caller's C string.
        None => unsafe { libc_chdir(path) },
    }
}

/// The path from the root to a directory, without links and dots.
fn direct(path: &[u8]) -> Option<CString> {
    let mut start = [0; PATH_LIMIT];
    let start = match path {
        [] => return None,
        [b'/', ..] => c"/",
        _ => {
            // SAFETY: the buffer is as long as is said; what is written there is a C string.
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

fn path_of(files: &FileSystem, mut directory: NodeId) -> Option<Vec<u8>> {
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
