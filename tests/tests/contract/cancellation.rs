//! Cancellation of runs by the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eryx::{
    CallError, CancellationToken, ErrorKind, ExecuteError, Function, Limits, Program, Sandbox,
};
use eryx_tests::host_functions::wait;
use eryx_tests::{TINY, block_on, run, stdout};
use tokio::sync::Notify;

/// Runs an endless program that prints when it has started, and cancels it then.
async fn cancelled_when_begun(sandbox: &Sandbox, code: &str) -> ExecuteError {
    let token = CancellationToken::new();
    let begun = Arc::new(Notify::new());
    let heard = begun.clone();
    let program = Program::new(format!("print('begun', flush=True)\n{code}"))
        .limits(Limits::default().wall_time(None))
        .cancelled_by(&token)
        .on_output(move |_, bytes| {
            assert_eq!(bytes, b"begun\n");
            heard.notify_one();
        });
    let cancel = async {
        begun.notified().await;
        // Let the program go on for a moment.
        tokio::time::sleep(Duration::from_millis(20)).await;
        token.cancel();
        token.cancel();
    };
    let (result, ()) = tokio::join!(sandbox.run(program), cancel);
    result.expect_err("it is endless")
}

/// Without cancellation, each of these programs would run forever.
#[test]
fn of_every_activity() {
    let sandbox = TINY
        .clone()
        .with_function(wait())
        .expect("the setting is valid");
    for code in [
        "while True: pass",
        "sum(iter(int, 1))",
        "10 ** 10 ** 8",
        "import re; re.match(r'(a+)+$', 'a' * 64 + 'b')",
        "import time; time.sleep(1e6)",
        "import asyncio; await asyncio.sleep(1e6)",
        "wait(1)",
        "await wait(1)",
        "import asyncio; await asyncio.gather(wait(1), wait(2), asyncio.sleep(1e6))",
        "import atexit; atexit.register(wait, 1)",
    ] {
        let error = block_on(cancelled_when_begun(&sandbox, code));
        assert_eq!(error.kind, ErrorKind::Cancelled, "{code}");
        assert_eq!(error.to_string(), "the run was cancelled");
        assert_eq!(error.exception(), None);
        assert_eq!(stdout(&sandbox, "print('usable')"), "usable\n");
    }
}

/// A program cannot catch its cancellation.
#[test]
fn is_not_an_exception() {
    let sandbox = TINY
        .clone()
        .with_function(wait())
        .expect("the setting is valid");
    for code in [
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "while True:\n    try: wait(1)\n    except BaseException: pass",
        "import asyncio\nwhile True:\n    try: await wait(1)\n    except (asyncio.CancelledError, BaseException): pass",
        "try: wait(1)\nfinally:\n    while True: pass",
    ] {
        let error = block_on(cancelled_when_begun(&sandbox, code));
        assert_eq!(error.kind, ErrorKind::Cancelled, "{code}");
    }
}

#[test]
fn while_it_waits_for_input() {
    let token = CancellationToken::new();
    let (_open, reader) = tokio::io::duplex(64);
    let program = Program::new("print('so far', flush=True); input()");
    let program = program.stdin_from(reader).cancelled_by(&token);
    let error = block_on(async {
        let cancel = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            token.cancel();
        };
        tokio::join!(TINY.run(program), cancel).0
    });
    let error = error.expect_err("nothing comes in");
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert_eq!(*error.stdout(), "so far\n");
    assert!(error.stats().wall_time > Duration::ZERO);
}

#[test]
fn before_the_run_starts() {
    let called = Arc::new(AtomicBool::new(false));
    let mark = called.clone();
    let sandbox = TINY
        .clone()
        .with_function(Function::new("mark", move |(): ()| {
            mark.store(true, Ordering::Relaxed);
            async { Ok::<_, CallError>(()) }
        }))
        .expect("the setting is valid");
    let token = CancellationToken::new();
    token.cancel();
    for _ in 0..3 {
        let program = Program::new("print('so far', flush=True); mark()").cancelled_by(&token);
        let error = run(&sandbox, program).expect_err("it was cancelled");
        assert_eq!(error.kind, ErrorKind::Cancelled);
        assert_eq!(*error.stdout(), "");
    }
    assert!(!called.load(Ordering::Relaxed));
    assert_eq!(stdout(&sandbox, "mark(); print(1)"), "1\n");
    assert!(called.load(Ordering::Relaxed));
}

#[test]
fn while_it_waits_for_a_slot() {
    let sandbox = TINY
        .clone()
        .with_function(wait())
        .expect("the setting is valid")
        .with_max_concurrency(1);
    let (first, second) = (CancellationToken::new(), CancellationToken::new());
    block_on(async {
        let running = sandbox.run(Program::new("wait(1)").cancelled_by(&first));
        let queued = sandbox.run(Program::new("print(1)").cancelled_by(&second));
        let cancel = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            second.cancel();
            tokio::time::sleep(Duration::from_millis(50)).await;
            first.cancel();
        };
        let mut queued = Box::pin(queued);
        let mut running = Box::pin(running);
        let watch = async {
            tokio::select! {
                biased;
                result = &mut running => panic!("the running program ended first: {result:?}"),
                result = &mut queued => result,
            }
        };
        let (result, ()) = tokio::join!(watch, cancel);
        assert_eq!(
            result.expect_err("it was cancelled").kind,
            ErrorKind::Cancelled
        );
        let result = running.await.expect_err("it was cancelled");
        assert_eq!(result.kind, ErrorKind::Cancelled);
        let result = sandbox.execute("print(2)").await.expect("a slot is free");
        assert_eq!(result.stdout, "2\n");
    });
}

#[test]
fn of_two_runs_by_one_token() {
    let token = CancellationToken::new();
    let sandbox = TINY
        .clone()
        .with_function(wait())
        .expect("the setting is valid");
    block_on(async {
        let program = |code: &str| Program::new(code).cancelled_by(&token);
        let cancel = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            token.cancel();
        };
        let (one, other, third, ()) = tokio::join!(
            sandbox.run(program("wait(1)")),
            sandbox.run(program("while True: pass")),
            sandbox.execute("import time; time.sleep(0.5); print('not this one')"),
            cancel
        );
        assert_eq!(one.expect_err("cancelled").kind, ErrorKind::Cancelled);
        assert_eq!(other.expect_err("cancelled").kind, ErrorKind::Cancelled);
        assert_eq!(
            third.expect("the session continues").stdout,
            "not this one\n"
        );
    });
}

#[test]
fn after_its_end() {
    let token = CancellationToken::new();
    let result = run(&TINY, Program::new("print(1)").cancelled_by(&token));
    token.cancel();
    assert_eq!(result.expect("the program succeeds").stdout, "1\n");
}

/// asyncio's `CancelledError` is an exception of the program, not a cancellation by the host.
#[test]
fn is_distinct_from_cancelled_error() {
    let token = CancellationToken::new();
    let code = "import asyncio\nraise asyncio.CancelledError('mine')";
    let error = run(&TINY, Program::new(code).cancelled_by(&token))
        .expect_err("the program raises an exception");
    let exception = error.exception().expect("the program raises an exception");
    assert_eq!(exception.type_name, "asyncio.exceptions.CancelledError");
    let code = "import signal; signal.raise_signal(signal.SIGINT)";
    let error = run(&TINY, Program::new(code).cancelled_by(&token))
        .expect_err("the program raises an exception");
    assert_ne!(error.kind, ErrorKind::Cancelled);
}

/// Sets a flag when it is dropped.
struct Guard(Arc<AtomicBool>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Dropping the future ends the program and its host calls.
#[test]
fn by_dropping_the_future() {
    for call in [
        "hold()",
        "await hold()",
        "import asyncio; await asyncio.gather(hold(), hold())",
    ] {
        let dropped = Arc::new(AtomicBool::new(false));
        let begun = Arc::new(Notify::new());
        let (flag, notify) = (dropped.clone(), begun.clone());
        let hold = Function::new("hold", move |(): ()| {
            let guard = Guard(flag.clone());
            notify.notify_one();
            async move {
                let _guard = guard;
                std::future::pending::<Result<(), CallError>>().await
            }
        });
        let sandbox = TINY
            .clone()
            .with_function(hold)
            .expect("the setting is valid")
            .with_max_concurrency(1);
        block_on(async {
            tokio::select! {
                result = sandbox.execute(call) => panic!("{result:?}"),
                () = begun.notified() => {}
            }
            // The slot is free again.
            let result = sandbox
                .execute("print(1)")
                .await
                .expect("the program succeeds");
            assert_eq!(result.stdout, "1\n");
            while !dropped.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
    }
}

#[test]
fn of_a_session() {
    block_on(async {
        let sandbox = TINY
            .clone()
            .with_function(wait())
            .expect("the setting is valid");
        let mut session = sandbox.session().await.expect("the session starts");
        for code in ["while True: pass", "wait(1)", "await wait(1)"] {
            session
                .execute("kept = 1")
                .await
                .expect("the program succeeds");
            let token = CancellationToken::new();
            let cancel = async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                token.cancel();
            };
            let running = session.run(Program::new(code).cancelled_by(&token));
            let (result, ()) = tokio::join!(running, cancel);
            assert_eq!(result.expect_err("cancelled").kind, ErrorKind::Cancelled);

            assert!(session.is_lost());
            let error = session.execute("print(1)").await.expect_err("it is lost");
            assert_eq!(error.kind, ErrorKind::Lost);
            let error = session.read("/tmp/x").await.expect_err("it is lost");
            assert_eq!(error.kind, ErrorKind::Lost);
            session.reset().await.expect("the reset succeeds");
            assert!(!session.is_lost());
            let result = session.execute("print('kept' in globals())").await;
            assert_eq!(result.expect("the program succeeds").stdout, "False\n");
        }
    });
}

/// Dropping a run of a session loses the session's state, and nothing else.
#[test]
fn of_a_session_by_dropping_the_future() {
    block_on(async {
        let mut session = TINY.session().await.expect("the session starts");
        let run = session.execute("while True: pass");
        let waited = tokio::time::timeout(Duration::from_millis(100), run).await;
        assert!(waited.is_err());
        assert!(session.is_lost());
        session.reset().await.expect("the reset succeeds");
        assert_eq!(
            session
                .execute("print(1)")
                .await
                .expect("the program succeeds")
                .stdout,
            "1\n"
        );
    });
}
