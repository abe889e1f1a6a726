//! Each program in `hostile` attacks the sandbox that runs it, as an enemy would write it. Its first
//! lines say what it tries, and what must come of that:
//!
//! - `# expect:` is `done`, `exit STATUS`, `exception TYPE`, `limit WHICH`, `trap` for an instance that
//!   could not go on, or `host panic`. Several of them, with `|` between, are for what truly is not
//!   settled; `any` is for programs that destroy their own interpreter, of which anything may come.
//! - `# stdout:` is a line that it prints; with one of them, nothing else may be printed.
//! - `# limits:` are those that are not [`allowed`].
//!
//! Whatever comes, the host lives, the next run in the same sandbox is right, and it finds nothing of
//! the one before. All programs share one sandbox, and with it the places of its instances.
//!
//! Nothing here looks at a clock: how late a limit on time may come is measured by `cargo xtask bench`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use eryx::{ErrorKind, ExecuteError, ExecuteResult, Limits, Program, Sandbox};
use libtest_mimic::{Arguments, Failed, Trial};

/// A program that keeps a secret in its memory, in each way there is. It is run before each of the
/// others. That it is not in its source is for the sake of those who look for it.
const SECRET: &str = r#"
import os
secret = bytes(letter - 1 for letter in b"Tfdsfu!Pg!Bopuifs!Svo") * 3
kept = [bytearray(secret) for _ in range(1000)] + [secret.decode() + str(n) for n in range(1000)]
large = secret * 50_000
os.environ["SECRET"] = secret.decode()
open("/tmp/secret", "wb").write(large)
print(len(kept))
"#;

/// A program that looks whether it has a fresh interpreter and a fresh system.
const FRESH: &str = r#"
import gc, os, re, sys
assert os.listdir("/tmp") == [] and os.getcwd() == "/tmp", os.listdir("/tmp")
assert list(os.environ) == ["HOME"], os.environ
assert sys.getrecursionlimit() == 1000 and sys.gettrace() is None and sys.getprofile() is None
assert gc.isenabled() and not gc.callbacks and gc.get_threshold()[0] > 1
assert [type(value) for value in (1, "a", [], {}, ())] == [int, str, list, dict, tuple]
assert re.sub("b+", "c", "abba") == "aca" and len({1: 2}) == 1 and repr(range(3)) == "range(0, 3)"
try:
    raise ValueError("x")
except ValueError as error:
    assert repr(error) == "ValueError('x')"
import numpy
assert numpy.ones((3, 3)).sum() == 9
print(echo({"fresh": [True]}))
"#;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each program may take a quarter of a gigabyte.
    arguments.test_threads = Some(arguments.test_threads.map_or(2, |threads| threads.min(4)));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile");
    let mut programs: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder of programs")
        .map(|entry| entry.expect("an entry of it").path())
        .collect();
    programs.sort();
    let sandbox = Sandbox::builder().with_embedded_runtime().build();
    let sandbox = eryx_tests::with_functions(sandbox.expect("an image with numpy can be made"));
    let trial = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let sandbox = sandbox.clone();
        Trial::test(name, move || attack(&sandbox, &path))
    };
    libtest_mimic::run(&arguments, programs.into_iter().map(trial).collect()).exit_code()
}

/// Runs the program, compares what comes with what is expected, and looks at what is left.
fn attack(sandbox: &Sandbox, path: &Path) -> Result<(), Failed> {
    let source = fs::read_to_string(path)?;
    let header = Header::of(&source)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let run = |program: Program| runtime.block_on(sandbox.run(program));

    let secret = run(Program::new(SECRET));
    check_next("the one with a secret", secret, "2000\n")?;
    let result = run(Program::new(&source).limits(header.limits.clone()));
    let more = result.as_ref().err().map(ToString::to_string);
    let (came, stdout) = told(result);
    if !header.expects(&came) {
        let expected = header.expected.join(" | ");
        let more = more.unwrap_or_default();
        return Err(format!("expected {expected}, and there came {came}: {more}\n{stdout}").into());
    }
    if let Some(expected) = &header.stdout
        && *expected != stdout
    {
        return Err(format!("expected\n{expected}\nand it printed\n{stdout}").into());
    }
    check_next("the next", run(Program::new("print(1 + 1)")), "2\n")?;
    check_next(
        "a later one",
        run(Program::new(FRESH)),
        "{'fresh': [True]}\n",
    )
}

/// A program of ours printed what it should.
fn check_next(
    which: &str,
    result: Result<ExecuteResult, ExecuteError>,
    expected: &str,
) -> Result<(), Failed> {
    match told(result) {
        (came, stdout) if came == "done" && stdout == expected => Ok(()),
        (came, stdout) => Err(format!("{which} ended with {came} and printed {stdout:?}").into()),
    }
}

/// What came of a run, in the words of the programs, and what it printed.
fn told(result: Result<ExecuteResult, ExecuteError>) -> (String, String) {
    let error = match result {
        Ok(result) => return ("done".to_owned(), result.stdout.to_string()),
        Err(error) => error,
    };
    let came = match &error.kind {
        ErrorKind::Exception(exception) => format!("exception {}", exception.type_name),
        ErrorKind::Exit(status) => format!("exit {status}"),
        ErrorKind::Limit(reached) => format!("limit {:?}", reached.limit),
        ErrorKind::HostPanic { .. } => "host panic".to_owned(),
        ErrorKind::Trap(_) => "trap".to_owned(),
        other => format!("{other:?}"),
    };
    (came, error.stdout().to_string())
}

/// What the first lines of a program say.
struct Header {
    expected: Vec<String>,
    stdout: Option<String>,
    limits: Limits,
}

impl Header {
    fn of(source: &str) -> Result<Self, Failed> {
        let lines = source.lines().map_while(|line| line.strip_prefix("# "));
        let mut expected = Vec::new();
        let mut stdout = None;
        let mut told = "";
        for line in lines {
            if let Some(words) = line.strip_prefix("expect: ") {
                expected.extend(words.split(" | ").map(str::to_owned));
            } else if let Some(line) = line.strip_prefix("stdout: ") {
                let stdout: &mut String = stdout.get_or_insert_default();
                stdout.push_str(line);
                stdout.push('\n');
            } else if let Some(limits) = line.strip_prefix("limits: ") {
                told = limits;
            }
        }
        if expected.is_empty() {
            return Err("its first lines do not say what to expect".into());
        }
        if stdout.is_none() && expected.iter().all(|word| word == "done") {
            return Err(
                "it could not fail: that it ends and prints anything is all it says".into(),
            );
        }
        let limits = allowed(&expected, told)?;
        Ok(Self {
            expected,
            stdout,
            limits,
        })
    }

    fn expects(&self, came: &str) -> bool {
        self.expected
            .iter()
            .any(|word| word == came || word == "any")
    }
}

/// Limits that end what would not end, and leave time to what does: on a busy machine that may take
/// long. `told` are others, like `memory=64MiB wall=100ms`.
fn allowed(expected: &[String], told: &str) -> Result<Limits, Failed> {
    let is_endless = expected.iter().any(|word| word == "limit WallTime");
    let time = if is_endless { 100 } else { 60_000 };
    let mut limits = Limits::default()
        .wall_time(Duration::from_millis(time))
        .memory(256 << 20)
        .output_bytes(1 << 20);
    for told in told.split_whitespace() {
        let (name, value) = told.split_once('=').ok_or("a limit has no value")?;
        let unit = value.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let number: u64 = value[..value.len() - unit.len()].parse()?;
        let number = match unit {
            "MiB" => number << 20,
            "s" => number * 1000,
            "" | "ms" => number,
            other => return Err(format!("{other} is no unit of a limit").into()),
        };
        limits = match name {
            "wall" => limits.wall_time(Duration::from_millis(number)),
            "cpu" => limits.cpu_time(Duration::from_millis(number)),
            "memory" => limits.memory(number),
            "output" => limits.output_bytes(number),
            "output_lines" => limits.output_lines(number),
            "host_calls" => limits.host_calls(number),
            "host_call_bytes" => limits.host_call_bytes(number),
            "result" => limits.result_bytes(number),
            other => return Err(format!("{other} is no limit").into()),
        };
    }
    Ok(limits)
}
