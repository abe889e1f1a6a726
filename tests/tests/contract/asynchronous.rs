//! Host functions in async code, and asyncio itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use eryx::{CallError, Function, Limits, Program, Sandbox};
use eryx_tests::host_functions::{One, echo, wait};
use eryx_tests::{TINY, block_on, fails, raised, stdout};
use tokio::sync::Barrier;

/// `meet(value)`, which returns once `count` calls are in progress.
fn meet(count: usize) -> Function {
    let barrier = Arc::new(Barrier::new(count));
    Function::new("meet", move |One { value }: One| {
        let barrier = barrier.clone();
        async move {
            barrier.wait().await;
            Ok::<_, CallError>(value)
        }
    })
}

/// `nap(value)`, which takes `value` milliseconds.
fn nap() -> Function {
    Function::new("nap", |One { value }: One| async move {
        let milliseconds = value.as_u64().unwrap_or_default();
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        Ok::<_, CallError>(value)
    })
}

/// `fail(value)`, which raises a `ValueError`.
fn fail() -> Function {
    Function::new("fail", |One { value }: One| async move {
        Err::<(), _>(CallError::of("ValueError", value.to_string()))
    })
}

fn sandbox() -> Sandbox {
    let sandbox = TINY
        .clone()
        .with_function(echo())
        .expect("the setting is valid")
        .with_function(nap())
        .expect("the setting is valid");
    sandbox
        .with_function(fail())
        .expect("the setting is valid")
        .with_function(wait())
        .expect("the setting is valid")
}

/// No call ends before all have started.
#[test]
fn calls_run_concurrently() {
    for count in [2, 10, 64] {
        let sandbox = TINY
            .clone()
            .with_function(meet(count))
            .expect("the setting is valid");
        let code =
            format!("import asyncio; print(sum(await asyncio.gather(*map(meet, range({count})))))");
        assert_eq!(
            stdout(&sandbox, code),
            format!("{}\n", count * (count - 1) / 2)
        );
    }
}

/// Calls beyond the number of concurrent calls wait.
#[test]
fn many_calls_at_once() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (inside, peak) = (now.clone(), most.clone());
    let visit = Function::new("visit", move |One { value }: One| {
        let (inside, peak) = (inside.clone(), peak.clone());
        async move {
            let count = inside.fetch_add(1, Ordering::SeqCst) + 1;
            peak.fetch_max(count, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(5)).await;
            inside.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, CallError>(value)
        }
    });
    let sandbox = TINY
        .clone()
        .with_function(visit)
        .expect("the setting is valid");
    let code =
        "import asyncio; print(await asyncio.gather(*map(visit, range(200))) == [*range(200)])";
    assert_eq!(stdout(&sandbox, code), "True\n");
    assert_eq!(now.load(Ordering::SeqCst), 0);
    let most = most.load(Ordering::SeqCst);
    assert!((2..=64).contains(&most), "{most}");
}

/// The program cancels some of the waiting calls.
#[test]
fn cancelled_calls_among_many() {
    let code = "
import asyncio
tasks = [asyncio.create_task(nap(1 if i % 3 else 100_000)) for i in range(210)]
await asyncio.sleep(0)
for task in tasks[::3]: task.cancel()
results = await asyncio.gather(*tasks, return_exceptions=True)
print(sum(result == 1 for result in results), sum(isinstance(r, asyncio.CancelledError) for r in results))
print(await echo('after'))
";
    assert_eq!(stdout(&sandbox(), code), "140 70\nafter\n");
}

#[test]
fn some_fail() {
    let code = "
import asyncio
results = await asyncio.gather(echo(1), fail(2), nap(3), fail(4), return_exceptions=True)
print(results)
try:
    await asyncio.gather(echo(1), fail(2))
except ValueError as error:
    print('caught', error)
";
    let expected = "[1, ValueError('2'), 3, ValueError('4')]\ncaught 2\n";
    assert_eq!(stdout(&sandbox(), code), expected);
}

#[test]
fn calls_have_a_timeout() {
    let slow = wait().timeout(Duration::from_millis(50));
    let sandbox = TINY
        .clone()
        .with_function(slow)
        .expect("the setting is valid");
    for call in ["wait(1)", "await wait(1)"] {
        let error = fails(&sandbox, call);
        assert_eq!(raised(&error), ("TimeoutError", "wait() took too long"));
    }
    let code = "try: wait(1)\nexcept TimeoutError: print('caught')";
    assert_eq!(stdout(&sandbox, code), "caught\n");
    let code =
        "import asyncio; print(await asyncio.gather(wait(1), echo(2), return_exceptions=True))";
    let sandbox = sandbox.with_function(echo()).expect("the setting is valid");
    assert_eq!(
        stdout(&sandbox, code),
        "[TimeoutError('wait() took too long'), 2]\n"
    );
}

/// A call that Python cancels is dropped in the host.
#[test]
fn cancelled_calls_are_dropped() {
    struct Guard(Arc<AtomicUsize>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    for code in [
        "try: await asyncio.wait_for(hold(), 0.05)\nexcept TimeoutError: print('too long')",
        "task = asyncio.create_task(hold())\nawait asyncio.sleep(0.05)\ntask.cancel()\n\
         try: await task\nexcept asyncio.CancelledError: print('too long')",
        "try:\n    async with asyncio.timeout(0.05): await hold()\nexcept TimeoutError: print('too long')",
        "done, rest = await asyncio.wait([asyncio.create_task(hold())], timeout=0.05)\n\
         print('too long')\nfor task in rest: task.cancel()\nawait asyncio.wait(rest)",
    ] {
        let dropped = Arc::new(AtomicUsize::new(0));
        let begun = Arc::new(AtomicUsize::new(0));
        let (flag, counter) = (dropped.clone(), begun.clone());
        let hold = Function::new("hold", move |(): ()| {
            counter.fetch_add(1, Ordering::SeqCst);
            let guard = Guard(flag.clone());
            async move {
                let _guard = guard;
                std::future::pending::<Result<(), CallError>>().await
            }
        });
        // The program asks, while it still runs, whether the call was dropped.
        let flag = dropped.clone();
        let gone = Function::new("gone", move |(): ()| {
            let flag = flag.clone();
            async move {
                while flag.load(Ordering::SeqCst) == 0 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Ok::<_, CallError>(())
            }
        });
        let sandbox = TINY
            .clone()
            .with_function(hold)
            .expect("the setting is valid")
            .with_function(gone)
            .expect("the setting is valid");
        let code = format!("import asyncio\n{code}\ngone()");
        assert_eq!(stdout(&sandbox, &*code), "too long\n", "{code}");
        assert_eq!(begun.load(Ordering::SeqCst), 1);
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
    }
}

/// A program that does not await its calls still ends.
#[test]
fn abandoned_calls_do_not_block() {
    for code in [
        "import asyncio\nasyncio.create_task(wait(1))\nawait asyncio.sleep(0)\nprint('end')",
        "import asyncio\ntasks = [asyncio.ensure_future(wait(i)) for i in range(100)]\nawait asyncio.sleep(0.01)\nprint('end')",
        "wait_later = wait(1) if False else None\nasync def f(): wait(1)\nawait f()\nprint('end')",
        "import asyncio\nasync def f(): await wait(1)\nasync def main():\n    asyncio.create_task(f())\n    await asyncio.sleep(0.01)\nasyncio.run(main())\nprint('end')",
    ] {
        assert_eq!(stdout(&sandbox(), code), "end\n", "{code}");
    }
}

#[test]
fn task_groups() {
    let code = "
import asyncio
async with asyncio.TaskGroup() as group:
    tasks = [group.create_task(nap(30 - 10 * i)) for i in range(3)]
print([task.result() for task in tasks])
try:
    async with asyncio.TaskGroup() as group:
        group.create_task(wait(1))
        group.create_task(fail(2))
except* ValueError as errors:
    print(errors.exceptions)
";
    assert_eq!(
        stdout(&sandbox(), code),
        "[30, 20, 10]\n(ValueError('2'),)\n"
    );
}

#[test]
fn queues() {
    let code = "
import asyncio
queue, results = asyncio.Queue(2), []
async def produce():
    for i in range(6): await queue.put(i)
    for _ in range(2): await queue.put(None)
async def consume():
    while (item := await queue.get()) is not None: results.append(await echo(item * 2))
await asyncio.gather(produce(), consume(), consume())
print(sorted(results))
lock, event = asyncio.Lock(), asyncio.Event()
async def late():
    async with lock: event.set()
task = asyncio.create_task(late())
await event.wait()
print(lock.locked(), task.done())
";
    let printed = stdout(&sandbox(), code);
    assert!(
        printed.starts_with("[0, 2, 4, 6, 8, 10]\nFalse "),
        "{printed}"
    );
}

#[test]
fn timers_are_in_order() {
    let code = "
import asyncio
order = []
async def after(seconds):
    await asyncio.sleep(seconds)
    order.append(seconds)
await asyncio.gather(*map(after, [0.06, 0.02, 0.04, 0]))
print(order)
loop = asyncio.get_running_loop()
loop.call_later(0.03, order.append, 'b'); loop.call_later(0.01, order.append, 'a'); loop.call_soon(order.append, 'now')
await asyncio.sleep(0.1)
print(order[4:])
";
    assert_eq!(
        stdout(&sandbox(), code),
        "[0, 0.02, 0.04, 0.06]\n['now', 'a', 'b']\n"
    );
}

/// The event loop waits for timers and calls at the same time.
#[test]
fn timers_fire_during_calls() {
    let code = "
import asyncio
ticks = 0
async def tick():
    global ticks
    while True:
        await asyncio.sleep(0.005)
        ticks += 1
task = asyncio.create_task(tick())
await nap(500)
print(ticks > 3)
try: await asyncio.wait_for(wait(1), 0.02)
except TimeoutError: print('time')
";
    assert_eq!(stdout(&sandbox(), code), "True\ntime\n");
}

/// In async code a call is awaitable, whatever expression contains it.
#[test]
fn awaitable_calls() {
    let code = "
import asyncio
task = asyncio.create_task(echo('task'))
print(await task)
make = lambda x: echo(x)
print(await make('lambda'))
print(await asyncio.gather(*[echo(i) for i in range(3)]))
print(await asyncio.gather(*(echo(i) for i in range(3))))
print([await echo(i) for i in range(3)], {i: await echo(i) for i in range(2)})
print([x async for x in (await echo(i) for i in range(3))])
async def numbers():
    for i in range(2): yield await echo(i)
print([number async for number in numbers()])
print(await asyncio.gather(*map(echo, range(2))))
print(await asyncio.gather(*map(lambda i: echo(i), range(2))))
class A:
    async def method(self): return await echo('method')
print(await A().method())
";
    let expected = "task\nlambda\n[0, 1, 2]\n[0, 1, 2]\n[0, 1, 2] {0: 0, 1: 1}\n[0, 1, 2]\n[0, 1]\n[0, 1]\n[0, 1]\nmethod\n";
    assert_eq!(stdout(&sandbox(), code), expected);
}

/// A plain function cannot await: its calls return the value.
#[test]
fn blocking_calls() {
    let code = "
import asyncio
def helper(x): return echo(x) + 1
async def f(): return helper(2)
print(await f(), helper(3), [helper(i) for i in range(2)])
print(asyncio.iscoroutine(echo(1)))
class A:
    value = helper(5)
    def __init__(self): self.x = helper(4)
print(A().x, A.value)
";
    assert_eq!(stdout(&sandbox(), code), "3 4 [1, 2]\nTrue\n5 6\n");
    assert_eq!(
        stdout(
            &sandbox(),
            "print(sorted([3, 1], key=echo), (lambda: echo(1))())"
        ),
        "[1, 3] 1\n"
    );
    assert_eq!(
        stdout(&sandbox(), "print(list(echo(i) for i in range(2)))"),
        "[0, 1]\n"
    );
    assert_eq!(
        stdout(&sandbox(), "def f():\n    yield echo(1)\nprint(*f())"),
        "1\n"
    );
}

#[test]
fn an_event_loop_of_the_program() {
    let code = "
import asyncio
async def main(): return sum(await asyncio.gather(*map(nap, [3, 2, 1])))
print(asyncio.run(main()))
print(asyncio.run(main()))
with asyncio.Runner() as runner: print(runner.run(main()), runner.run(main()))
loop = asyncio.new_event_loop()
print(loop.run_until_complete(main()))
loop.close()
";
    assert_eq!(stdout(&sandbox(), code), "6\n6\n6 6\n6\n");
}

#[test]
fn of_a_session() {
    block_on(async {
        let mut session = sandbox().session().await.expect("the session starts");
        for _ in 0..3 {
            // Each run abandons one call.
            let code = "import asyncio\ntask = asyncio.create_task(wait(1))\nawait asyncio.sleep(0)\n\
                        print(echo.__name__, await echo(1), await nap(1))";
            let result = session.execute(code).await.expect("the program succeeds");
            assert_eq!(result.stdout, "echo 1 1\n");
            assert_eq!(result.stats.host_calls, 3);
            let result = session
                .execute("print(echo(2))")
                .await
                .expect("the program succeeds");
            assert_eq!((&*result.stdout, result.stats.host_calls), ("2\n", 1));
        }
    });
}

/// The timers of one run do not fire in the next.
#[test]
fn timers_end_with_the_run() {
    block_on(async {
        let mut session = sandbox().session().await.expect("the session starts");
        let code = "import asyncio\nasync def late():\n    await asyncio.sleep(0.01)\n    print('late')\n\
                    asyncio.create_task(late())\nasyncio.get_running_loop().call_later(0.01, print, 'late')\n\
                    await asyncio.sleep(0)";
        session.execute(code).await.expect("the program succeeds");
        let code = "import asyncio, time\ntime.sleep(0.05)\nawait asyncio.sleep(0.05)\nprint(len(asyncio.all_tasks()))";
        let result = session.execute(code).await.expect("the program succeeds");
        assert_eq!(result.stdout, "1\n");
    });
}

/// The limit on time ends a program that waits for an event that cannot occur.
#[test]
fn deadlock() {
    let limits = Limits::default().wall_time(Duration::from_millis(300));
    let code = "import asyncio; await asyncio.get_running_loop().create_future()";
    let program = Program::new(code).limits(limits);
    let error = fails(&sandbox(), program);
    let text = error.to_string();
    // Without threads and signals, the sandbox may detect the deadlock itself.
    let is_limit = matches!(error.kind, eryx::ErrorKind::Limit(_));
    assert!(
        is_limit || matches!(error.kind, eryx::ErrorKind::Trap(_)),
        "{text}"
    );
}

#[test]
fn a_thousand_sequential_calls() {
    let code = "print(sum(echo(i) for i in range(1000)))\nx = 0\nfor i in range(1000): x += await echo(i)\nprint(x)";
    // The first line is async code too, since the program has an `await`.
    let code = code.replace(
        "sum(echo(i) for i in range(1000))",
        "sum([await echo(i) for i in range(1000)])",
    );
    assert_eq!(stdout(&sandbox(), &*code), "499500\n499500\n");
    assert_eq!(
        stdout(&sandbox(), "print(sum(echo(i) for i in range(1000)))"),
        "499500\n"
    );
}
