//! The system root that packages are compiled against: the base libraries of eryx, and headers that
//! match them.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::tools::{LLVM, llvm};
use super::{create, debian, headers, remove};
use crate::workspace::{read, root, run, write};

/// What everything is compiled for.
pub(super) const TARGET: &str = "wasm32-wasip2";

/// The libraries of the base that a module may need, in `eryx-runtime/libs`.
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

/// Static libraries, for the programs that a build links only to see whether they link.
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

/// The Debian packages that have the headers.
const PACKAGES: [&str; 2] = ["wasi-libc", "libpython3.14-dev"];

/// clang calls what it finds under this name to link for [`TARGET`].
const LINKER: &str = include_str!("linker.sh");

/// A folder for `--sysroot`, and what clang needs beside it.
pub(super) struct Sysroot {
    folder: PathBuf,
    resources: PathBuf,
    programs: PathBuf,
}

impl Sysroot {
    /// Assembles it under `work`; `build` gets the versions of what it is made of.
    ///
    /// With `keep`, one that is there stays as it is: whatever was compiled against it is newer.
    pub(super) fn make(
        work: &Path,
        build: &mut BTreeMap<String, String>,
        keep: bool,
    ) -> Result<Self> {
        let debian = work.join("debian");
        debian::unpack(&PACKAGES, work, &debian, build)?;
        let sysroot = Self {
            folder: work.join("sysroot"),
            resources: work.join("resources"),
            programs: work.join("programs"),
        };
        if keep && sysroot.folder.exists() {
            return Ok(sysroot);
        }
        for folder in [&sysroot.folder, &sysroot.resources, &sysroot.programs] {
            remove(folder)?;
            create(folder)?;
        }
        sysroot.libraries(&debian)?;
        sysroot.c_headers(&debian)?;
        sysroot.python_headers(&debian)?;
        sysroot.compiler_files()?;
        Ok(sysroot)
    }

    /// The folder that pkg-config looks in.
    pub(super) fn packages(&self) -> PathBuf {
        self.folder.join("pkgconfig")
    }

    /// The folder that the linker looks in.
    pub(super) fn library_folder(&self) -> PathBuf {
        self.folder.join("lib").join(TARGET)
    }

    /// Replaces a header of the C library, unless it is replaced already.
    pub(super) fn replace_header(&self, name: &str, from: &Path) -> Result<()> {
        let path = self.folder.join("include").join(TARGET).join(name);
        let bytes = read(from)?;
        if read(&path)? == bytes {
            Ok(())
        } else {
            write(&path, &bytes)
        }
    }

    /// Where meson finds out about Python.
    pub(super) fn build_details(&self, python: &Path) -> Result<PathBuf> {
        let path = self.folder.join("build-details.json");
        let original = stdlib_file("build-details.json")?;
        let details = headers::build_details(
            &original,
            &python.display().to_string(),
            &self.folder.display().to_string(),
        )?;
        write(&path, details.as_bytes())?;
        Ok(path)
    }

    /// clang or clang++ and the arguments that every call has, for position-independent code on
    /// 128-bit vectors, without this machine's paths in it.
    pub(super) fn compiler(&self, program: &str, work: &Path) -> Vec<String> {
        vec![
            llvm(program),
            format!("--target={TARGET}"),
            format!("--sysroot={}", self.folder.display()),
            format!("-resource-dir={}", self.resources.display()),
            format!("-B{}", self.programs.display()),
            format!("-ffile-prefix-map={}=.", work.display()),
            "-fPIC".to_owned(),
            "-msimd128".to_owned(),
        ]
    }

    /// Compiles C files into `lib{name}.a`, hidden from whoever is linked with the result.
    pub(super) fn archive(&self, name: &str, work: &Path, sources: &[PathBuf]) -> Result<()> {
        let folder = work.join("objects").join(name);
        remove(&folder)?;
        create(&folder)?;
        let mut objects = Vec::new();
        for source in sources {
            let compiler = self.compiler("clang", work);
            let object = folder
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
            .arg(self.library_folder().join(format!("lib{name}.a")))
            .args(objects))
    }

    fn libraries(&self, debian: &Path) -> Result<()> {
        let folder = self.library_folder();
        create(&folder)?;
        for name in LIBRARIES {
            write(&folder.join(name), &base(name)?)?;
        }
        for name in PROBES {
            copy(
                &debian.join("usr/lib").join(TARGET).join(name),
                &folder.join(name),
            )?;
        }
        for name in ["libc++.a", "libc++abi.a"] {
            copy(
                &Path::new(LLVM).join("lib/wasm32-wasi").join(name),
                &folder.join(name),
            )?;
        }
        Ok(())
    }

    fn c_headers(&self, debian: &Path) -> Result<()> {
        let folder = self.folder.join("include").join(TARGET);
        copy_folder(&debian.join("usr/include").join(TARGET), &folder)?;
        copy_folder(
            &Path::new(LLVM).join("include/wasm32-wasi/c++"),
            &folder.join("c++"),
        )?;
        // Debian's libc++ is built without threads, the one of the base with them.
        let path = folder.join("c++/v1/__config_site");
        let mut text = String::from_utf8(read(&path)?)?;
        for name in ["_LIBCPP_HAS_THREADS", "_LIBCPP_HAS_THREAD_API_PTHREAD"] {
            let (off, on) = (format!("#define {name} 0"), format!("#define {name} 1"));
            if !text.contains(&off) {
                bail!("{} does not have the line {off:?}", path.display());
            }
            text = text.replace(&off, &on);
        }
        write(&path, text.as_bytes())
    }

    fn python_headers(&self, debian: &Path) -> Result<()> {
        let folder = self.folder.join("python");
        copy_folder(&debian.join("usr/include/python3.14"), &folder)?;
        let template = read(&debian.join("usr/include/x86_64-linux-gnu/python3.14/pyconfig.h"))?;
        let variables = stdlib_file("_sysconfig_vars__wasi_wasm32-wasi.json")?;
        let pyconfig = headers::pyconfig(&String::from_utf8_lossy(&template), &variables)?;
        write(&folder.join("pyconfig.h"), pyconfig.as_bytes())?;
        let package = format!(
            "Name: Python\nDescription: CPython for WASI\nVersion: 3.14\nCflags: -I{}\nLibs:\n",
            folder.display()
        );
        write(&self.packages().join("python-3.14.pc"), package.as_bytes())
    }

    /// clang's own headers, the library of what the processor lacks, and the linker.
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
            .with_context(|| format!("cannot make {} executable", linker.display()))
    }
}

/// A file of the base, decompressed.
fn base(name: &str) -> Result<Vec<u8>> {
    let path = root().join("eryx-runtime/libs").join(format!("{name}.zst"));
    let compressed = read(&path).context("`cargo xtask fetch-libs` brings the base libraries")?;
    zstd::decode_all(&compressed[..]).with_context(|| format!("{} is damaged", path.display()))
}

/// A text file of the stdlib archive.
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

/// Copies a folder, and what its links lead to.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    create(to)?;
    let context = || format!("cannot copy {}", from.display());
    for entry in std::fs::read_dir(from).with_context(context)? {
        let entry = entry.with_context(context)?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &target)?;
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
