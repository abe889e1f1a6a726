//! The limits on time.

use std::time::Duration;

use eryx::{CallError, Function, Limit, Limits, Program};
use eryx_tests::host_functions::wait;
use eryx_tests::{NUMPY, TINY, block_on, fails, passed, run, stdout};

const SHORT: Duration = Duration::from_millis(400);
/// A time after which a program counts as hung, even on a busy machine.
const LONG: Duration = Duration::from_secs(30);

/// Asserts that a program reaches its limit on time.
#[track_caller]
fn ends(program: Program) {
    let sandbox = TINY
        .clone()
        .with_function(wait())
        .expect("the setting is valid");
    let error = fails(&sandbox, program.limits(Limits::default().wall_time(SHORT)));
    let reached = passed(&error, Limit::WallTime);
    assert_eq!(reached.allowed, 400_000);
    assert!(Duration::from_micros(reached.used) < LONG, "{reached}");
    assert!(error.stats().wall_time >= SHORT);
    assert_eq!(*error.stdout(), "so far\n");
}

/// Asserts the same of code that first prints something.
#[track_caller]
fn code_ends(code: &str) {
    ends(Program::new(format!("print('so far', flush=True)\n{code}")));
}

#[test]
fn of_loops() {
    code_ends("while True: pass");
    code_ends("try:\n    while True: pass\nexcept BaseException:\n    while True: pass");
    code_ends(
        "def f(): yield from f()\nwhile True:\n    try: list(f())\n    except RecursionError: pass",
    );
    code_ends("import asyncio\nasync def f():\n    while True: await asyncio.sleep(0)\nawait f()");
}

#[test]
fn of_loops_in_c() {
    code_ends("import re; re.match(r'(a+)+$', 'a' * 64 + 'b')");
    code_ends("10 ** 10 ** 8");
    code_ends("sum(iter(int, 1))");
    code_ends("x = 'a' * 10**6\nwhile True: x.count('a' * 1000 + 'b')");
}

#[test]
fn of_loops_in_numpy() {
    let code = "import numpy as np\nprint('so far', flush=True)\na = np.ones((3000, 3000))\nwhile True: a = a @ a * 1e-9";
    let program = Program::new(code).limits(Limits::default().wall_time(SHORT));
    let error = fails(&NUMPY, program);
    passed(&error, Limit::WallTime);
    assert_eq!(*error.stdout(), "so far\n");
}

#[test]
fn of_sleep() {
    code_ends("import time; time.sleep(3600)");
    code_ends("import asyncio; await asyncio.sleep(3600)");
    code_ends("import select; select.select([], [], [], 3600)");
}

#[test]
fn of_waiting_for_a_host_function() {
    code_ends("wait(1)");
    code_ends("await wait(1)");
    code_ends("import asyncio; await asyncio.gather(*map(wait, range(10)))");
    code_ends("import asyncio; await asyncio.wait_for(wait(1), 3600)");
    code_ends("try:\n    wait(1)\nexcept BaseException:\n    wait(2)\nfinally:\n    wait(3)");
}

#[test]
fn of_waiting_for_input() {
    for code in [
        "input()",
        "import sys; sys.stdin.read()",
        "import os; os.read(0, 1)",
    ] {
        // The other end is open and writes nothing.
        let (_open, reader) = tokio::io::duplex(64);
        ends(Program::new(format!("print('so far', flush=True)\n{code}")).stdin_from(reader));
    }
}

#[test]
fn of_waiting_for_a_reader_of_output() {
    let (writer, _reader) = tokio::io::duplex(64);
    let code = "import sys
print('so far', file=sys.stdout, flush=True)
while True: print('tick', file=sys.stderr, flush=True)";
    ends(Program::new(code).stderr_to(writer));
}

/// The error has all output so far, flushed or not.
#[test]
fn of_a_program_that_does_not_flush() {
    ends(Program::new("print('so far')\nwhile True: pass"));
}

#[test]
fn of_exit_functions() {
    code_ends("import atexit, time; atexit.register(time.sleep, 3600)");
    code_ends("import atexit\n@atexit.register\ndef f():\n    while True: pass");
}

/// Each program of a session has its own time.
#[test]
fn applies_to_each_run() {
    let sandbox = TINY.clone();
    block_on(async {
        let limits = Limits::default().wall_time(Duration::from_secs(20));
        let mut session = sandbox
            .with_limits(limits)
            .session()
            .await
            .expect("the session starts");
        for _ in 0..3 {
            let result = session.execute("import time; time.sleep(0.2)").await;
            let stats = result.expect("the program succeeds").stats;
            assert!(stats.wall_time >= Duration::from_millis(200), "{stats:?}");
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        let limits = Limits::default().wall_time(Duration::from_millis(250));
        let late = session.run(Program::new("x = 1").limits(limits)).await;
        late.expect("it took no time");
    });
}

#[test]
fn without_a_limit() {
    let limits = Limits::default().wall_time(None);
    let program = Program::new("import time; time.sleep(0.05); print(1)").limits(limits);
    assert_eq!(stdout(&TINY, program), "1\n");
}

/// A limit that is longer than the host's clock can represent.
#[test]
fn of_the_greatest_duration() {
    let limits = Limits::default()
        .wall_time(Duration::MAX)
        .cpu_time(Duration::MAX);
    let limits = limits.queue_time(Duration::MAX);
    let program = Program::new("import time; time.sleep(0.05); print(1)").limits(limits);
    assert_eq!(stdout(&TINY, program), "1\n");
}

#[test]
fn of_cpu_time() {
    for code in [
        "while True: pass",
        "10 ** 10 ** 8",
        "import re; re.match(r'(a+)+$', 'a' * 64 + 'b')",
    ] {
        let code = format!("print('so far', flush=True)\n{code}");
        let limits = Limits::default().cpu_time(SHORT);
        let error = fails(&TINY, Program::new(code).limits(limits));
        let reached = passed(&error, Limit::CpuTime);
        assert_eq!(reached.allowed, 400_000);
        assert!(error.stats().cpu_time >= SHORT);
        assert!(error.stats().wall_time >= error.stats().cpu_time);
        assert_eq!(*error.stdout(), "so far\n");
    }
}

#[test]
fn waiting_uses_no_cpu_time() {
    let late = Function::new("late", |(): ()| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok::<_, CallError>(())
    });
    let sandbox = TINY
        .clone()
        .with_function(late)
        .expect("the setting is valid");
    for code in [
        "import time; time.sleep(1)",
        "import asyncio; await asyncio.sleep(1)",
        "late()",
        "await late()",
    ] {
        let limits = Limits::default().cpu_time(Duration::from_millis(500));
        let result = run(&sandbox, Program::new(code).limits(limits));
        let stats = result.expect("it uses no time").stats;
        assert!(
            stats.wall_time >= Duration::from_secs(1),
            "{code}: {stats:?}"
        );
        assert!(
            stats.cpu_time < Duration::from_millis(500),
            "{code}: {stats:?}"
        );
        assert!(stats.cpu_time > Duration::ZERO, "{code}: {stats:?}");
    }
}
