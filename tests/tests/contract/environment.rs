//! The environment of a program: variables, arguments, clocks, randomness.

use std::time::{Duration, SystemTime};

use eryx::{ConfigError, Limits, Program, Sandbox};
use eryx_tests::host_functions::echo;
use eryx_tests::{NUMPY, TINY, block_on, passed, raised, run, stdout};

#[test]
fn variables() {
    let sandbox = TINY
        .clone()
        .with_env("NAME", "größe = 1")
        .expect("the setting is valid")
        .with_env("EMPTY", "")
        .expect("the setting is valid");
    let code = "import os; print(os.environ['NAME'], repr(os.getenv('EMPTY')), os.getenv('NONE'))";
    assert_eq!(stdout(&sandbox, code), "größe = 1 '' None\n");
    let later = sandbox
        .clone()
        .with_env("NAME", "other")
        .expect("the setting is valid");
    assert_eq!(
        stdout(&later, "import os; print(os.environ['NAME'])"),
        "other\n"
    );
    // A change by one run is gone in the next.
    let code =
        "import os; print(os.environ['NAME']); os.environ['NAME'] = 'x'; os.environ['NEW'] = 'y'";
    assert_eq!(stdout(&sandbox, code), "größe = 1\n");
    assert_eq!(
        stdout(
            &sandbox,
            "import os; print(os.environ['NAME'], os.getenv('NEW'))"
        ),
        "größe = 1 None\n"
    );
    // The host's own variables are not visible.
    for name in ["PATH", "CARGO_MANIFEST_DIR"] {
        assert!(std::env::var_os(name).is_some());
        assert_eq!(
            stdout(&TINY, format!("import os; print(os.getenv({name:?}))")),
            "None\n"
        );
    }
}

#[test]
fn invalid_variables() {
    for (name, value) in [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "x\0y")] {
        let error = TINY.clone().with_env(name, value);
        let error = error.expect_err("it cannot be");
        let expected = ConfigError::EnvironmentVariable {
            name: name.to_owned(),
        };
        assert_eq!(error, expected);
        assert!(
            error
                .to_string()
                .contains("cannot be set in the environment"),
            "{error}"
        );
    }
}

#[test]
fn arguments() {
    let sandbox = TINY.clone().with_args(["--year", "2026", "ü"]);
    let code = "import sys; print(sys.argv)";
    assert_eq!(stdout(&sandbox, code), "['-c', '--year', '2026', 'ü']\n");
    let own = Program::new(code).args(["own"]).name("a.py");
    assert_eq!(stdout(&sandbox, own), "['a.py', 'own']\n");
    let none: [&str; 0] = [];
    assert_eq!(stdout(&sandbox, Program::new(code).args(none)), "['-c']\n");
}

/// A program that prints everything that differs between runs.
const RANDOM: &str = "
import asyncio, datetime, os, random, secrets, tempfile, time, uuid
import numpy as np
print(random.random(), random.sample(range(1000), 5))
print(uuid.uuid4(), uuid.uuid1())
print(secrets.token_hex(), os.urandom(8))
print(np.random.rand(), np.random.default_rng().integers(1 << 30))
print(tempfile.mktemp())
print(time.time(), time.monotonic(), time.perf_counter(), time.process_time(), datetime.datetime.now())
time.sleep(0.1)
await asyncio.sleep(0.1)
print(time.time(), time.monotonic_ns(), asyncio.get_running_loop().time())
print({str(i) for i in range(20)}, [hash(str(i)) for i in range(3)], {object(): 1})
print(id([]), os.getpid(), os.stat('/tmp').st_mtime)
async def f(seconds):
    await asyncio.sleep(seconds)
    return seconds, time.time()
print(await asyncio.gather(f(0.3), f(0.1), f(0.2)))
open('/tmp/file', 'w').write('x')
print(os.stat('/tmp/file'))
";

#[test]
fn runs_with_one_seed_are_equal() {
    let of = |seed| stdout(&NUMPY.clone().deterministic(seed), RANDOM);
    let one = of(1);
    assert_eq!(one.lines().count(), 11, "{one}");
    for _ in 0..3 {
        assert_eq!(of(1), one);
    }
    let other = of(2);
    assert_ne!(other, one);
    // The first lines are random.
    for (one, other) in one.lines().zip(other.lines()).take(5) {
        assert_ne!(one, other);
    }
    let without = stdout(&NUMPY, RANDOM);
    for (one, other) in one.lines().zip(without.lines()).take(7) {
        assert_ne!(one, other);
    }
}

/// Runs with one seed are equal while others run concurrently.
#[test]
fn concurrent_runs_with_one_seed_are_equal() {
    let sandbox = NUMPY.clone().deterministic(7);
    let expected = stdout(&sandbox, RANDOM);
    block_on(async {
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let sandbox = sandbox.clone();
            running.spawn(async move { sandbox.execute(RANDOM).await });
        }
        for result in running.join_all().await {
            assert_eq!(result.expect("the program succeeds").stdout, expected);
        }
    });
}

#[test]
fn sessions_with_one_seed_are_equal() {
    block_on(async {
        let mut told = Vec::new();
        let sandbox = TINY.clone().deterministic(3);
        let mut session = sandbox.session().await.expect("the session starts");
        for _ in 0..2 {
            let mut all = String::new();
            for _ in 0..3 {
                let code = "import random, time; print(random.random(), time.time())";
                all += &session
                    .execute(code)
                    .await
                    .expect("the program succeeds")
                    .stdout;
            }
            told.push(all);
            session.reset().await.expect("the reset succeeds");
        }
        assert_eq!(told[0], told[1]);
        let lines: Vec<_> = told[0].lines().collect();
        assert!(lines[0] != lines[1] && lines[1] != lines[2], "{lines:?}");
    });
}

#[test]
fn clock_with_a_seed() {
    let sandbox = TINY.clone().deterministic(1);
    let code =
        "import datetime; print(datetime.datetime.now(datetime.timezone.utc).isoformat()[:19])";
    assert_eq!(stdout(&sandbox, code), "2026-01-01T00:00:00\n");
    let start = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
    let dated = sandbox.clone().with_clock(start);
    assert_eq!(stdout(&dated, code), "1970-01-02T00:00:00\n");
    let dated = TINY.clone().with_clock(start).deterministic(1);
    assert_eq!(stdout(&dated, code), "1970-01-02T00:00:00\n");
}

/// A sleep advances a virtual clock, and takes no time in the host.
#[test]
fn sleep_with_a_virtual_clock_takes_no_time() {
    let sandbox = TINY
        .clone()
        .with_clock(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
    let limits = Limits::default().wall_time(Duration::from_secs(30));
    let sandbox = sandbox.with_limits(limits);
    let code = "
import asyncio, time
start, since = time.time(), time.monotonic()
time.sleep(3600)
await asyncio.sleep(3600)
async def f(seconds):
    await asyncio.sleep(seconds)
    return seconds
print(await asyncio.gather(f(3000), f(1000)))
try: await asyncio.wait_for(asyncio.Event().wait(), 600)
except TimeoutError: print('too long')
print(round(start), round(time.time() - start), round(time.monotonic() - since))
";
    assert_eq!(
        stdout(&sandbox, code),
        "[3000, 1000]\ntoo long\n1000000 10800 10800\n"
    );
    // Random numbers still differ.
    let random = |sandbox: &Sandbox| stdout(sandbox, "import random; print(random.random())");
    assert_ne!(random(&sandbox), random(&sandbox));
}

/// Limits use the host's clock.
#[test]
fn limits_with_a_virtual_clock() {
    let sandbox = TINY.clone().deterministic(1);
    let limits = Limits::default().wall_time(Duration::from_millis(200));
    for code in ["while True: pass", "import time\nwhile True: time.sleep(1)"] {
        let error = run(&sandbox, Program::new(code).limits(limits.clone()));
        passed(&error.expect_err("it is endless"), eryx::Limit::WallTime);
    }
}

#[test]
fn extreme_clocks() {
    let code = "import time; a = time.time(); time.sleep(1e6); print(time.time() >= a >= 0)";
    for start in [
        SystemTime::UNIX_EPOCH,
        SystemTime::UNIX_EPOCH - Duration::from_secs(10),
        SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 33),
    ] {
        let sandbox = TINY.clone().with_clock(start);
        assert_eq!(stdout(&sandbox, code), "True\n", "{start:?}");
    }
    // Python's `datetime` does not reach this time, and raises an exception.
    let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
    let far = TINY.clone().with_clock(far);
    if let Err(error) = run(&far, code) {
        assert_eq!(raised(&error).0, "OverflowError");
    }
    assert_eq!(stdout(&far, "print(1)"), "1\n");
}

/// The settings of one sandbox do not affect another one of the same image.
#[test]
fn sandboxes_of_one_image_are_independent() {
    let given = TINY.clone().with_args(["x"]).deterministic(1);
    let given = given.with_function(echo()).expect("the setting is valid");
    assert_eq!(given.image_id(), TINY.image_id());
    let code = "import sys; print(sys.argv, 'echo' in globals())";
    assert_eq!(stdout(&given, code), "['-c', 'x'] True\n");
    assert_eq!(stdout(&TINY, code), "['-c'] False\n");
}
