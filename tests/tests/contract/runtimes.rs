//! Runtimes: each has its own slots, and frees everything when it is dropped.

use std::time::{Duration, Instant};

use eryx::{ErrorKind, Limits, Runtime, Sandbox};
use eryx_test_support::image_cache;
use eryx_tests::{block_on, run};
use tokio::task::JoinSet;

fn sandbox_on(runtime: &Runtime) -> Sandbox {
    let builder = Sandbox::builder().with_extension(eryx_ext_tiny::EXTENSION);
    let builder = builder.with_cache_dir(image_cache()).with_runtime(runtime);
    builder.build().expect("the sandbox is built")
}

/// Programs beyond the number of slots wait.
#[test]
fn programs_wait_for_a_slot() {
    let runtime = Runtime::builder().slots(3).build();
    assert_eq!(runtime.slots(), 3);
    let sandbox = sandbox_on(&runtime);
    block_on(async {
        let mut running = JoinSet::new();
        for number in 0..40 {
            let code = format!("import time; time.sleep(0.02); print({number})");
            let sandbox = sandbox.clone();
            running.spawn(async move { (number, sandbox.execute(&code).await) });
        }
        for (number, result) in running.join_all().await {
            let printed = result.expect("the run gets a slot").stdout;
            assert_eq!(printed, format!("{number}\n"));
        }
    });
}

/// A runtime without free slots does not block programs of another runtime.
#[test]
fn runtimes_do_not_share_slots() {
    let (full, other) = (
        Runtime::builder().slots(1).build(),
        Runtime::builder().slots(1).build(),
    );
    let limits = Limits::default().queue_time(Duration::from_millis(50));
    let sandbox = sandbox_on(&full).with_limits(limits);
    let elsewhere = sandbox_on(&other);
    block_on(async {
        let mut session = sandbox.session().await.expect("there is a slot");
        let error = sandbox.execute("print(1)").await.expect_err("it is taken");
        let waited = Duration::from_millis(50);
        assert_eq!(error.kind, ErrorKind::Busy { waited });
        let result = elsewhere.execute("print(2)").await;
        assert_eq!(result.expect("it has a slot of its own").stdout, "2\n");
        let result = session.execute("print(3)").await;
        assert_eq!(result.expect("it has the slot").stdout, "3\n");
        drop(session);
        let result = sandbox.execute("print(4)").await;
        assert_eq!(result.expect("the slot is free again").stdout, "4\n");
    });
}

/// A thousand concurrent instances have separate states.
#[test]
fn a_thousand_at_a_time() {
    let runtime = Runtime::builder().slots(1000).build();
    let sandbox = sandbox_on(&runtime);
    block_on(async {
        let mut sessions = Vec::new();
        for number in 0..1000 {
            let mut session = sandbox.session().await.expect("there is a slot");
            let code = format!("number = {number}");
            session.execute(&code).await.expect("the program succeeds");
            sessions.push(session);
        }
        for (number, session) in sessions.iter_mut().enumerate().rev() {
            let result = session.execute("print(number)").await;
            let printed = result.expect("the program succeeds").stdout;
            assert_eq!(printed, format!("{number}\n"));
        }
    });
}

/// Without a pool, as outside Linux, each instance copies the image's memory and is isolated as well.
#[test]
fn without_a_pool() {
    let runtime = Runtime::builder().slots(8).without_pool().build();
    let sandbox = sandbox_on(&runtime);
    block_on(async {
        let code = "import json, tiny\nsecret = 'x' * 10_000_000\nopen('/tmp/secret', 'w').write(secret)\n\
                    print(json.dumps([tiny.vowels('education')]))";
        let result = sandbox.execute(code).await;
        assert_eq!(result.expect("the program succeeds").stdout, "[5]\n");
        let code = "import os; print('secret' in globals(), os.listdir('/tmp'))";
        let result = sandbox.execute(code).await;
        assert_eq!(result.expect("the program succeeds").stdout, "False []\n");

        let mut session = sandbox.session().await.expect("there is a slot");
        session
            .execute("x = [1]")
            .await
            .expect("the program succeeds");
        let mut copy = session.copy().await.expect("there is a slot");
        let result = copy.execute("x.append(2); print(x)").await;
        assert_eq!(result.expect("the program succeeds").stdout, "[1, 2]\n");
        let result = session.execute("print(x)").await;
        assert_eq!(result.expect("the program succeeds").stdout, "[1]\n");
        session.reset().await.expect("there is a slot");
        let result = session.execute("print('x' in globals())").await;
        assert_eq!(result.expect("the program succeeds").stdout, "False\n");

        let limits = Limits::default()
            .wall_time(Duration::from_millis(100))
            .memory(128 << 20);
        let limited = sandbox.with_limits(limits);
        let error = limited
            .execute("while True: pass")
            .await
            .expect_err("it never ends");
        assert_eq!(error.kind.word(), "limit");
        let error = limited
            .execute("b'x' * (1 << 30)")
            .await
            .expect_err("there is no memory");
        assert_eq!(error.kind.word(), "limit");
        let deep = "a = ()\nfor _ in range(1_000_000): a = (a,)\ndel a";
        let error = limited.execute(deep).await.expect_err("there is no stack");
        assert!(["trap", "limit"].contains(&error.kind.word()), "{error}");
    });
}

/// Returns the number of large memory mappings of this process, and of its ticker threads.
#[cfg(target_os = "linux")]
fn taken() -> (usize, usize) {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux has it");
    let reserved = maps.lines().filter(|line| {
        let range = line.split(' ').next().unwrap_or_default();
        let (start, end) = range.split_once('-').expect("a range");
        let at = |text| u64::from_str_radix(text, 16).expect("an address");
        // No other part of this process reserves as much memory.
        at(end) - at(start) > 1 << 30
    });
    let threads = std::fs::read_dir("/proc/self/task").expect("Linux has it");
    let tickers = threads.flatten().filter(|thread| {
        let name = std::fs::read_to_string(thread.path().join("comm"));
        name.is_ok_and(|name| name.trim() == "eryx-ticker")
    });
    (reserved.count(), tickers.count())
}

/// Runs in a process of its own, since it counts the mappings of the whole process.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_left_of_a_runtime() {
    const ALONE: &str = "ERYX_TEST_RUNTIME_ALONE";

    if std::env::var_os(ALONE).is_none() {
        let test = std::env::current_exe().expect("this test");
        let name = "runtimes::nothing_is_left_of_a_runtime";
        let child = std::process::Command::new(test)
            .args([name, "--exact", "--nocapture"])
            .env(ALONE, "1")
            .output()
            .expect("it can be started");
        assert!(
            child.status.success(),
            "{}",
            String::from_utf8_lossy(&child.stderr)
        );
        return;
    }
    let before = taken();
    let runtime = Runtime::builder().slots(4).build();
    let sandbox = sandbox_on(&runtime);
    let session = block_on(sandbox.session()).expect("there is a slot");
    assert_eq!(*run(&sandbox, "print(1)").expect("it ends").stdout, *"1\n");
    let during = taken();
    assert!(during.0 > before.0, "{before:?}, then {during:?}");
    assert_eq!(during.1, before.1 + 1);
    drop(runtime);
    drop(sandbox);
    // The session is the last handle of the runtime.
    assert_eq!(taken().1, during.1);
    drop(session);
    let deadline = Instant::now() + Duration::from_secs(10);
    while taken() != before && Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert_eq!(taken(), before);
}
