//! Thousands of programs, well-behaved and hostile, a few at a time.
//!
//! `ERYX_SOAK` sets the number of programs; the default is 2,000.

use std::sync::Arc;
use std::time::Duration;

use eryx::{
    CallError, CancellationToken, ErrorKind, ExecuteError, ExecuteResult, Function, Limit, Limits,
    Program, Sandbox,
};
use eryx_tests::host_functions::{One, echo, wait};
use eryx_tests::{TINY, runtime};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

/// The number of concurrent programs.
const AT_ONCE: usize = 8;
/// The number of programs after which the process must not grow.
const WARM: usize = 500;

type Outcome = Result<ExecuteResult, ExecuteError>;

/// Runs the program of this number, and checks the result that the number determines.
async fn one(sandbox: Sandbox, number: usize) {
    let marked = |code: &str| Program::new(format!("print({number}, flush=True)\n{code}"));
    let limits = Limits::default();
    let (program, is_right): (Program, fn(&Outcome) -> bool) = match number % 12 {
        0 => (marked("x = sum(range(1000))"), |it| it.is_ok()),
        1 => (marked("1 / 0"), |it| {
            kind(
                it,
                |kind| matches!(kind, ErrorKind::Exception(e) if e.type_name == "ZeroDivisionError"),
            )
        }),
        2 => (
            marked("while True: pass").limits(limits.wall_time(Duration::from_millis(30))),
            |it| limit(it, Limit::WallTime),
        ),
        3 => (marked("import os; os.abort()"), |it| {
            kind(it, |kind| matches!(kind, ErrorKind::Trap(_)))
        }),
        4 => return cancelled(&sandbox, number).await,
        5 => (marked("panics(1)"), |it| {
            kind(it, |kind| matches!(kind, ErrorKind::HostPanic { .. }))
        }),
        6 => (
            marked(
                "import asyncio\nassert await asyncio.gather(*map(echo, range(5))) == [*range(5)]",
            ),
            |it| it.is_ok(),
        ),
        7 => (
            marked("while True: print('x' * 1000)").limits(limits.output_bytes(10_000)),
            |it| limit(it, Limit::OutputBytes),
        ),
        8 => (
            marked("x = []\nwhile True: x.append(bytearray(1 << 20))")
                .limits(limits.memory(80 << 20)),
            |it| limit(it, Limit::Memory),
        ),
        9 => (marked("import os; os._exit(3)"), |it| {
            kind(it, |kind| *kind == ErrorKind::Exit(3))
        }),
        10 => (
            marked("open('/tmp/x', 'w').write('x' * 100_000)\nx = 1").return_file("/tmp/x"),
            |it| {
                it.as_ref().is_ok_and(|it| {
                    it.files["/tmp/x"]
                        .as_ref()
                        .is_ok_and(|it| it.len() == 100_000)
                })
            },
        ),
        _ => return dropped(&sandbox).await,
    };
    let outcome = sandbox.run(program).await;
    let printed = match &outcome {
        Ok(result) => &result.stdout,
        Err(error) => error.stdout(),
    };
    // The limit may be reached before the first line.
    let is_told = printed.starts_with(&format!("{number}\n"));
    assert!(
        is_told || limit(&outcome, Limit::WallTime),
        "{number}: {outcome:?}"
    );
    assert!(is_right(&outcome), "{number}: {outcome:?}");
}

fn kind(outcome: &Outcome, is_right: impl Fn(&ErrorKind) -> bool) -> bool {
    outcome.as_ref().is_err_and(|error| is_right(&error.kind))
}

fn limit(outcome: &Outcome, limit: Limit) -> bool {
    kind(
        outcome,
        |kind| matches!(kind, ErrorKind::Limit(reached) if reached.limit == limit),
    )
}

/// Cancels a program while it computes, sleeps or waits for a host function.
async fn cancelled(sandbox: &Sandbox, number: usize) {
    let work = [
        "while True: pass",
        "import time; time.sleep(1e6)",
        "await wait(1)",
    ];
    let code = format!(
        "print('begun', flush=True)\n{}",
        work[number / 12 % work.len()]
    );
    let token = CancellationToken::new();
    let begun = Arc::new(Notify::new());
    let notify = begun.clone();
    let program = Program::new(code).cancelled_by(&token);
    let program = program.on_output(move |_, _| notify.notify_one());
    let cancel = async {
        begun.notified().await;
        token.cancel();
    };
    let (outcome, ()) = tokio::join!(sandbox.run(program), cancel);
    assert!(
        kind(&outcome, |kind| *kind == ErrorKind::Cancelled),
        "{number}: {outcome:?}"
    );
}

/// Drops the future of a running program.
async fn dropped(sandbox: &Sandbox) {
    let run = sandbox.execute("import asyncio; await asyncio.gather(*map(wait, range(3)))");
    let waited = tokio::time::timeout(Duration::from_millis(20), run).await;
    assert!(waited.is_err(), "{waited:?}");
}

/// Returns the number of threads of this process, and its resident memory in KiB.
#[cfg(target_os = "linux")]
fn used() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let number = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        number.expect("it is a number")
    };
    (number("Threads:"), number("VmRSS:"))
}

#[cfg(not(target_os = "linux"))]
fn used() -> (u64, u64) {
    (0, 0)
}

/// Other tests run in this process at the same time, so the bounds have margins for them. A leak in one of
/// a few runs would exceed the margins.
#[test]
fn nothing_leaks() {
    /// A margin above the threads of the other tests.
    const THREADS: u64 = 60;
    /// A leak of 256 KiB per run would exceed this over the rest of 2,000 runs.
    const MEMORY: u64 = 375 << 10;

    let count = std::env::var("ERYX_SOAK")
        .ok()
        .and_then(|it| it.parse().ok());
    let count: usize = count.unwrap_or(2000);
    let panics = Function::new("panics", |One { value }: One| async move {
        if value == 1 {
            // Do not print this panic.
            std::panic::resume_unwind(Box::new("as it is meant"));
        }
        Ok::<_, CallError>(())
    });
    let sandbox = TINY
        .clone()
        .with_function(echo())
        .expect("the setting is valid")
        .with_function(wait())
        .expect("the setting is valid");
    let sandbox = sandbox
        .with_function(panics)
        .expect("the setting is valid")
        .with_max_concurrency(AT_ONCE);

    runtime().block_on(async {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let mut running = JoinSet::new();
        let mut warm = None;
        for number in 0..count {
            let turn = turns.clone().acquire_owned().await.expect("it is open");
            let sandbox = sandbox.clone();
            running.spawn(async move {
                one(sandbox, number).await;
                drop(turn);
            });
            while let Some(ended) = running.try_join_next() {
                ended.expect("every result is right");
            }
            if number == WARM {
                warm = Some(used());
            }
        }
        while let Some(ended) = running.join_next().await {
            ended.expect("every result is right");
        }
        // All slots are free again.
        let all = turns
            .acquire_many(u32::try_from(AT_ONCE).expect("a few"))
            .await;
        drop(all.expect("it is open"));
        let limits = Limits::default().queue_time(Duration::from_mins(1));
        let mut sessions = Vec::new();
        for _ in 0..AT_ONCE {
            let sandbox = sandbox.clone().with_limits(limits.clone());
            sessions.push(sandbox.session().await.expect("a slot is free"));
        }
        drop(sessions);
        let ((threads, memory), Some((threads_then, memory_then))) = (used(), warm) else {
            return;
        };
        assert!(
            threads <= threads_then + THREADS,
            "{threads_then} threads, and then {threads}"
        );
        assert!(
            memory <= memory_then + MEMORY,
            "{memory_then} KiB, and then {memory}"
        );
    });
}
