//! Many programs at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eryx::{CallError, ErrorKind, Function, Limits, Program};
use eryx_tests::host_functions::{One, wait};
use eryx_tests::{TINY, block_on, run};
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;

/// How many programs are in it at a time, at most.
#[derive(Clone, Default)]
struct Inside {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Inside {
    /// `visit()`, which counts who is in it.
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
fn no_more_than_there_are_slots() {
    let inside = Inside::default();
    let sandbox = TINY
        .clone()
        .with_function(inside.function())
        .expect("it can be given")
        .with_max_concurrency(2);
    block_on(async {
        let mut running = JoinSet::new();
        for number in 0..20 {
            // Another sandbox made from it shares its slots.
            let sandbox = match number % 2 {
                0 => sandbox.clone(),
                _ => sandbox.clone().with_env("A", "b").expect("it can be given"),
            };
            running.spawn(async move { sandbox.execute("visit(); print(1)").await });
        }
        for result in running.join_all().await {
            assert_eq!(result.expect("it has its turn").stdout, "1\n");
        }
    });
    assert_eq!(inside.now.load(Ordering::SeqCst), 0);
    assert_eq!(inside.most.load(Ordering::SeqCst), 2);
}

/// As many as there are slots do run together.
#[test]
fn as_many_as_there_are_slots() {
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
        .expect("it can be given")
        .with_max_concurrency(8);
    block_on(async {
        let mut running = JoinSet::new();
        for _ in 0..16 {
            let sandbox = sandbox.clone();
            running.spawn(async move { sandbox.execute("meet()").await });
        }
        for result in running.join_all().await {
            result.expect("all eight are there");
        }
    });
}

/// A session has a slot for as long as it lives.
#[test]
fn sessions_have_slots() {
    let limits = Limits::default().queue_time(Duration::from_millis(50));
    let sandbox = TINY.clone().with_max_concurrency(1).with_limits(limits);
    block_on(async {
        let mut session = sandbox.session().await.expect("it starts");
        let error = sandbox.execute("print(1)").await.expect_err("it is taken");
        assert!(matches!(error.kind, ErrorKind::Busy { .. }), "{error:?}");
        session
            .execute("x = 1")
            .await
            .expect("it runs in its own place");
        session.reset().await.expect("it keeps its place");
        drop(session);
        sandbox.execute("print(1)").await.expect("it is free");
    });
}

/// Who comes first is served first.
#[test]
fn in_the_order_of_their_coming() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let open = Arc::new(Semaphore::new(0));
    let (list, gate) = (order.clone(), open.clone());
    let arrive = Function::new("arrive", move |One { value }: One| {
        let (list, gate) = (list.clone(), gate.clone());
        async move {
            gate.acquire().await?.forget();
            list.lock().expect("nobody panicked").push(value);
            Ok::<_, CallError>(())
        }
    });
    let sandbox = TINY
        .clone()
        .with_function(arrive)
        .expect("it can be given")
        .with_max_concurrency(1);
    block_on(async {
        let mut running = JoinSet::new();
        for number in 0..10 {
            let sandbox = sandbox.clone();
            let code = format!("arrive({number})");
            running.spawn(async move { sandbox.execute(&code).await });
            // So that it waits before the next one comes.
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        open.add_permits(10);
        for result in running.join_all().await {
            result.expect("it has its turn");
        }
    });
    let order = order.lock().expect("nobody panicked");
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
        .expect("it can be given")
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
        sandbox
            .execute("print(1)")
            .await
            .expect("the place is free");
    });
}

/// The time for a run begins when it has its place.
#[test]
fn waiting_is_no_part_of_the_run() {
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
            assert_eq!(result.expect("it has its time").stdout, "1\n");
        }
    });
}

/// No slot at all is no place to run: who waits for one waits in vain.
#[test]
fn no_slots() {
    let limits = Limits::default().queue_time(Duration::from_millis(50));
    let sandbox = TINY.clone().with_max_concurrency(0).with_limits(limits);
    let error = run(&sandbox, "print(1)").expect_err("there is no place");
    assert!(matches!(error.kind, ErrorKind::Busy { .. }), "{error:?}");
}

/// What computes leaves the threads of the runtime to others again and again.
#[test]
fn nobody_holds_the_runtime_up() {
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
