//! The unit tests of the driver, which is the Python code of the guest library.
//!
//! Each file `test_NAME.py` in `eryx-runtime/guest/driver/tests` tests the module `NAME` with
//! `unittest`, in a sandbox of its own: there is the very Python that the driver is for. The sandbox
//! gets the driver as a package of files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use eryx::{ErrorKind, Program, Sandbox};
use eryx_tests::NUMPY;
use libtest_mimic::{Arguments, Failed, Trial};

/// Runs the tests of the module that is its argument.
const PROGRAM: &str = "
import sys, unittest
sys.path.insert(0, '/tmp/guest')
suite = unittest.defaultTestLoader.loadTestsFromName(sys.argv[1])
# Tests replace the streams of the module `sys`.
result = unittest.TextTestRunner(stream=sys.__stdout__, verbosity=2).run(suite)
print(f'ran {result.testsRun}, skipped {len(result.skipped)}', file=sys.__stderr__)
sys.exit(not result.wasSuccessful())
";

fn main() -> ExitCode {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../eryx-runtime/guest/driver");
    let modules = sources(&directory);
    let tests = sources(&directory.join("tests"));

    let mut sandbox = NUMPY.clone();
    for (package, files) in [("driver", &modules), ("driver/tests", &tests)] {
        for (name, source) in files {
            let path = format!("/tmp/guest/{package}/{name}.py");
            let given = sandbox.with_file(path, source.as_bytes());
            sandbox = given.expect("the path is absolute");
        }
    }

    let trials = modules.keys().filter(|name| *name != "__init__");
    let trials = trials.map(|module| {
        let (sandbox, name) = (sandbox.clone(), format!("test_{module}"));
        let is_tested = tests.contains_key(&name);
        Trial::test(module.clone(), move || {
            if is_tested {
                run(&sandbox, &format!("driver.tests.{name}"))
            } else {
                Err(format!("no file {name}.py tests it").into())
            }
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// The Python files of a directory, by the name of their module.
fn sources(directory: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory).expect("the directory of the driver");
    let paths = entries.map(|entry| entry.expect("an entry of it").path());
    let paths = paths.filter(|path| path.extension().is_some_and(|it| it == "py"));
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let source = fs::read_to_string(&path).expect("a Python file");
        (name.into_owned(), source)
    };
    paths.map(read).collect()
}

/// Runs the tests of one module. At least one must run, and none may be skipped.
fn run(sandbox: &Sandbox, module: &str) -> Result<(), Failed> {
    let program = Program::new(PROGRAM).args([module]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = match runtime.block_on(sandbox.run(program)) {
        Ok(result) => result,
        Err(error) => {
            let end = match &error.kind {
                ErrorKind::Exception(raised) => raised.traceback.clone(),
                end => end.to_string(),
            };
            return Err(format!("{}\n{}\n{end}", error.stdout(), error.stderr()).into());
        }
    };
    let counts = result.stderr.lines().last().unwrap_or_default();
    if counts.starts_with("ran 0") || !counts.ends_with("skipped 0") {
        return Err(format!("{}\n{counts}", &*result.stdout).into());
    }
    Ok(())
}
