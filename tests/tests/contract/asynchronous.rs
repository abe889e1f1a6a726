//! Functions of the host's in `async` code, and asyncio itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use eryx::{CallError, Function, Limits, Program, Sandbox};
use eryx_tests::host_functions::{One, echo, wait};
use eryx_tests::{TINY, block_on, fails, raised, stdout};
use tokio::sync::Barrier;

/// `meet(value)`, which comes to its end when so many are under way.
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

/// `nap(value)`, which takes so many milliseconds.
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
        .expect("it can be given")
        .with_function(nap())
        .expect("it can be given");
    sandbox
        .with_function(fail())
        .expect("it can be given")
        .with_function(wait())
        .expect("it can be given")
}

/// None of them ends before all have begun.
#[test]
fn calls_are_under_way_together() {
    for count in [2, 10, 64] {
        let sandbox = TINY
            .clone()
            .with_function(meet(count))
            .expect("it can be given");
        let code =
            format!("import asyncio; print(sum(await asyncio.gather(*map(meet, range({count})))))");
        assert_eq!(
            stdout(&sandbox, code),
            format!("{}\n", count * (count - 1) / 2)
        );
    }
}

/// Those that are beyond what may be under way wait for their turn.
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
    let sandbox = TINY.clone().with_function(visit).expect("it can be given");
    let code =
        "import asyncio; print(await asyncio.gather(*map(visit, range(200))) == [*range(200)])";
    assert_eq!(stdout(&sandbox, code), "True\n");
    assert_eq!(now.load(Ordering::SeqCst), 0);
    let most = most.load(Ordering::SeqCst);
    assert!((2..=64).contains(&most), "{most}");
}

/// Of those that wait for their turn, some are given up.
#[test]
fn many_calls_of_which_some_are_cancelled() {
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
fn calls_have_a_time() {
    let slow = wait().timeout(Duration::from_millis(50));
    let sandbox = TINY.clone().with_function(slow).expect("it can be given");
    for call in ["wait(1)", "await wait(1)"] {
        let error = fails(&sandbox, call);
        assert_eq!(raised(&error), ("TimeoutError", "wait() took too long"));
    }
    let code = "try: wait(1)\nexcept TimeoutError: print('caught')";
    assert_eq!(stdout(&sandbox, code), "caught\n");
    let code =
        "import asyncio; print(await asyncio.gather(wait(1), echo(2), return_exceptions=True))";
    let sandbox = sandbox.with_function(echo()).expect("it can be given");
    assert_eq!(
        stdout(&sandbox, code),
        "[TimeoutError('wait() took too long'), 2]\n"
    );
}

/// A call that Python gives up is dropped in the host.
#[test]
fn calls_that_are_given_up() {
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
        // Asks whether it was dropped while the program still runs.
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
            .expect("it can be given")
            .with_function(gone)
            .expect("it can be given");
        let code = format!("import asyncio\n{code}\ngone()");
        assert_eq!(stdout(&sandbox, &*code), "too long\n", "{code}");
        assert_eq!(begun.load(Ordering::SeqCst), 1);
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
    }
}

/// A program that does not wait for its calls comes to its end.
#[test]
fn abandoned_calls_hold_nothing_up() {
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

/// Timers and calls are waited for together.
#[test]
fn timers_go_on_while_calls_are_under_way() {
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

/// In whatever a call stands, `async` code has it to await.
#[test]
fn where_calls_are_awaited() {
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

/// A plain function has nobody who could await: there it is the value.
#[test]
fn where_calls_are_plain() {
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
fn a_loop_of_the_programs_own() {
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
        let mut session = sandbox().session().await.expect("it starts");
        for _ in 0..3 {
            // One is left behind by each run.
            let code = "import asyncio\ntask = asyncio.create_task(wait(1))\nawait asyncio.sleep(0)\n\
                        print(echo.__name__, await echo(1), await nap(1))";
            let result = session.execute(code).await.expect("it reaches its end");
            assert_eq!(result.stdout, "echo 1 1\n");
            assert_eq!(result.stats.host_calls, 3);
            let result = session
                .execute("print(echo(2))")
                .await
                .expect("it reaches its end");
            assert_eq!((&*result.stdout, result.stats.host_calls), ("2\n", 1));
        }
    });
}

/// Nothing that one run has asked for later comes up in another.
#[test]
fn timers_end_with_the_run() {
    block_on(async {
        let mut session = sandbox().session().await.expect("it starts");
        let code = "import asyncio\nasync def late():\n    await asyncio.sleep(0.01)\n    print('late')\n\
                    asyncio.create_task(late())\nasyncio.get_running_loop().call_later(0.01, print, 'late')\n\
                    await asyncio.sleep(0)";
        session.execute(code).await.expect("it reaches its end");
        let code = "import asyncio, time\ntime.sleep(0.05)\nawait asyncio.sleep(0.05)\nprint(len(asyncio.all_tasks()))";
        let result = session.execute(code).await.expect("it reaches its end");
        assert_eq!(result.stdout, "1\n");
    });
}

/// Waiting for what can never happen is up to the limit on time.
#[test]
fn waiting_for_nothing() {
    let limits = Limits::default().wall_time(Duration::from_millis(300));
    let code = "import asyncio; await asyncio.get_running_loop().create_future()";
    let program = Program::new(code).limits(limits);
    let error = fails(&sandbox(), program);
    let text = error.to_string();
    // There are no threads or signals: the sandbox itself may see that.
    let is_limit = matches!(error.kind, eryx::ErrorKind::Limit(_));
    assert!(
        is_limit || matches!(error.kind, eryx::ErrorKind::Trap(_)),
        "{text}"
    );
}

#[test]
fn a_thousand_calls_one_after_the_other() {
    let code = "print(sum(echo(i) for i in range(1000)))\nx = 0\nfor i in range(1000): x += await echo(i)\nprint(x)";
    // The first of these lines is `async` code as well.
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
