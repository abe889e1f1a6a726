//! Each `scripts/NAME.py` is a program, and the files of that name beside it are what must come of
//! it: `NAME.stdout`, `NAME.stderr`, and `NAME.error` if it does not reach its end. A file that is
//! not there is an empty one. `BLESS=1` writes them anew.
//!
//! What the scripts about numpy and about Python must print is what native ones print; where a
//! sandbox differs (`intp` of 32 bits, no threads), the script says so.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::LazyLock;

use eryx::{ErrorKind, ExecuteError, Program, Sandbox};
use libtest_mimic::{Arguments, Failed, Trial};

/// The folder of images that all test programs share.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/images");

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let builder = Sandbox::builder().with_embedded_runtime();
    let sandbox = builder.with_cache_dir(CACHE).build();
    sandbox.expect("the embedded extensions go together")
});

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let mut scripts: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder of scripts")
        .map(|entry| entry.expect("an entry of it").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "py"))
        .collect();
    scripts.sort();
    let trial = |script: PathBuf| {
        let name = script.file_stem().unwrap_or_default();
        Trial::test(name.to_string_lossy().into_owned(), move || run(&script))
    };
    let trials = scripts.into_iter().map(trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Runs one script and compares what came of it with what is on file.
fn run(script: &Path) -> Result<(), Failed> {
    let name = script.file_name().unwrap_or_default().to_string_lossy();
    let program = Program::new(fs::read_to_string(script)?).name(name);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(SANDBOX.run(program));
    let (stdout, stderr, error) = match &result {
        Ok(result) => (&*result.stdout, &*result.stderr, String::new()),
        Err(error) => (&**error.stdout(), &**error.stderr(), describe(error)?),
    };
    let mut differences = String::new();
    for (ending, came) in [("stdout", stdout), ("stderr", stderr), ("error", &*error)] {
        let file = script.with_extension(ending);
        let expected = match fs::read_to_string(&file) {
            Ok(expected) => expected,
            Err(_) if !file.exists() => String::new(),
            Err(error) => return Err(error.into()),
        };
        if came == expected {
            continue;
        }
        if std::env::var_os("BLESS").is_none() {
            let (expected, came) = (shorten(&expected), shorten(came));
            writeln!(
                differences,
                "{ending}: expected\n{expected}\nand there came\n{came}"
            )?;
        } else if came.is_empty() {
            fs::remove_file(file)?;
        } else {
            fs::write(file, came)?;
        }
    }
    if differences.is_empty() {
        Ok(())
    } else {
        Err(differences.into())
    }
}

/// All that an error says, but for what was printed.
fn describe(error: &ExecuteError) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    match &error.kind {
        ErrorKind::Exception(exception) => {
            writeln!(text, "exception {}", exception.type_name)?;
            writeln!(text, "message {:?}", exception.message)?;
            writeln!(text, "traceback\n{}", exception.traceback)?;
        }
        ErrorKind::Exit(status) => writeln!(text, "exit {status}")?,
        // How much of it was used is another matter.
        ErrorKind::Limit(reached) => writeln!(text, "limit {:?}", reached.limit)?,
        ErrorKind::Trap(reason) => {
            // Before its last words, a reason may list addresses in the compiled code.
            let cause = reason.rsplit("wasm trap: ").next().unwrap_or_default();
            writeln!(text, "trap {}", cause.trim())?;
        }
        other => writeln!(text, "{other}")?,
    }
    Ok(text)
}

/// Text for a message, which nobody reads to its end if it is a megabyte long.
fn shorten(text: &str) -> String {
    let limit = 4000;
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let rest = text.len() - end;
    if rest == 0 {
        return text.to_owned();
    }
    format!("{}\n[{rest} more bytes]", &text[..end])
}
