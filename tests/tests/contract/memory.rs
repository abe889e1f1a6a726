//! The limit on memory.

use eryx::{ErrorKind, Limit, Limits, Program};
use eryx_tests::{NUMPY, TINY, block_on, fails, passed, raised, run};

const MIB: u64 = 1 << 20;

fn limits() -> Limits {
    Limits::default().memory(100 * MIB)
}

fn program(code: &str) -> Program {
    Program::new(code).limits(limits())
}

#[test]
fn a_refused_allocation_is_an_exception() {
    let code = "
try:
    bytearray(200 << 20)
except MemoryError:
    print('caught')
print(len(bytearray(10 << 20)))
";
    let result = run(&TINY, program(code)).expect("it goes on with what it has");
    assert_eq!(result.stdout, "caught\n10485760\n");
    assert!(result.stats.peak_memory <= 100 * MIB);
    assert!(result.stats.peak_memory > 40 * MIB);
}

#[test]
fn an_uncaught_memory_error_ends_the_run() {
    for code in [
        "print('so far'); bytearray(200 << 20)",
        "print('so far'); b'x' * (200 << 20)",
        "print('so far')\nx = 'x'\nwhile True: x += x",
        "print('so far')\nimport asyncio\nasync def f(): bytearray(200 << 20)\nawait f()",
    ] {
        let error = fails(&TINY, program(code));
        let reached = passed(&error, Limit::Memory);
        assert_eq!(reached.allowed, 100 * MIB, "{code}");
        assert_eq!(*error.stdout(), "so far\n", "{code}");
        assert!(error.stats().peak_memory <= 100 * MIB, "{code}");
    }
}

/// Many small objects use up the memory.
#[test]
fn small_allocations_reach_the_limit() {
    for code in ["bytearray(1000)", "str(len(x))"] {
        let code = format!("print('so far', flush=True)\nx = []\nwhile True: x.append({code})");
        let error = fails(&TINY, program(&code));
        passed(&error, Limit::Memory);
        assert_eq!(*error.stdout(), "so far\n", "{code}");
    }
}

/// Python's output buffer is flushed when memory runs out.
#[test]
fn small_allocations_before_a_flush() {
    let code = "print('so far')\nx = []\nwhile True: x.append(bytearray(1000))";
    assert_eq!(*fails(&TINY, program(code)).stdout(), "so far\n");
}

#[test]
fn of_numpy() {
    let code = "import numpy as np; print('so far'); np.ones(1 << 24)";
    let error = fails(&NUMPY, program(code));
    passed(&error, Limit::Memory);
    assert_eq!(*error.stdout(), "so far\n");

    let code = "import numpy as np
try:
    np.ones(1 << 24)
except MemoryError as error:
    print(type(error).__mro__[1].__name__, np.ones(1 << 10).sum())";
    let result = run(&NUMPY, program(code)).expect("it goes on with what it has");
    assert_eq!(result.stdout, "MemoryError 1024.0\n");
}

/// Files of a sandbox count as memory.
#[test]
fn of_files() {
    let code = "
with open('/tmp/large', 'wb', buffering=0) as file:
    try:
        while True: file.write(b'x' * (1 << 20))
    except (OSError, MemoryError) as error:
        print(type(error).__name__, file.tell() >> 20 > 20)
import os
os.remove('/tmp/large')
with open('/tmp/large', 'wb') as file:
    print(file.write(b'x' * (20 << 20)))
";
    let result = run(&TINY, program(code)).expect("it catches that");
    let (first, rest) = result.stdout.split_once(' ').expect("two words");
    assert!(["OSError", "MemoryError"].contains(&first), "{first}");
    assert_eq!(rest, "True\n20971520\n");
    assert!(result.stats.peak_memory <= 100 * MIB);
}

#[test]
fn other_errors_are_not_memory_limits() {
    let want = "try:\n    bytearray(200 << 20)\nexcept MemoryError:\n    ";
    let error = fails(&TINY, program(&format!("{want}1 / 0")));
    assert_eq!(raised(&error), ("ZeroDivisionError", "division by zero"));
    let error = fails(&TINY, program(&format!("{want}raise SystemExit(3)")));
    assert_eq!(error.kind, ErrorKind::Exit(3));
    // No allocation failed here.
    let error = fails(&TINY, program("raise MemoryError('mine')"));
    assert_eq!(raised(&error), ("MemoryError", "mine"));
}

#[test]
fn too_little_to_start() {
    let sandbox = TINY.clone().with_limits(Limits::default().memory(MIB));
    let error = run(&sandbox, "print(1)").expect_err("Python takes more");
    let reached = passed(&error, Limit::Memory);
    assert_eq!(reached.allowed, MIB);
    let error = block_on(sandbox.session()).expect_err("Python takes more");
    passed(&error, Limit::Memory);
    // The program's own limit applies.
    let result = run(&sandbox, program("print(1)")).expect("the memory is enough");
    assert_eq!(result.stdout, "1\n");
}

#[test]
fn files_that_do_not_fit() {
    let large = vec![0; 200 << 20];
    let sandbox = TINY.clone().with_limits(limits());
    let error = run(
        &sandbox
            .with_file("/tmp/large", large)
            .expect("the setting is valid"),
        "print(1)",
    );
    let error = error.expect_err("there is no room");
    match &error.kind {
        ErrorKind::File { path, .. } => assert_eq!(path, "/tmp/large"),
        ErrorKind::Limit(reached) => assert_eq!(reached.limit, Limit::Memory),
        kind => panic!("{kind:?}"),
    }
}

/// A program can use the same amount of memory after each reset.
#[test]
fn after_a_reset() {
    let code = "
kept = []
try:
    while True: kept.append(bytearray(1 << 20))
except MemoryError:
    print(len(kept))
";
    block_on(async {
        let sandbox = TINY.clone().with_limits(limits());
        let mut session = sandbox.session().await.expect("the session starts");
        let mut counts = Vec::new();
        for _ in 0..3 {
            let result = session.execute(code).await.expect("it catches that");
            assert!(result.stats.peak_memory <= 100 * MIB);
            counts.push(result.stdout.trim().parse::<u64>().expect("a number"));
            session.reset().await.expect("the session starts");
        }
        assert!(counts[0] > 20 && counts[0] < 100, "{counts:?}");
        assert_eq!([counts[0]; 3], *counts);
    });
}

/// A session survives a program that reaches the limit.
#[test]
fn session_continues() {
    block_on(async {
        let sandbox = TINY.clone().with_limits(limits());
        let mut session = sandbox.session().await.expect("the session starts");
        session
            .execute("kept = 3")
            .await
            .expect("the program succeeds");
        let error = session.execute("bytearray(200 << 20)").await;
        passed(&error.expect_err("it wants too much"), Limit::Memory);
        assert!(!session.is_lost());
        let result = session
            .execute("print(kept)")
            .await
            .expect("the session continues");
        assert_eq!(result.stdout, "3\n");
    });
}
