//! Running programs in a sandbox.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eryx::{ErrorKind, Limit, Program, Stream};
use eryx_tests::{NUMPY, TINY, execute, runtime, stdout};

#[test]
fn result_has_both_streams() {
    let code = "import sys; print('out ü'); print('err', file=sys.stderr)";
    let result = execute(&NUMPY, code).expect("the program succeeds");
    assert_eq!((&*result.stdout, &*result.stderr), ("out ü\n", "err\n"));
}

#[test]
fn exception_has_the_output_before_it() {
    let code = "print('so far')\n\n1 / 0";
    let error = execute(&NUMPY, code).expect_err("the program raises an exception");
    let exception = error.exception().expect("the program raises an exception");
    assert_eq!(
        (&*exception.type_name, &*exception.message),
        ("ZeroDivisionError", "division by zero")
    );
    assert_eq!((&**error.stdout(), &**error.stderr()), ("so far\n", ""));
    assert_eq!(
        exception.traceback,
        "Traceback (most recent call last):\n  File \"<string>\", line 3, in <module>\n    1 / 0\n    \
         ~~^~~\nZeroDivisionError: division by zero\n"
    );
}

#[test]
fn programs_do_not_see_each_other() {
    let code = "
import sys, tiny
assert tiny.calls() == 0
tiny.vowels('a')
assert 'left' not in globals() and not hasattr(sys, 'left') and 'left' not in sys.modules
assert not hasattr(len.__self__, 'left')
left = sys.left = sys.modules['left'] = len.__self__.left = tiny
tiny.vowels = None
print('clean')
";
    for _ in 0..3 {
        assert_eq!(stdout(&TINY, code), "clean\n");
    }
}

#[test]
fn sandbox_is_usable_after_every_kind_of_error() {
    for code in [
        "1 / 0",
        "import sys; sys.exit(1)",
        "import os; os.abort()",
        "x = [",
    ] {
        execute(&TINY, code).expect_err("it does not reach its end");
        assert_eq!(stdout(&TINY, "print(1)"), "1\n");
    }
}

#[test]
fn name_and_arguments() {
    let code = "import sys; print(sys.argv, globals().get('__file__')); nothing";
    let program = Program::new(code)
        .name("/data/Größe.py")
        .args(["-x", "", "ü y"]);
    let error = runtime()
        .block_on(TINY.run(program))
        .expect_err("a name is not defined");
    assert_eq!(
        *error.stdout(),
        "['/data/Größe.py', '-x', '', 'ü y'] /data/Größe.py\n"
    );
    let traceback = &error
        .exception()
        .expect("the program raises an exception")
        .traceback;
    assert!(
        traceback.contains("  File \"/data/Größe.py\", line 1, in <module>\n"),
        "{traceback}"
    );
    assert_eq!(stdout(&TINY, "import sys; print(sys.argv)"), "['-c']\n");
}

#[test]
fn streamed_output() {
    let chunks = Arc::new(Mutex::new(Vec::new()));
    let heard = chunks.clone();
    let program = Program::new(
        "import os, sys
print('one', flush=True)
print('two', file=sys.stderr, flush=True)
os.write(1, b'\\xff\\x00')
",
    )
    .on_output(move |stream, bytes| {
        heard
            .lock()
            .expect("the lock is not poisoned")
            .push((stream, bytes.to_vec()));
    });
    let result = runtime()
        .block_on(TINY.run(program))
        .expect("the program succeeds");
    assert_eq!((&*result.stdout, &*result.stderr), ("", ""));
    let chunks = chunks.lock().expect("the lock is not poisoned");
    assert_eq!(
        *chunks,
        [
            (Stream::Stdout, b"one\n".to_vec()),
            (Stream::Stderr, b"two\n".to_vec()),
            (Stream::Stdout, b"\xff\0".to_vec()),
        ]
    );
}

#[test]
fn large_output() {
    let result = execute(&TINY, "for n in range(16384): print(f'{n:063}')");
    let stdout = result.expect("the program succeeds").stdout;
    assert_eq!(stdout.len(), 1 << 20);
    assert!(stdout.ends_with("016383\n"));
}

#[test]
fn endless_output() {
    let error = execute(&TINY, "while True: print('x' * 100_000)").expect_err("it is too much");
    let ErrorKind::Limit(reached) = error.kind else {
        panic!("{error}");
    };
    assert_eq!(
        (reached.limit, reached.allowed),
        (Limit::OutputBytes, 16 << 20)
    );
    assert_eq!(error.stdout().len(), 16 << 20);
}

#[test]
fn output_that_is_not_utf8() {
    assert_eq!(
        stdout(&TINY, "import os; os.write(1, b'a\\xffb\\n')"),
        "a\u{fffd}b\n"
    );
}

#[test]
fn concurrent_programs() {
    runtime().block_on(async {
        let mut running = tokio::task::JoinSet::new();
        for number in 0..24 {
            let sandbox = TINY.clone();
            running.spawn(async move {
                let code = format!(
                    "import tiny\nfor _ in range({number}): tiny.vowels('a')\nprint({number}, tiny.calls())"
                );
                let result = sandbox.execute(&code).await;
                (number, result.expect("the program succeeds").stdout)
            });
        }
        let results = running.join_all().await;
        assert_eq!(results.len(), 24);
        for (number, stdout) in results {
            assert_eq!(stdout, format!("{number} {number}\n"));
        }
    });
}

#[test]
fn clones_are_one_sandbox() {
    let clone = TINY.clone();
    assert_eq!(clone.image_id(), TINY.image_id());
    assert_eq!(stdout(&clone, "print(1)"), "1\n");
}

/// The loops are in Python, in C code that Python calls, and in a regular expression.
#[test]
fn timeout() {
    let loops = [
        "while True: pass",
        "sum(iter(int, 1))",
        "import re; re.match(r'(a+)+$', 'a' * 64 + 'b')",
        "10 ** 10 ** 8",
        "import time; time.sleep(3600)",
        "try:\n    while True: pass\nexcept BaseException:\n    while True: pass",
    ];
    runtime().block_on(async {
        for code in loops {
            let start = Instant::now();
            let run = TINY.execute(code);
            let result = tokio::time::timeout(Duration::from_millis(300), run).await;
            assert!(result.is_err(), "{code}: {result:?}");
            assert!(start.elapsed() < Duration::from_secs(10), "{code}");
        }
        let result = TINY.execute("print('usable')").await;
        assert_eq!(result.expect("the program succeeds").stdout, "usable\n");
    });
}

/// An endless program lets others run, even on a single thread.
#[test]
fn endless_program_yields() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let endless = TINY.execute("while True: pass");
        let other = TINY.execute("print(sum(range(100_000)))");
        tokio::select! {
            result = endless => panic!("{result:?}"),
            result = other => {
                assert_eq!(result.expect("the program succeeds").stdout, "4999950000\n");
            }
        }
    });
}

#[test]
fn dropped_before_it_starts() {
    drop(TINY.execute("while True: pass"));
    assert_eq!(stdout(&TINY, "print(1)"), "1\n");
}

#[test]
fn dropped_future_ends_the_program() {
    let told: Arc<Mutex<usize>> = Arc::default();
    let counter = told.clone();
    runtime().block_on(async {
        let program = Program::new("while True: print('tick', flush=True)")
            .on_output(move |_, _| *counter.lock().expect("the lock is not poisoned") += 1);
        let running = tokio::time::timeout(Duration::from_millis(500), TINY.run(program)).await;
        assert!(running.is_err());
        let before = *told.lock().expect("the lock is not poisoned");
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(*told.lock().expect("the lock is not poisoned"), before);
        assert!(before > 0);
    });
}

#[test]
fn empty_and_invalid_source() {
    assert_eq!(stdout(&TINY, ""), "");
    let error = execute(&TINY, "a\0b").expect_err("a NUL byte");
    assert!(error.to_string().starts_with("SyntaxError: "), "{error}");
}
