//! Fuel: a measure of a program's work, which is the same on every machine.

use std::sync::LazyLock;

use eryx::{CallError, ErrorKind, ExecuteError, Function, Limit, Limits, Misuse, Program, Sandbox};
use eryx_tests::{TINY, block_on, build, fails, image_cache, limit_of, raised, run, stdout};

/// Python alone, with fuel.
static FUEL: LazyLock<Sandbox> = LazyLock::new(|| build(Sandbox::builder().with_fuel()));

const PROGRAM: &str = "
import json, re
words = re.findall(r'[a-z]+', 'one two three' * 20)
print(json.dumps({word: len(word) for word in words}), sum(i * i for i in range(1000)))
";

fn fuel_of(sandbox: &Sandbox, code: &str) -> u64 {
    let result = run(sandbox, code).expect("the program succeeds");
    result.stats.fuel.expect("fuel is measured")
}

/// The first run of an image takes as much fuel as later ones, also if the image comes from a file.
#[test]
fn is_the_same_cold_and_warm() {
    // A new image in memory, with no page touched yet.
    let cold = build(Sandbox::builder().with_fuel());
    let first = fuel_of(&cold, PROGRAM);
    assert!(first > 10_000, "{first}");
    for _ in 0..3 {
        assert_eq!(fuel_of(&cold, PROGRAM), first);
        assert_eq!(fuel_of(&FUEL, PROGRAM), first);
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("image");
    cold.image().save(&file).expect("the file is written");
    let loaded = Sandbox::from_image_file(&file).expect("the image file loads");
    assert_eq!(fuel_of(&loaded, PROGRAM), first);
    assert!(fuel_of(&FUEL, "pass") < first);
}

#[test]
fn more_work_takes_more() {
    let count = |times: u32| fuel_of(&FUEL, &format!("for i in range({times}): pass"));
    let (none, some, more) = (count(0), count(10_000), count(20_000));
    assert!(none < some && some < more);
    // Each iteration takes the same, except that Python specialises the loop.
    let (first, second) = (some - none, more - some);
    assert!(first.abs_diff(second) < first / 5, "{first} {second}");
}

#[test]
fn sleeping_takes_none() {
    let sleep = |seconds: &str| fuel_of(&FUEL, &format!("import time; time.sleep({seconds})"));
    assert_eq!(sleep("0.25"), sleep("0.25"));
    // The two programs differ in the parsing of a number.
    let (short, long) = (sleep("0.01"), sleep("0.70"));
    assert!(short.abs_diff(long) < 1000, "{short} {long}");
}

/// Waiting for a host function takes no fuel.
#[test]
fn waiting_for_the_host_takes_none() {
    let late = |milliseconds| {
        let late = Function::new("late", move |(): ()| async move {
            tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
            Ok::<_, CallError>(())
        });
        fuel_of(
            &FUEL
                .clone()
                .with_function(late)
                .expect("the setting is valid"),
            "late()",
        )
    };
    assert_eq!(late(1), late(300));
}

#[test]
fn exhausted_fuel_ends_the_run() {
    for code in [
        "print('so far', flush=True)\nwhile True: pass",
        "print('so far', flush=True)\nsum(iter(int, 1))",
        "print('so far', flush=True)\ntry:\n    while True: pass\nexcept BaseException:\n    while True: pass",
        "print('so far', flush=True)\nimport re; re.match(r'(a+)+$', 'a' * 64 + 'b')",
    ] {
        let limits = Limits::default().fuel(50_000_000);
        let error = run(&FUEL, Program::new(code).limits(limits)).expect_err("it is endless");
        let reached = limit_of(&error);
        assert_eq!((reached.limit, reached.allowed), (Limit::Fuel, 50_000_000));
        assert!(reached.used >= reached.allowed);
        assert_eq!(*error.stdout(), "so far\n");
        let used = error.stats().fuel.expect("fuel is measured");
        assert!(used.abs_diff(50_000_000) < 100_000, "{used}");
        assert_eq!(stdout(&FUEL, "print(1)"), "1\n");
    }
}

/// A program succeeds with as much fuel as it takes, and not with less.
#[test]
fn limit_is_exact() {
    let used = fuel_of(&FUEL, PROGRAM);
    let with = |fuel| {
        run(
            &FUEL,
            Program::new(PROGRAM).limits(Limits::default().fuel(fuel)),
        )
    };
    // The engine checks the fuel once per several instructions.
    let enough = with(used + 1).expect("the fuel is enough");
    assert_eq!(enough.stats.fuel, Some(used));
    let error = with(used / 2).expect_err("it is too little");
    assert_eq!(limit_of(&error).limit, Limit::Fuel);
    let again = with(used / 2).expect_err("it is too little");
    assert_eq!(error.stats().fuel, again.stats().fuel);
    assert_eq!(error.stdout(), again.stdout());
}

#[test]
fn is_reported_for_programs_that_fail() {
    let of = |error: &ExecuteError| error.stats().fuel.expect("fuel is measured");
    let raising = fails(&FUEL, "sum(range(1000)); 1 / 0");
    assert_eq!(raised(&raising).0, "ZeroDivisionError");
    assert_eq!(of(&raising), of(&fails(&FUEL, "sum(range(1000)); 1 / 0")));
    let exiting = fails(&FUEL, "raise SystemExit(3)");
    assert_eq!(exiting.kind, ErrorKind::Exit(3));
    assert!(of(&exiting) > 1000);
}

#[test]
fn is_counted_for_each_run_of_a_session() {
    block_on(async {
        let mut session = FUEL.session().await.expect("the session starts");
        let limits = Limits::default().fuel(200_000_000);
        for _ in 0..5 {
            let code = "for i in range(200_000): pass";
            let program = Program::new(code).limits(limits.clone());
            let result = session
                .run(program)
                .await
                .expect("the fuel is enough for each run");
            let fuel = result.stats.fuel.expect("fuel is measured");
            assert!(fuel > 1_000_000 && fuel < 200_000_000, "{fuel}");
        }
        let program = Program::new("while True: pass").limits(limits);
        let error = session.run(program).await.expect_err("it is endless");
        assert_eq!(limit_of(&error).limit, Limit::Fuel);
        assert!(session.is_lost());
        session.reset().await.expect("the session starts");
        session
            .execute("x = 1")
            .await
            .expect("the session continues");
    });
}

#[test]
fn is_not_measured_by_default() {
    let result = run(&TINY, "print(1)").expect("the program succeeds");
    assert_eq!(result.stats.fuel, None);
    let limited = TINY.clone().with_limits(Limits::default().fuel(1_000_000));
    let error = run(&limited, "print(1)").expect_err("it cannot be measured");
    assert_eq!(error.kind, ErrorKind::Misuse(Misuse::FuelNotMeasured));
    let error = run(
        &TINY,
        Program::new("print(1)").limits(Limits::default().fuel(1)),
    );
    let error = error.expect_err("it cannot be measured");
    assert_eq!(error.kind, ErrorKind::Misuse(Misuse::FuelNotMeasured));
}

/// A session without fuel refuses a program with a limit on fuel.
#[test]
fn is_refused_in_a_session() {
    block_on(async {
        let mut session = TINY.session().await.expect("the session starts");
        let program = Program::new("print(1)").limits(Limits::default().fuel(1_000_000));
        let error = session
            .run(program)
            .await
            .expect_err("it cannot be measured");
        assert_eq!(error.kind, ErrorKind::Misuse(Misuse::FuelNotMeasured));
        // Nothing ran, so nothing is lost.
        session.execute("print(1)").await.expect("it goes on");
    });
}

#[test]
fn is_a_separate_image() {
    let plain = build(Sandbox::builder());
    assert_ne!(plain.image_id(), FUEL.image_id());
    assert!(image_cache().exists());
}

/// Reading a returned file is not the program's work.
#[test]
fn is_not_counted_for_returned_files() {
    let code = "open('/tmp/out', 'wb').write(b'x' * 1_000_000)\nNone";
    let limits = Limits::default().fuel(fuel_of(&FUEL, code));
    let program = Program::new(code).limits(limits).return_file("/tmp/out");
    let result = block_on(FUEL.run(program)).expect("the fuel is just enough");
    let file = result.files["/tmp/out"].as_ref().expect("the file exists");
    assert_eq!(file.len(), 1_000_000);
}
