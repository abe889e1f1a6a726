//! The sysroot against which packages are compiled: eryx's base libraries and matching headers.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::tools::{LLVM, llvm};
use super::{create, debian, headers, remove};
use crate::workspace::{read, root, run, write};

/// The compilation target.
pub(super) const TARGET: &str = "wasm32-wasip2";

/// The base libraries that a module may need, in `eryx-runtime/libs`.
pub(super) const LIBRARIES: [&str; 8] = [
    "libc.so",
    "libc++.so",
    "libc++abi.so",
    "libpython3.14.so",
    "libwasi-emulated-getpid.so",
    "libwasi-emulated-mman.so",
    "libwasi-emulated-process-clocks.so",
    "libwasi-emulated-signal.so",
];

/// Static libraries for the probes of a build, programs that it links only to see whether they link.
const PROBES: [&str; 11] = [
    "crt1-command.o",
    "crt1-reactor.o",
    "crt1.o",
    "libc.a",
    "libdl.a",
    "libm.a",
    "libpthread.a",
    "libwasi-emulated-getpid.a",
    "libwasi-emulated-mman.a",
    "libwasi-emulated-process-clocks.a",
    "libwasi-emulated-signal.a",
];

/// The Debian packages that contain the headers.
const PACKAGES: [&str; 2] = ["wasi-libc", "libpython3.14-dev"];

/// The script that clang calls as the linker for [`TARGET`].
const LINKER: &str = include_str!("linker.sh");

/// The directory for clang's `--sysroot`, and the other files that clang needs.
pub(super) struct Sysroot {
    directory: PathBuf,
    resources: PathBuf,
    programs: PathBuf,
}

impl Sysroot {
    /// Assembles the sysroot below `work`, and records the versions of its parts in `build`.
    ///
    /// With `keep`, reuses an existing one unchanged, so that object files stay newer than its headers.
    pub(super) fn make(
        work: &Path,
        build: &mut BTreeMap<String, String>,
        keep: bool,
    ) -> Result<Self> {
        let debian = work.join("debian");
        debian::unpack(&PACKAGES, work, &debian, build)?;
        let sysroot = Self {
            directory: work.join("sysroot"),
            resources: work.join("resources"),
            programs: work.join("programs"),
        };
        if keep && sysroot.directory.exists() {
            return Ok(sysroot);
        }
        for directory in [&sysroot.directory, &sysroot.resources, &sysroot.programs] {
            remove(directory)?;
            create(directory)?;
        }
        sysroot.libraries(&debian)?;
        sysroot.c_headers(&debian)?;
        sysroot.python_headers(&debian)?;
        sysroot.compiler_files()?;
        Ok(sysroot)
    }

    /// Returns the directory that pkg-config searches.
    pub(super) fn packages(&self) -> PathBuf {
        self.directory.join("pkgconfig")
    }

    /// Returns the directory that the linker searches.
    pub(super) fn library_directory(&self) -> PathBuf {
        self.directory.join("lib").join(TARGET)
    }

    /// Replaces a header of the C library, unless it is replaced already.
    pub(super) fn replace_header(&self, name: &str, from: &Path) -> Result<()> {
        let path = self.directory.join("include").join(TARGET).join(name);
        let bytes = read(from)?;
        if read(&path)? == bytes {
            Ok(())
        } else {
            write(&path, &bytes)
        }
    }

    /// Writes the file that describes Python to meson, and returns its path.
    pub(super) fn build_details(&self, python: &Path) -> Result<PathBuf> {
        let path = self.directory.join("build-details.json");
        let original = stdlib_file("build-details.json")?;
        let details = headers::build_details(
            &original,
            &python.display().to_string(),
            &self.directory.display().to_string(),
        )?;
        write(&path, details.as_bytes())?;
        Ok(path)
    }

    /// Returns clang or clang++ with the arguments of every call: position-independent code, 128-bit
    /// vectors, and no paths of this machine in the output.
    pub(super) fn compiler(&self, program: &str, work: &Path) -> Vec<String> {
        vec![
            llvm(program),
            format!("--target={TARGET}"),
            format!("--sysroot={}", self.directory.display()),
            format!("-resource-dir={}", self.resources.display()),
            format!("-B{}", self.programs.display()),
            format!("-ffile-prefix-map={}=.", work.display()),
            "-fPIC".to_owned(),
            "-msimd128".to_owned(),
        ]
    }

    /// Compiles C files into `lib{name}.a`, with hidden symbols.
    pub(super) fn archive(&self, name: &str, work: &Path, sources: &[PathBuf]) -> Result<()> {
        let directory = work.join("objects").join(name);
        remove(&directory)?;
        create(&directory)?;
        let mut objects = Vec::new();
        for source in sources {
            let compiler = self.compiler("clang", work);
            let object = directory
                .join(source.file_stem().unwrap_or_default())
                .with_extension("o");
            run(Command::new(&compiler[0])
                .args(&compiler[1..])
                .args(["-O3", "-Wall", "-Wextra", "-fvisibility=hidden", "-c", "-o"])
                .arg(&object)
                .arg(source))?;
            objects.push(object);
        }
        run(Command::new(llvm("llvm-ar"))
            .arg("rcsD")
            .arg(self.library_directory().join(format!("lib{name}.a")))
            .args(objects))
    }

    fn libraries(&self, debian: &Path) -> Result<()> {
        let directory = self.library_directory();
        create(&directory)?;
        for name in LIBRARIES {
            write(&directory.join(name), &base(name)?)?;
        }
        for name in PROBES {
            copy(
                &debian.join("usr/lib").join(TARGET).join(name),
                &directory.join(name),
            )?;
        }
        for name in ["libc++.a", "libc++abi.a"] {
            copy(
                &Path::new(LLVM).join("lib/wasm32-wasi").join(name),
                &directory.join(name),
            )?;
        }
        Ok(())
    }

    fn c_headers(&self, debian: &Path) -> Result<()> {
        let directory = self.directory.join("include").join(TARGET);
        copy_directory(&debian.join("usr/include").join(TARGET), &directory)?;
        copy_directory(
            &Path::new(LLVM).join("include/wasm32-wasi/c++"),
            &directory.join("c++"),
        )?;
        // Debian's libc++ is built without threads, and the base's with threads.
        let path = directory.join("c++/v1/__config_site");
        let mut text = String::from_utf8(read(&path)?)?;
        for name in ["_LIBCPP_HAS_THREADS", "_LIBCPP_HAS_THREAD_API_PTHREAD"] {
            let (off, on) = (format!("#define {name} 0"), format!("#define {name} 1"));
            if !text.contains(&off) {
                bail!("{}: it has no line {off:?}", path.display());
            }
            text = text.replace(&off, &on);
        }
        write(&path, text.as_bytes())
    }

    fn python_headers(&self, debian: &Path) -> Result<()> {
        let directory = self.directory.join("python");
        copy_directory(&debian.join("usr/include/python3.14"), &directory)?;
        let template = read(&debian.join("usr/include/x86_64-linux-gnu/python3.14/pyconfig.h"))?;
        let variables = stdlib_file("_sysconfig_vars__wasi_wasm32-wasi.json")?;
        let pyconfig = headers::pyconfig(&String::from_utf8_lossy(&template), &variables)?;
        write(&directory.join("pyconfig.h"), pyconfig.as_bytes())?;
        let package = format!(
            "Name: Python\nDescription: CPython for WASI\nVersion: 3.14\nCflags: -I{}\nLibs:\n",
            directory.display()
        );
        write(&self.packages().join("python-3.14.pc"), package.as_bytes())
    }

    /// Adds clang's headers, compiler-rt and the linker.
    fn compiler_files(&self) -> Result<()> {
        let clang = Path::new(LLVM).join("lib/clang/22");
        link(&clang.join("include"), &self.resources.join("include"))?;
        let builtins = clang.join("lib/wasi/libclang_rt.builtins-wasm32.a");
        copy(
            &builtins,
            &self
                .resources
                .join("lib/wasm32-unknown-wasip2/libclang_rt.builtins.a"),
        )?;
        link(Path::new(&llvm("wasm-ld")), &self.programs.join("wasm-ld"))?;
        let linker = self.programs.join("wasm-component-ld");
        write(&linker, LINKER.as_bytes())?;
        std::fs::set_permissions(&linker, PermissionsExt::from_mode(0o755))
            .with_context(|| format!("{}: cannot make it executable", linker.display()))
    }
}

/// Reads and decompresses a base library.
fn base(name: &str) -> Result<Vec<u8>> {
    let path = root().join("eryx-runtime/libs").join(format!("{name}.zst"));
    let compressed = read(&path).context("run `cargo xtask fetch-libs` for the base libraries")?;
    zstd::decode_all(&compressed[..]).with_context(|| format!("{} is damaged", path.display()))
}

/// Reads a text file from the archive of the standard library.
fn stdlib_file(name: &str) -> Result<String> {
    let archive = base("python-lib.tar")?;
    for entry in tar::Archive::new(&archive[..])
        .entries()
        .context("in python-lib.tar")?
    {
        let mut entry = entry.context("in python-lib.tar")?;
        if entry.path()?.file_name().is_some_and(|found| found == name) {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut entry, &mut text)
                .with_context(|| format!("{name} in python-lib.tar"))?;
            return Ok(text);
        }
    }
    bail!("the stdlib archive has no {name}")
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    write(to, &read(from)?)
}

/// Copies a directory, and the targets of its symbolic links.
fn copy_directory(from: &Path, to: &Path) -> Result<()> {
    create(to)?;
    let context = || format!("cannot copy {}", from.display());
    for entry in std::fs::read_dir(from).with_context(context)? {
        let entry = entry.with_context(context)?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_directory(&path, &target)?;
        } else {
            std::fs::copy(&path, &target)
                .with_context(|| format!("cannot copy {}", path.display()))?;
        }
    }
    Ok(())
}

fn link(from: &Path, to: &Path) -> Result<()> {
    symlink(from, to).with_context(|| format!("cannot link {}", to.display()))
}
