//! The limits on output, host calls and results.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use eryx::{CallError, ErrorKind, FileError, Function, Limit, LimitReached, Limits, Program};
use eryx_tests::host_functions::{One, echo};
use eryx_tests::{TINY, block_on, fails, limit_of, passed, raised, run, stdout};
use tokio::io::AsyncReadExt as _;

fn with(code: &str, limits: Limits) -> Program {
    Program::new(code).limits(limits)
}

fn output(bytes: u64) -> Limits {
    Limits::default().output_bytes(bytes)
}

#[test]
fn output_is_cut_at_the_byte() {
    let error = fails(&TINY, with("print('0123456789abc', end='')", output(10)));
    let reached = LimitReached {
        limit: Limit::OutputBytes,
        allowed: 10,
        used: 13,
    };
    assert_eq!(limit_of(&error), reached);
    assert_eq!(*error.stdout(), "0123456789");
    assert_eq!(error.stats().output_bytes, 10);

    let result =
        run(&TINY, with("print('012345678')", output(10))).expect("the output fits the limit");
    assert_eq!(result.stdout, "012345678\n");
    assert_eq!(result.stats.output_bytes, 10);
    assert_eq!(stdout(&TINY, with("pass", output(0))), "");
    passed(
        &fails(&TINY, with("print()", output(0))),
        Limit::OutputBytes,
    );
}

#[test]
fn both_streams_count() {
    let code = "import sys
print('12345', flush=True)
print('1234', file=sys.stderr, flush=True)
print('12345', flush=True)";
    let error = fails(&TINY, with(code, output(13)));
    assert_eq!(passed(&error, Limit::OutputBytes).used, 17);
    assert_eq!(
        (&**error.stdout(), &**error.stderr()),
        ("12345\n12", "1234\n")
    );
}

#[test]
fn lines_are_counted() {
    let lines = |count: u64| Limits::default().output_lines(count);
    let code = "print('one\\ntwo\\nthree\\nfour')";
    let error = fails(&TINY, with(code, lines(3)));
    assert_eq!(passed(&error, Limit::OutputLines).used, 4);
    // The fourth line has no end yet, so it does not count.
    assert_eq!(*error.stdout(), "one\ntwo\nthree\nfour");
    assert_eq!(
        stdout(&TINY, with(code, lines(4))),
        "one\ntwo\nthree\nfour\n"
    );
    let error = fails(&TINY, with("print('one')", lines(0)));
    assert_eq!(*error.stdout(), "");
    passed(&error, Limit::OutputLines);
    let code =
        "import sys\nfor i in range(9): print(i, file=(sys.stdout, sys.stderr)[i % 2], flush=True)";
    let error = fails(&TINY, with(code, lines(5)));
    assert_eq!(passed(&error, Limit::OutputLines).used, 6);
    assert_eq!(
        (&**error.stdout(), &**error.stderr()),
        ("0\n2\n4\n", "1\n3\n")
    );
}

#[test]
fn the_tighter_one_is_named() {
    let code = "print('one\\ntwo\\nthree')";
    let error = fails(&TINY, with(code, output(2).output_lines(2)));
    assert_eq!(*error.stdout(), "on");
    passed(&error, Limit::OutputBytes);
    let error = fails(&TINY, with(code, output(10).output_lines(1)));
    assert_eq!(*error.stdout(), "one\n");
    passed(&error, Limit::OutputLines);
}

/// A program that catches exceptions cannot go on after a limit.
#[test]
fn floods_end() {
    for code in [
        "while True: print('x' * 1000)",
        "import os\nwhile True: os.write(1, b'x' * 1000)",
        "import sys\nwhile True: sys.stderr.write('x' * 1000)",
        "while True:\n    try: print('x' * 1000)\n    except BaseException: pass",
        "print('x' * 100_000_000)",
        "import atexit\n@atexit.register\ndef f():\n    while True: print('x' * 1000)",
    ] {
        let error = fails(&TINY, with(code, output(1 << 20)));
        passed(&error, Limit::OutputBytes);
        assert_eq!(
            error.stdout().len() + error.stderr().len(),
            1 << 20,
            "{code}"
        );
    }
}

/// The limit holds for output that goes to a function or a writer.
#[test]
fn floods_of_streamed_output() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = taken.clone();
    let program = with("while True: print('x' * 1000)", output(100_000));
    let program = program.on_output(move |_, bytes| {
        counter.fetch_add(bytes.len(), Ordering::Relaxed);
    });
    let error = fails(&TINY, program);
    passed(&error, Limit::OutputBytes);
    assert_eq!(
        (taken.load(Ordering::Relaxed), error.stdout().len()),
        (100_000, 0)
    );

    let (writer, mut reader) = tokio::io::duplex(64);
    let program = with("while True: print('x' * 1000)", output(100_000));
    let mut text = String::new();
    let (result, read) = block_on(async {
        tokio::join!(
            TINY.run(program.stdout_to(writer)),
            reader.read_to_string(&mut text)
        )
    });
    passed(&result.expect_err("it is endless"), Limit::OutputBytes);
    assert_eq!((read.expect("it is text"), text.len()), (100_000, 100_000));
}

#[test]
fn calls_are_counted() {
    let made = Arc::new(AtomicUsize::new(0));
    let counter = made.clone();
    let count = Function::new("count", move |(): ()| {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        async move { Ok::<_, CallError>(number) }
    });
    let sandbox = TINY
        .clone()
        .with_function(count)
        .expect("the setting is valid");
    let limits = Limits::default().host_calls(3);
    for code in [
        "while True: print(count(), flush=True)",
        "while True: print(await count(), flush=True)",
        "while True:\n    try: print(count(), flush=True)\n    except BaseException: pass",
    ] {
        made.store(0, Ordering::Relaxed);
        let error = fails(&sandbox, with(code, limits.clone()));
        let reached = passed(&error, Limit::HostCalls);
        assert_eq!((reached.allowed, reached.used), (3, 4));
        assert_eq!(*error.stdout(), "0\n1\n2\n");
        assert_eq!(made.load(Ordering::Relaxed), 3);
    }
    let result = run(&sandbox, with("count(); await count(); count()", limits));
    // A call in async code that is not awaited is not made.
    assert_eq!(result.expect("the limit allows it").stats.host_calls, 1);
}

#[test]
fn calls_have_a_size() {
    let sandbox = TINY
        .clone()
        .with_function(echo())
        .expect("the setting is valid");
    let bytes = |bytes| Limits::default().host_call_bytes(bytes);
    for call in ["echo('x' * 1000)", "await echo('x' * 1000)"] {
        let error = fails(&sandbox, with(call, bytes(100)));
        let used = passed(&error, Limit::HostCallBytes).used;
        assert!((1002..1020).contains(&used), "{used}");
        run(&sandbox, with(call, bytes(used))).expect("the limit allows it");
        passed(
            &fails(&sandbox, with(call, bytes(used - 1))),
            Limit::HostCallBytes,
        );
    }
}

#[test]
fn results_of_calls_have_a_size() {
    let size = |One { value }: One| async move {
        let size = value.as_u64().and_then(|size| usize::try_from(size).ok());
        Ok::<_, CallError>("x".repeat(size.unwrap_or_default()))
    };
    let fail = |One { value }: One| async move {
        let size = value.as_u64().and_then(|size| usize::try_from(size).ok());
        Err::<(), _>(CallError::of("E", "x".repeat(size.unwrap_or_default())))
    };
    let sandbox = TINY
        .clone()
        .with_function(Function::new("text", size))
        .expect("the setting is valid");
    let sandbox = sandbox
        .with_function(Function::new("fail", fail))
        .expect("the setting is valid");
    let limits = || Limits::default().host_call_bytes(100);
    for code in ["print(len(text(98)))", "print(len(await text(98)))"] {
        assert_eq!(stdout(&sandbox, with(code, limits())), "98\n");
    }
    for code in [
        "text(99)",
        "await text(99)",
        "text(50_000_000)",
        "fail(200)",
        "await fail(200)",
    ] {
        let error = fails(&sandbox, with(code, limits()));
        passed(&error, Limit::HostCallBytes);
    }
}

#[test]
fn results_have_a_size() {
    let bytes = |bytes| Limits::default().result_bytes(bytes);
    let code = "print('so far')\n'x' * 1000";
    let error = fails(&TINY, with(code, bytes(500)).return_value());
    let used = passed(&error, Limit::ResultBytes).used;
    assert_eq!(*error.stdout(), "so far\n");
    let result = run(&TINY, with(code, bytes(used)).return_value()).expect("the limit allows it");
    let value: String = result
        .value
        .expect("there is a value")
        .to()
        .expect("a text");
    assert_eq!(value.len(), 1000);
    passed(
        &fails(&TINY, with(code, bytes(used - 1)).return_value()),
        Limit::ResultBytes,
    );
    // Without `return_value`, there is no value.
    run(&TINY, with(code, bytes(10))).expect("the limit allows it");
    let error = fails(
        &TINY,
        with("raise ValueError('x' * 100_000)", bytes(50_000)),
    );
    passed(&error, Limit::ResultBytes);
}

#[test]
fn files_have_a_size() {
    let code = "open('/tmp/exact', 'w').write('x' * 100); open('/tmp/more', 'w').write('x' * 101)";
    let limits = Limits::default().result_bytes(100);
    let program = with(code, limits)
        .return_file("/tmp/exact")
        .return_file("/tmp/more");
    let result = run(&TINY, program).expect("the program succeeds");
    assert_eq!(result.files["/tmp/exact"], Ok(vec![b'x'; 100]));
    let reason = result.files["/tmp/more"]
        .as_ref()
        .expect_err("it is larger");
    let expected = ErrorKind::File {
        path: "/tmp/more".to_owned(),
        error: FileError::TooLarge {
            size: 101,
            allowed: 100,
        },
    };
    assert_eq!(*reason, expected);
}

/// A program's own limits replace those of the sandbox, lower or higher.
#[test]
fn of_a_program() {
    let sandbox = TINY.clone().with_limits(output(5));
    passed(
        &fails_there(&sandbox, Program::new("print('12345')")),
        Limit::OutputBytes,
    );
    assert_eq!(
        stdout(&sandbox, with("print('12345')", output(6))),
        "12345\n"
    );
    let error = fails_there(&sandbox, with("print('12345')", output(3)));
    assert_eq!(*error.stdout(), "123");
    block_on(async {
        let mut session = sandbox.session().await.expect("the session starts");
        let run = session.run(with("print('12345')", output(6))).await;
        assert_eq!(run.expect("the limit allows it").stdout, "12345\n");
        let error = session.execute("print('12345')").await;
        passed(&error.expect_err("it is too much"), Limit::OutputBytes);
    });
}

fn fails_there(sandbox: &eryx::Sandbox, program: Program) -> eryx::ExecuteError {
    run(sandbox, program).expect_err("it does not reach its end")
}

#[test]
fn have_messages() {
    let error = fails(&TINY, with("print('12345')", output(5)));
    let text = "the program passed its limit on output: 6 bytes, and 5 were allowed";
    assert_eq!(error.to_string(), text);
    assert_eq!(error.exception(), None);
}

/// Python itself limits the depth of recursion.
#[test]
fn recursion_is_an_exception() {
    let error = fails(&TINY, "def f(): f()\nf()");
    assert_eq!(raised(&error).0, "RecursionError");
    let code = "import sys\nsys.setrecursionlimit(100)\ndef f(n): return n and f(n - 1)\n\
                print(f(50))\ntry: f(200)\nexcept RecursionError: print('deep')";
    assert_eq!(stdout(&TINY, code), "0\ndeep\n");
}

/// Each run of a session starts to count at zero.
#[test]
fn output_of_a_session_counts_for_each_run() {
    let told = Arc::new(Mutex::new(Vec::new()));
    block_on(async {
        let sandbox = TINY.clone().with_limits(output(6));
        let mut session = sandbox.session().await.expect("the session starts");
        for number in 0..3 {
            let heard = told.clone();
            let program = Program::new(format!("print('tick', {number} % 2)"));
            let program = program.limits(output(7)).on_output(move |_, bytes| {
                heard
                    .lock()
                    .expect("the lock is not poisoned")
                    .extend_from_slice(bytes);
            });
            let stats = session
                .run(program)
                .await
                .expect("the output fits the limit")
                .stats;
            assert_eq!(stats.output_bytes, 7);
        }
        let result = session
            .execute("print('quiet')")
            .await
            .expect("the output fits the limit");
        assert_eq!(result.stdout, "quiet\n");
    });
    assert_eq!(
        *told.lock().expect("the lock is not poisoned"),
        b"tick 0\ntick 1\ntick 0\n"
    );
}
