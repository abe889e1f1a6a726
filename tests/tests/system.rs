//! Each program in `system` is run in a sandbox of its own, and what it prints to stdout is
//! compared with what is on file; `BLESS=1` writes that anew. What becomes of a program that does
//! not reach its end stands in brackets on the last line.
//!
//! They show that a sandbox has a system: files, streams, clocks, sockets, and refusals of what
//! there is not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use eryx::{ErrorKind, Program, Sandbox};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system");
    let entries = fs::read_dir(folder).expect("the folder of programs");
    let mut programs: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder of programs").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "py"))
        .collect();
    programs.sort();
    // One image for all of them, which is kept in the user's cache.
    let sandbox = Sandbox::builder().with_embedded_runtime().build();
    let sandbox = sandbox.expect("an image with numpy can be made");
    let trial = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let sandbox = sandbox.clone();
        Trial::test(name, move || run(&sandbox, &path))
    };
    libtest_mimic::run(&arguments, programs.into_iter().map(trial).collect()).exit_code()
}

/// Runs one program and compares what it prints with what is on file.
fn run(sandbox: &Sandbox, path: &Path) -> Result<(), Failed> {
    let program = Program::new(fs::read_to_string(path)?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let came = match runtime.block_on(sandbox.run(program)) {
        Ok(result) => result.stdout.into(),
        Err(error) => match &error.kind {
            ErrorKind::Exception(raised) => {
                return Err(format!("{}\n{}", error.stdout(), raised.traceback).into());
            }
            ErrorKind::Exit(status) => format!("{}[status {status}]\n", error.stdout()),
            // The last line of stderr says why the system ended it.
            _ => {
                let reason = error.stderr().lines().last().unwrap_or_default();
                format!("{}[{reason}]\n", error.stdout())
            }
        },
    };
    let file = path.with_extension("stdout");
    if std::env::var_os("BLESS").is_some() {
        fs::write(file, came)?;
        return Ok(());
    }
    let expected = fs::read_to_string(file)?;
    if came == expected {
        return Ok(());
    }
    Err(format!("expected\n{expected}\nand there came\n{came}").into())
}
