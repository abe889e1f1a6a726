//! Each program in `stacks` goes deeper than any stack reaches. Its first line says what must come
//! of that: the type of an exception; `trap` for an instance that ended because a stack of its own
//! did; `end` where Python does what it is asked, because it needs no stack for it. Several words
//! with `or` between them are in the order in which one would wish for them: a trap that could be an
//! exception comes of a libpython that watches the stack in linear memory and not the native one.
//!
//! Whatever comes, the host lives, and the sandbox is as good as before. So that a host that does
//! not live is seen, each program has a process of its own: this one, started again.
//!
//! The programs whose names begin with `numpy` have numpy, the others Python alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use eryx::{ErrorKind, ExecuteError, ExecuteResult, Limit, Sandbox};
use libtest_mimic::{Arguments, Failed, Trial};

/// The folder of images that all test programs share.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/images");
/// Names the program that a process is to run.
const CHILD: &str = "ERYX_TESTS_STACKS_PROGRAM";
/// How long a program may take that does not hang.
const LIMIT: Duration = Duration::from_mins(5);
/// What the first line of a program begins with.
const EXPECT: &str = "# expect: ";
/// How the engine says that the native stack has ended, and that the one in linear memory has: that
/// lies at its beginning, so there is nothing beyond it.
const ENDS: [&str; 2] = ["call stack exhausted", "out of bounds memory access"];

fn main() -> ExitCode {
    if let Some(program) = std::env::var_os(CHILD) {
        return child(Path::new(&program));
    }
    let mut arguments = Arguments::from_args();
    // Each program may take a gigabyte.
    arguments.test_threads = Some(arguments.test_threads.map_or(2, |threads| threads.min(2)));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stacks");
    let mut programs: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder of programs")
        .map(|entry| entry.expect("an entry of it").path())
        .collect();
    programs.sort();
    let trial = |program: PathBuf| {
        let name = program.file_stem().unwrap_or_default();
        Trial::test(name.to_string_lossy().into_owned(), move || {
            attack(&program)
        })
    };
    libtest_mimic::run(&arguments, programs.into_iter().map(trial).collect()).exit_code()
}

/// Has a process run the program, and compares what it tells of it with what is expected.
fn attack(program: &Path) -> Result<(), Failed> {
    let source = fs::read_to_string(program)?;
    let expected = source
        .lines()
        .next()
        .and_then(|line| line.strip_prefix(EXPECT))
        .ok_or("its first line does not say what to expect")?;
    let child = Command::new(std::env::current_exe()?)
        .env(CHILD, program)
        .output()?;
    let told = String::from_utf8_lossy(&child.stdout);
    if !child.status.success() {
        let said = String::from_utf8_lossy(&child.stderr);
        return Err(format!("the host died: {}\n{told}{said}", child.status).into());
    }
    let (came, next) = told.split_once('\n').unwrap_or_default();
    if !expected.split(" or ").any(|word| word == came) {
        return Err(format!("expected {expected}, and there came {came}").into());
    }
    if next != "45\n" {
        return Err(format!("the next program printed {next:?}").into());
    }
    Ok(())
}

/// Runs the program, then another in the same sandbox; tells of both on stdout.
#[expect(
    clippy::print_stdout,
    reason = "the process that started this reads it"
)]
fn child(program: &Path) -> ExitCode {
    let source = fs::read_to_string(program).expect("the program is there");
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let mut builder = Sandbox::builder().with_cache_dir(CACHE);
    if name.starts_with("numpy") {
        builder = builder.with_embedded_runtime();
    }
    let sandbox = builder.build().expect("the sandbox is built");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let attack = async { tokio::time::timeout(LIMIT, sandbox.execute(&source)).await };
    match runtime.block_on(attack) {
        Ok(result) => println!("{}", word(result)),
        Err(_) => println!("no end in {LIMIT:?}"),
    }
    let next = runtime.block_on(sandbox.execute("print(sum(range(10)))"));
    match next {
        Ok(result) => print!("{}", result.stdout),
        Err(error) => println!("{error}"),
    }
    ExitCode::SUCCESS
}

/// What came of a program, as first lines say it.
fn word(result: Result<ExecuteResult, ExecuteError>) -> String {
    let Err(error) = result else {
        return "end".to_owned();
    };
    match error.kind {
        ErrorKind::Exception(exception) => exception.type_name,
        ErrorKind::Limit(reached) if reached.limit == Limit::Memory => "MemoryError".to_owned(),
        ErrorKind::Trap(reason) if ENDS.iter().any(|end| reason.contains(end)) => "trap".to_owned(),
        other => other.to_string().replace('\n', " "),
    }
}
