//! Concurrent programs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eryx::{CallError, ErrorKind, Function, Limits, Program};
use eryx_tests::host_functions::{One, wait};
use eryx_tests::{TINY, block_on, run};
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;

/// The greatest number of programs that are in the function at the same time.
#[derive(Clone, Default)]
struct Inside {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Inside {
    /// `visit()`, which counts the programs in it.
    fn function(&self) -> Function {
        let inside = self.clone();
        Function::new("visit", move |(): ()| {
            let inside = inside.clone();
            async move {
                let count = inside.now.fetch_add(1, Ordering::SeqCst) + 1;
                inside.most.fetch_max(count, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(10)).await;
                inside.now.fetch_sub(1, Ordering::SeqCst);
                Ok::<_, CallError>(())
            }
        })
    }
}

#[test]
fn no_more_programs_than_slots() {
    let inside = Inside::default();
    let sandbox = TINY
        .clone()
        .with_function(inside.function())
        .expect("the setting is valid")
        .with_max_concurrency(2);
    block_on(async {
        let mut running = JoinSet::new();
        for number in 0..20 {
            // A sandbox derived from this one shares its slots.
            let sandbox = match number % 2 {
                0 => sandbox.clone(),
                _ => sandbox
                    .clone()
                    .with_env("A", "b")
                    .expect("the setting is valid"),
            };
            running.spawn(async move { sandbox.execute("visit(); print(1)").await });
        }
        for result in running.join_all().await {
            assert_eq!(result.expect("the run gets a slot").stdout, "1\n");
        }
    });
    assert_eq!(inside.now.load(Ordering::SeqCst), 0);
    assert_eq!(inside.most.load(Ordering::SeqCst), 2);
}

/// As many programs as there are slots run concurrently.
#[test]
fn as_many_programs_as_slots() {
    let barrier = Arc::new(Barrier::new(8));
    let meet = Function::new("meet", move |(): ()| {
        let barrier = barrier.clone();
        async move {
            barrier.wait().await;
            Ok::<_, CallError>(())
        }
    });
    let sandbox = TINY
        .clone()
        .with_function(meet)
        .expect("the setting is valid")
        .with_max_concurrency(8);
    block_on(async {
        let mut running = JoinSet::new();
        for _ in 0..16 {
            let sandbox = sandbox.clone();
            running.spawn(async move { sandbox.execute("meet()").await });
        }
        for result in running.join_all().await {
            result.expect("all eight run together");
        }
    });
}

/// A session holds a slot until it is dropped.
#[test]
fn sessions_have_slots() {
    let limits = Limits::default().queue_time(Duration::from_millis(50));
    let sandbox = TINY.clone().with_max_concurrency(1).with_limits(limits);
    block_on(async {
        let mut session = sandbox.session().await.expect("the session starts");
        let error = sandbox.execute("print(1)").await.expect_err("it is taken");
        assert!(matches!(error.kind, ErrorKind::Busy { .. }), "{error:?}");
        session
            .execute("x = 1")
            .await
            .expect("it runs in its own place");
        session.reset().await.expect("the session keeps its slot");
        drop(session);
        sandbox.execute("print(1)").await.expect("the slot is free");
    });
}

/// Waiting programs get slots in FIFO order.
#[test]
fn fifo_order() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let open = Arc::new(Semaphore::new(0));
    let (list, gate) = (order.clone(), open.clone());
    let arrive = Function::new("arrive", move |One { value }: One| {
        let (list, gate) = (list.clone(), gate.clone());
        async move {
            gate.acquire().await?.forget();
            list.lock().expect("the lock is not poisoned").push(value);
            Ok::<_, CallError>(())
        }
    });
    let sandbox = TINY
        .clone()
        .with_function(arrive)
        .expect("the setting is valid")
        .with_max_concurrency(1);
    block_on(async {
        let mut running = JoinSet::new();
        for number in 0..10 {
            let sandbox = sandbox.clone();
            let code = format!("arrive({number})");
            running.spawn(async move { sandbox.execute(&code).await });
            // Let this program wait before the next one starts.
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        open.add_permits(10);
        for result in running.join_all().await {
            result.expect("the run gets a slot");
        }
    });
    let order = order.lock().expect("the lock is not poisoned");
    assert_eq!(
        *order,
        (0..10).map(serde_json::Value::from).collect::<Vec<_>>()
    );
}

#[test]
fn waiting_has_a_limit() {
    let sandbox = TINY
        .clone()
        .with_function(wait())
        .expect("the setting is valid")
        .with_max_concurrency(1);
    block_on(async {
        let first = sandbox.execute("wait(1)");
        let queued = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let limits = Limits::default().queue_time(Duration::from_millis(100));
            sandbox.run(Program::new("print(1)").limits(limits)).await
        };
        let error = tokio::select! {
            result = first => panic!("{result:?}"),
            result = queued => result.expect_err("the place is taken"),
        };
        let waited = Duration::from_millis(100);
        assert_eq!(error.kind, ErrorKind::Busy { waited });
        assert_eq!(
            error.to_string(),
            "timed out after 100 ms of waiting for a free slot"
        );
        sandbox.execute("print(1)").await.expect("the slot is free");
    });
}

/// The time of a run starts when it gets a slot.
#[test]
fn waiting_does_not_count_as_running() {
    let sandbox = TINY.clone().with_max_concurrency(1);
    block_on(async {
        let limits = Limits::default().wall_time(Duration::from_secs(5));
        let code = "import time; time.sleep(2); print(1)";
        let program = || Program::new(code).limits(limits.clone());
        let results = tokio::join!(
            sandbox.run(program()),
            sandbox.run(program()),
            sandbox.run(program())
        );
        for result in [results.0, results.1, results.2] {
            assert_eq!(result.expect("the run has its full time").stdout, "1\n");
        }
    });
}

/// With zero slots, every program times out.
#[test]
fn no_slots() {
    let limits = Limits::default().queue_time(Duration::from_millis(50));
    let sandbox = TINY.clone().with_max_concurrency(0).with_limits(limits);
    let error = run(&sandbox, "print(1)").expect_err("no slot is free");
    assert!(matches!(error.kind, ErrorKind::Busy { .. }), "{error:?}");
}

/// A program that computes yields its thread to other tasks.
#[test]
fn programs_yield_to_the_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let limits = Limits::default().wall_time(Duration::from_secs(30));
        let busy =
            || TINY.run(Program::new("while True: sum(range(10**9))").limits(limits.clone()));
        let ticks = async {
            let mut ticks = 0;
            loop {
                tokio::time::sleep(Duration::from_millis(1)).await;
                ticks += 1;
                if ticks == 20 {
                    return;
                }
            }
        };
        let busy = async { tokio::join!(busy(), busy()) };
        tokio::select! {
            biased;
            results = busy => panic!("the runtime was held up: {results:?}"),
            () = ticks => {}
        }
    });
}
