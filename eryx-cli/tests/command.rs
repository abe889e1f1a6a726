//! The `eryx` command, run as a user runs it.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use eryx_test_support::image_cache;

/// Runs the command with `--quiet`, since any test may be the first that builds an image.
fn eryx(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_eryx"))
        .arg("--quiet")
        .args(arguments)
        .env("ERYX_CACHE_DIR", image_cache())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("it is a pipe");
    // The command may end before it reads all of its stdin.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the command ends")
}

/// Runs the command and returns its exit status, stdout and stderr.
fn outcome(arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let output = eryx(arguments, input);
    let text = |bytes| String::from_utf8(bytes).expect("it is UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn outcome_of(status: i32, stdout: &str, stderr: &str) -> (Option<i32>, String, String) {
    (Some(status), stdout.to_owned(), stderr.to_owned())
}

#[test]
fn code() {
    let code = "import sys; print(sys.argv); print('err', file=sys.stderr)";
    assert_eq!(
        outcome(&["run", "-c", code, "a", "--json", "-c"], ""),
        outcome_of(0, "['-c', 'a', '--json', '-c']\n", "err\n")
    );
}

#[test]
fn file_with_arguments() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("program.py");
    let source = "\u{feff}import sys\nprint(sys.argv[1:], __file__ == sys.argv[0], __name__)\n";
    std::fs::write(&file, source).expect("the directory is writable");
    let file = file.to_str().expect("it is UTF-8");
    assert_eq!(
        outcome(&["run", file, "-v", "--year", "2026"], ""),
        outcome_of(0, "['-v', '--year', '2026'] True __main__\n", "")
    );
}

#[test]
fn standard_input() {
    assert_eq!(
        outcome(&["run", "-", "x"], "import sys\nprint(sys.argv, 'ü')"),
        outcome_of(0, "['-', 'x'] ü\n", "")
    );
}

#[test]
fn numpy() {
    assert_eq!(
        outcome(
            &["run", "-c", "import numpy as np; print(np.arange(4).sum())"],
            ""
        ),
        outcome_of(0, "6\n", "")
    );
}

#[test]
fn exception() {
    let source = "print('so far')\ndef f():\n    raise KeyError('ü')\n\nf()\n";
    assert_eq!(
        outcome(&["run", "-"], source),
        outcome_of(
            1,
            "so far\n",
            "Traceback (most recent call last):\n  File \"<stdin>\", line 5, in <module>\n    f()\n    \
             ~^^\n  File \"<stdin>\", line 3, in f\n    raise KeyError('ü')\nKeyError: 'ü'\n"
        )
    );
}

#[test]
fn exit_statuses() {
    for (code, status, stderr) in [
        ("import sys; sys.exit()", 0, ""),
        ("import sys; sys.exit(0)", 0, ""),
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit(-1)", 255, ""),
        ("import sys; sys.exit('no')", 1, "no\n"),
        ("import os; os._exit(0)", 0, ""),
        ("import os; os._exit(1)", 1, ""),
    ] {
        assert_eq!(
            outcome(&["run", "-c", code], ""),
            outcome_of(status, "", stderr),
            "{code}"
        );
    }
}

#[test]
fn missing_file() {
    let (status, stdout, stderr) = outcome(&["run", "/no/such/program.py"], "");
    assert_eq!((status, &*stdout), (Some(2), ""));
    assert_eq!(
        stderr,
        "eryx: /no/such/program.py: cannot read the program: No such file or directory (os error \
         2)\n"
    );
}

#[test]
fn file_that_is_not_utf8() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("program.py");
    std::fs::write(&file, b"print('\xff')").expect("the directory is writable");
    let file = file.to_str().expect("it is UTF-8");
    assert_eq!(
        outcome(&["run", file], ""),
        outcome_of(
            2,
            "",
            &format!("eryx: {file}: the program is not UTF-8; save it in that encoding\n")
        )
    );
}

#[test]
fn missing_program() {
    let (status, stdout, stderr) = outcome(&["run"], "");
    assert_eq!((status, &*stdout), (Some(2), ""));
    assert!(stderr.contains("Usage: eryx run"), "{stderr}");
}

#[test]
fn bytes_pass_unchanged() {
    let code = "import os, sys; sys.stdout.buffer.write(b'\\xff\\0\\r\\n'); os.write(2, b'\\xfe')";
    let output = eryx(&["run", "-c", code], "");
    assert_eq!(
        (&*output.stdout, &*output.stderr),
        (&b"\xff\0\r\n"[..], &b"\xfe"[..])
    );
}

#[test]
fn json() {
    let run = |code| {
        let (status, stdout, stderr) = outcome(&["run", "--json", "-c", code], "");
        assert_eq!(stderr, "");
        let mut value: serde_json::Value = serde_json::from_str(&stdout).expect("it is JSON");
        let stats = value["stats"].take();
        assert!(stats["wall_seconds"].as_f64() > Some(0.0), "{stats}");
        value.as_object_mut().expect("an object").remove("stats");
        (status, value)
    };
    assert_eq!(
        run("print('ü'); import sys; print('err', file=sys.stderr); 6 * 7"),
        (
            Some(0),
            serde_json::json!({
                "status": "ok", "stdout": "ü\n", "stderr": "err\n",
                "value": { "json": 42, "repr": "42" },
            })
        )
    );
    assert_eq!(
        run("import sys; print(1); sys.exit(3)"),
        (
            Some(3),
            serde_json::json!({
                "status": "exit", "exit_status": 3, "stdout": "1\n", "stderr": "",
            })
        )
    );
    let (status, value) = run("import json; json.loads('?')");
    assert_eq!(status, Some(1));
    assert_eq!(value["status"], "exception");
    assert_eq!(value["exception"]["type"], "json.decoder.JSONDecodeError");
    assert_eq!(
        value["exception"]["message"],
        "Expecting value: line 1 column 1 (char 0)"
    );
    let (status, value) = run("import os; os.abort()");
    assert_eq!((status, &value["status"]), (Some(1), &"trap".into()));
}

/// Each kind of error has a status and fields of its own.
#[test]
fn json_statuses() {
    for (options, code, exit_status, expected, fields) in [
        (&[][..], "print(1)", 0, "ok", &[][..]),
        (&[], "import sys; sys.exit(0)", 0, "ok", &[]),
        (
            &[],
            "import sys; sys.exit(7)",
            7,
            "exit",
            &["exit_status"][..],
        ),
        (&[], "1 / 0", 1, "exception", &["exception"]),
        (&[], "raise BaseException", 1, "exception", &["exception"]),
        (
            &["--time", "0.1"],
            "while True: pass",
            1,
            "limit",
            &["limit", "allowed", "used", "reason"],
        ),
        (
            &["--memory", "80"],
            "bytearray(100_000_000)",
            1,
            "limit",
            &["limit", "allowed", "used", "reason"],
        ),
        (
            &[],
            "import os; os.abort()",
            1,
            "trap",
            &["reason", "backtrace"],
        ),
    ] {
        let arguments = [&["run", "--json"], options, &["-c", code]].concat();
        let (status, stdout, stderr) = outcome(&arguments, "");
        assert_eq!((status, &*stderr), (Some(exit_status), ""), "{code}");
        let value: serde_json::Value = serde_json::from_str(&stdout).expect("it is JSON");
        assert_eq!(value["status"], expected, "{code}");
        let object = value.as_object().expect("it is an object");
        let common = ["status", "stdout", "stderr", "stats", "value"];
        let mut own: Vec<&str> = object.keys().map(String::as_str).collect();
        own.retain(|name| !common.contains(name));
        own.sort_unstable();
        let mut fields = fields.to_vec();
        fields.sort_unstable();
        assert_eq!(own, fields, "{code}");
    }
}

/// The help lists every status of `--json`.
#[test]
fn json_statuses_in_help() {
    let (status, stdout, stderr) = outcome(&["run", "--help"], "");
    assert_eq!((status, &*stderr), (Some(0), ""));
    let (_, list) = stdout
        .split_once("Statuses of --json:\n")
        .expect("the help has the list");
    let (list, _) = list.split_once("\n\n").expect("the list ends");
    let words: Vec<&str> = list
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(
        words,
        [
            "ok",
            "exit",
            "exception",
            "limit",
            "trap",
            "file",
            "stdin",
            "cancelled",
            "host-panic",
            "busy",
            "lost",
            "misuse"
        ]
    );
}

/// A wrong argument is an error of the command line: nothing runs, and no JSON is printed.
#[test]
fn wrong_arguments() {
    for (wrong, reason) in [
        (&["--env", "=x"][..], "the name is empty; give NAME=VALUE"),
        (&["--env", "x"], "there is no `=`; give NAME=VALUE"),
        (&["--time", "soon"], "not a number; give seconds, as in 2.5"),
        (&["--time=-1"], "value is negative"),
        (&["--memory", "much"], "invalid digit"),
    ] {
        let arguments = [&["run", "--json"], wrong, &["-c", "print(1)"]].concat();
        let (status, stdout, stderr) = outcome(&arguments, "");
        assert_eq!((status, &*stdout), (Some(2), ""), "{wrong:?}");
        assert!(
            stderr.starts_with("error: invalid value"),
            "{wrong:?}: {stderr}"
        );
        assert!(stderr.contains(reason), "{wrong:?}: {stderr}");
    }
}

#[test]
fn input_environment_and_limits() {
    let code = "import os, sys; print(sys.stdin.read(), os.environ['KEY'])";
    let arguments = ["run", "--env", "KEY=a=b", "-c", code];
    assert_eq!(
        outcome(&arguments, "some input"),
        outcome_of(0, "some input a=b\n", "")
    );
    let code = "print('so far', flush=True)\nwhile True: pass";
    let (status, stdout, stderr) = outcome(&["run", "--time", "0.1", "-c", code], "");
    assert_eq!((status, &*stdout), (Some(1), "so far\n"));
    assert!(stderr.contains("its limit on wall-clock time"), "{stderr}");
    let code = "bytearray(100_000_000)";
    let (status, _, stderr) = outcome(&["run", "--memory", "80", "-c", code], "");
    assert_eq!(status, Some(1));
    assert!(stderr.contains("its limit on memory"), "{stderr}");
}

#[test]
fn site_packages_and_preimport() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(directory.path().join("mine.py"), "answer = 42")
        .expect("the directory is writable");
    let packages = directory.path().to_str().expect("it is UTF-8");
    let code = "import sys; print(sys.modules['mine'].answer)";
    assert_eq!(
        outcome(
            &[
                "run",
                "--site-packages",
                packages,
                "--preimport",
                "mine",
                "-c",
                code
            ],
            ""
        ),
        outcome_of(0, "42\n", "")
    );
}

#[test]
fn preimport_that_fails() {
    let (status, stdout, stderr) = outcome(&["run", "--preimport", "nompy", "-c", "1"], "");
    assert_eq!((status, &*stdout), (Some(1), ""));
    assert!(
        stderr.ends_with("ModuleNotFoundError: No module named 'nompy'\n\n"),
        "{stderr:?}"
    );
}

#[test]
fn missing_site_packages_directory() {
    assert_eq!(
        outcome(&["run", "--site-packages", "/no/such", "-c", "1"], ""),
        outcome_of(
            1,
            "",
            "eryx: cannot read /no/such\n  because: No such file or directory (os error 2)\n"
        )
    );
}

#[test]
fn extensions() {
    let (status, stdout, stderr) = outcome(&["extensions"], "");
    assert_eq!((status, &*stderr), (Some(0), ""));
    assert!(stdout.starts_with("numpy 2."), "{stdout}");
}

/// An image file is built, run, and refused once it is damaged.
#[test]
fn image_file() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("bare.eryx");
    let path = file.to_str().expect("it is UTF-8");
    let build = [
        "image",
        "build",
        "--bare",
        "--preimport",
        "json",
        "--output",
        path,
    ];
    assert_eq!(outcome(&build, ""), outcome_of(0, "", ""));
    let run = [
        "run",
        "--image",
        path,
        "-c",
        "import sys; print('json' in sys.modules)",
    ];
    assert_eq!(outcome(&run, ""), outcome_of(0, "True\n", ""));
    let numpy = ["run", "--image", path, "-c", "import numpy"];
    let (status, _, stderr) = outcome(&numpy, "");
    assert_eq!(status, Some(1));
    assert!(stderr.ends_with("No module named 'numpy'\n"), "{stderr}");

    // An image file has its packages already: the two options conflict.
    let both = ["run", "--image", path, "--bare", "-c", "1"];
    assert_eq!(outcome(&both, "").0, Some(2));

    std::fs::write(&file, b"no image").expect("the directory is writable");
    let (status, _, stderr) = outcome(&run, "");
    assert_eq!(status, Some(1));
    assert!(
        stderr.starts_with(&format!("eryx: {path} cannot be loaded as an image: ")),
        "{stderr}"
    );
}

#[test]
fn extensions_by_name() {
    let code = "import numpy; print(numpy.__name__)";
    assert_eq!(
        outcome(&["run", "--extension", "numpy", "-c", code], ""),
        outcome_of(0, "numpy\n", "")
    );
    let (status, _, stderr) = outcome(&["run", "--extension", "nonesuch", "-c", code], "");
    assert_eq!(status, Some(1));
    assert_eq!(
        stderr,
        "eryx: --extension nonesuch: this command carries no such package; use one of: numpy\n"
    );
}

#[test]
fn cached_images() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let cache = directory.path().join("cache");
    let path = cache.to_str().expect("it is UTF-8");
    assert_eq!(
        outcome(&["image", "path", "--cache-dir", path], ""),
        outcome_of(0, &format!("{path}\n"), "")
    );
    let list = ["image", "list", "--cache-dir", path];
    assert_eq!(outcome(&list, ""), outcome_of(0, "", ""));
    // Copies the image from the tests' cache, since building one takes long.
    let (_, _, _) = outcome(&["run", "-c", "1"], "");
    std::fs::create_dir_all(cache.join("images")).expect("the directory is writable");
    for entry in std::fs::read_dir(image_cache().join("images")).expect("it was made") {
        let entry = entry.expect("an entry of it");
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.len() == 64 {
            std::fs::copy(entry.path(), cache.join("images").join(name))
                .expect("the directory is writable");
        }
    }
    let (status, stdout, stderr) = outcome(&list, "");
    assert_eq!((status, &*stderr), (Some(0), ""));
    let line = stdout.lines().find(|line| line.ends_with("  numpy 2.5.5"));
    let line = line.unwrap_or_else(|| panic!("{stdout}"));
    assert!(line.contains("MiB") && line.contains(" ago"), "{line}");

    let prune = |keep| outcome(&["image", "prune", "--keep", keep, "--cache-dir", path], "");
    assert_eq!(
        prune("1000GiB"),
        outcome_of(0, "removed 0 files, 0 B\n", "")
    );
    let (status, _, stderr) = prune("7 apples");
    assert_eq!(status, Some(2));
    assert!(stderr.contains("\"apples\" is not a unit"), "{stderr}");
    let (status, stdout, _) = prune("0");
    assert_eq!(status, Some(0));
    assert!(stdout.starts_with("removed "), "{stdout}");
    assert_eq!(outcome(&list, ""), outcome_of(0, "", ""));
}

/// Without a terminal, the first run prints a line for each step, and the second run prints none.
#[test]
fn steps_of_the_first_run() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().to_str().expect("it is UTF-8");
    let run = |options: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_eryx"))
            .args(["run", "--bare", "--cache-dir", path])
            .args(options)
            .args(["-c", "print(6 * 7)"])
            .output()
            .expect("the command runs");
        assert_eq!(output.stdout, b"42\n");
        String::from_utf8(output.stderr).expect("it is UTF-8")
    };
    let stderr = run(&[]);
    let heading = format!(
        "eryx: building the image for bare Python: about 9 CPU seconds, once; the cache is {path}"
    );
    let mut lines = stderr.lines();
    assert_eq!(lines.next(), Some(&*heading));
    let steps: Vec<&str> = lines
        .map(|line| {
            let step = line.strip_prefix("eryx: [").expect("it is a step");
            step.split_once(" s] ").expect("it has a time").1
        })
        .collect();
    let [check, link, fuse, compile, boot] = steps.as_slice() else {
        panic!("{stderr}");
    };
    assert_eq!(
        [*check, *link, *fuse, *boot],
        [
            "check the native libraries",
            "link them with Python",
            "fuse them into two modules",
            "start Python and take the snapshot"
        ]
    );
    let functions = compile.strip_prefix("compile to machine code: ");
    assert!(
        functions.is_some_and(|rest| rest.ends_with(" functions")),
        "{stderr}"
    );
    assert_eq!(run(&[]), "");

    // Another image of the same code, built with --quiet.
    assert_eq!(run(&["--quiet", "--preimport", "json"]), "");
}
