//! The recipe for numpy: meson and ninja, with eryx's small BLAS.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::tools::{LLVM, llvm, output};
use super::{Built, Files, Recipe, Workshop, create, remove, step};
use crate::workspace::{read, run, write};

pub(super) const RECIPE: Recipe = Recipe {
    name: "numpy",
    directory: "eryx-ext-numpy",
    requirements: &["cython==3.3.1", "ninja==1.13.2"],
    build,
};

/// The install path of meson, below its DESTDIR.
const SITE_PACKAGES: &str = "/site-packages";

/// Features that WASI lacks and its C library emulates.
const EMULATED: [&str; 4] = ["getpid", "mman", "process-clocks", "signal"];

/// The flags that hide a module's symbols: shorter code, and no export but `PyInit_`. The second keeps
/// libc++ from marking its types, and so their type information, as visible.
const HIDDEN: [&str; 2] = [
    "-fvisibility=hidden",
    "-D_LIBCPP_DISABLE_VISIBILITY_ANNOTATIONS",
];

/// Suffixes of files that are useless in a sandbox: type stubs, and files for a compiler.
const UNUSED: [&str; 7] = [".pyi", ".pxd", ".h", ".a", ".c", ".pc", "/py.typed"];

fn build(workshop: &Workshop) -> Result<Built> {
    let Workshop {
        directory,
        work,
        sysroot,
        ..
    } = workshop;
    step("the BLAS");
    let blas = ["single.c", "double.c"].map(|name| directory.join("blas").join(name));
    sysroot.archive("blas", work, &blas)?;
    sysroot.archive("exceptions", work, &[directory.join("wasi/exceptions.c")])?;
    sysroot.replace_header("fenv.h", &directory.join("wasi/fenv.h"))?;
    let package = format!(
        "Name: blas\nDescription: eryx's BLAS for numpy\nVersion: 1\nLibs: -L{} -lblas\nCflags:\n",
        sysroot.library_directory().display()
    );
    write(&sysroot.packages().join("blas.pc"), package.as_bytes())?;

    let directory = work.join("build");
    if !directory.join("build.ninja").exists() {
        step("configuring");
        configure(workshop, &directory)?;
    }
    step("compiling");
    run(workshop
        .python
        .command()
        .args(["-m", "ninja", "-C"])
        .arg(&directory))?;

    step("installing");
    let install = work.join("install");
    let runtime = collect(workshop, &install, "runtime,python-runtime")?;
    let tests = collect(workshop, &install, "tests")?;
    Ok(Built { runtime, tests })
}

fn configure(workshop: &Workshop, directory: &Path) -> Result<()> {
    let machine = workshop.work.join("cross.ini");
    write(&machine, machine_file(workshop)?.as_bytes())?;
    run(meson(workshop)
        .arg("setup")
        .args([directory, &workshop.source])
        .arg("--cross-file")
        .arg(&machine)
        .args(["--buildtype=release", "--prefix=/"])
        .arg(format!("-Dpython.purelibdir={SITE_PACKAGES}"))
        .arg(format!("-Dpython.platlibdir={SITE_PACKAGES}"))
        // Without a LAPACK, numpy builds its own lapack_lite; allow-noblas permits that.
        .args(["-Dblas=blas", "-Dlapack=none", "-Dallow-noblas=true"]))
}

/// Returns a command that runs the sdist's meson in the work directory, where its probes write files.
fn meson(workshop: &Workshop) -> Command {
    let mut command = workshop.python.command();
    command.current_dir(&workshop.work);
    command.arg(workshop.source.join("vendored-meson/meson/meson.py"));
    command
}

/// Generates meson's cross file, which describes the target.
fn machine_file(workshop: &Workshop) -> Result<String> {
    let Workshop {
        work,
        python,
        sysroot,
        ..
    } = workshop;
    let details = sysroot.build_details(&python.program("python"))?;
    let arguments: Vec<String> = EMULATED
        .iter()
        .map(|name| {
            format!(
                "-D_WASI_EMULATED_{}",
                name.replace('-', "_").to_ascii_uppercase()
            )
        })
        .chain(HIDDEN.map(str::to_owned))
        .collect();
    let libraries = EMULATED.map(|name| format!("-lwasi-emulated-{name}"));

    let mut text = String::from("[binaries]\n");
    writeln!(text, "c = {}", list(&sysroot.compiler("clang", work)))?;
    writeln!(text, "cpp = {}", list(&sysroot.compiler("clang++", work)))?;
    for program in ["ar", "nm", "ranlib", "strip"] {
        writeln!(
            text,
            "{program} = {}",
            string(&format!("{LLVM}/bin/llvm-{program}"))
        )?;
    }
    for program in ["cython", "python"] {
        let path = python.program(program).display().to_string();
        writeln!(text, "{program} = {}", string(&path))?;
    }
    writeln!(text, "pkg-config = '/usr/bin/pkg-config'\n")?;
    writeln!(text, "[properties]")?;
    writeln!(text, "needs_exe_wrapper = true\nskip_sanity_check = true")?;
    writeln!(text, "longdouble_format = 'IEEE_QUAD_LE'")?;
    let packages = sysroot.packages().display().to_string();
    writeln!(text, "pkg_config_libdir = {}\n", string(&packages))?;
    writeln!(text, "[host_machine]")?;
    writeln!(
        text,
        "system = 'wasi'\ncpu_family = 'wasm32'\ncpu = 'wasm32'\nendian = 'little'\n"
    )?;
    writeln!(text, "[built-in options]")?;
    let details = details.display().to_string();
    writeln!(text, "python.build_config = {}", string(&details))?;
    for language in ["c", "cpp"] {
        writeln!(text, "{language}_args = {}", list(&arguments))?;
        writeln!(text, "{language}_link_args = {}", list(&libraries))?;
    }
    Ok(text)
}

/// Installs the files with these meson tags, strips the libraries, and drops unused files.
fn collect(workshop: &Workshop, install: &Path, tags: &str) -> Result<Files> {
    remove(install)?;
    create(install)?;
    output(
        meson(workshop)
            .env("DESTDIR", install)
            .args(["install", "--no-rebuild", "--quiet", "--tags", tags, "-C"])
            .arg(workshop.work.join("build")),
    )?;
    let root = install.join(SITE_PACKAGES.trim_start_matches('/'));
    let mut files = Files::new();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory)
            .with_context(|| format!("cannot list {}", directory.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let name = name(&root, &path)?;
            if UNUSED.iter().any(|end| name.ends_with(end)) || name.contains("/__pycache__/") {
                continue;
            }
            if path.extension().is_some_and(|end| end == "so") {
                run(Command::new(llvm("llvm-strip"))
                    .arg("--strip-all")
                    .arg(&path))?;
            }
            files.insert(name, read(&path)?);
        }
    }
    Ok(files)
}

/// Returns the path relative to `root`, with `/` between the components.
fn name(root: &Path, path: &Path) -> Result<String> {
    let name = path
        .strip_prefix(root)
        .unwrap_or(path)
        .to_str()
        .map(str::to_owned);
    match name {
        Some(name) => Ok(name),
        None => bail!("{} is not UTF-8", path.display()),
    }
}

/// Formats a string in meson's syntax.
fn string(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Formats a list of strings in meson's syntax.
fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| string(item)).collect();
    format!("[{}]", items.join(", "))
}
