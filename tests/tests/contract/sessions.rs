//! Sessions: instances that keep their state between programs.

use std::time::Duration;

use eryx::{ErrorKind, ExecuteError, Limit, Limits, Program, Session};
use eryx_tests::host_functions::echo;
use eryx_tests::{NUMPY, TINY, block_on, passed, raised, stdout};

/// Runs code and returns its output.
async fn says(session: &mut Session, code: &str) -> String {
    let result = session.execute(code).await.expect("the program succeeds");
    result.stdout.into()
}

async fn breaks(session: &mut Session, code: &str) -> ExecuteError {
    session
        .execute(code)
        .await
        .expect_err("it does not reach its end")
}

#[test]
fn state_stays() {
    block_on(async {
        let mut session = NUMPY.session().await.expect("the session starts");
        let code = "
import json, numpy as np
x, nothing = 1, None
def f(y): return x + y
class A:
    count = 0
    def __init__(self): A.count += 1
a = np.arange(3)
async def g(): return x
def numbers():
    yield from range(10)
number = numbers()
open('/tmp/file', 'w').write('kept')
handle = open('/tmp/file')
";
        says(&mut session, code).await;
        assert_eq!(
            says(&mut session, "x = 5; print(f(1), nothing)").await,
            "6 None\n"
        );
        assert_eq!(says(&mut session, "A(); A(); print(A.count)").await, "2\n");
        assert_eq!(
            says(&mut session, "print(a.sum(), json.dumps([]))").await,
            "3 []\n"
        );
        assert_eq!(says(&mut session, "print(await g())").await, "5\n");
        assert_eq!(
            says(&mut session, "print(next(number), next(number))").await,
            "0 1\n"
        );
        assert_eq!(
            says(&mut session, "print(next(number), handle.read())").await,
            "2 kept\n"
        );
    });
}

/// An error that does not end the instance leaves the state unchanged.
#[test]
fn state_stays_after_failures() {
    block_on(async {
        let mut session = TINY.session().await.expect("the session starts");
        says(&mut session, "x = 0").await;
        let error = breaks(&mut session, "x = 1; 1 / 0").await;
        assert_eq!(raised(&error).0, "ZeroDivisionError");
        assert_eq!(says(&mut session, "print(x)").await, "1\n");
        let error = breaks(&mut session, "x = 2; raise SystemExit(3)").await;
        assert_eq!(error.kind, ErrorKind::Exit(3));
        assert_eq!(says(&mut session, "print(x)").await, "2\n");
        says(&mut session, "x = 3; raise SystemExit").await;
        assert_eq!(says(&mut session, "print(x)").await, "3\n");
        let error = breaks(&mut session, "x = 4; y = (").await;
        assert_eq!(raised(&error).0, "SyntaxError");
        assert_eq!(says(&mut session, "print(x)").await, "3\n");
        let error = breaks(&mut session, "def f(): f()\nf()").await;
        assert_eq!(raised(&error).0, "RecursionError");
        assert_eq!(says(&mut session, "print(x)").await, "3\n");
        assert!(!session.is_lost());
    });
}

#[test]
fn what_ends_the_instance_loses_the_state() {
    block_on(async {
        let limits = Limits::default()
            .wall_time(Duration::from_secs(30))
            .output_bytes(100);
        let sandbox = TINY
            .clone()
            .with_limits(limits)
            .with_function(echo())
            .expect("the setting is valid");
        let mut session = sandbox.session().await.expect("the session starts");
        for (code, is_kind) in [
            (
                "import os; os.abort()",
                (|kind| matches!(kind, ErrorKind::Trap(_))) as fn(&ErrorKind) -> bool,
            ),
            ("import os; os._exit(3)", |kind| *kind == ErrorKind::Exit(3)),
            ("print('x' * 1000)", |kind| {
                matches!(kind, ErrorKind::Limit(_))
            }),
        ] {
            says(&mut session, "x = 1").await;
            let error = breaks(&mut session, code).await;
            assert!(is_kind(&error.kind), "{code}: {error:?}");
            assert!(session.is_lost(), "{code}");
            let lost = breaks(&mut session, "print(1)").await;
            assert_eq!(lost.kind, ErrorKind::Lost);
            assert!(
                lost.to_string().contains("`reset` starts a new one"),
                "{lost}"
            );
            let lost = session.write("/tmp/x", b"").await.expect_err("it is lost");
            assert_eq!(lost.kind, ErrorKind::Lost);
            let lost = session.list("/tmp").await.expect_err("it is lost");
            assert_eq!(lost.kind, ErrorKind::Lost);
            let lost = session.remove("/tmp/x").await.expect_err("it is lost");
            assert_eq!(lost.kind, ErrorKind::Lost);
            session.reset().await.expect("the reset succeeds");
            assert_eq!(
                says(&mut session, "print('x' in globals(), echo(1))").await,
                "False 1\n"
            );
        }
    });
}

/// `os._exit(0)` ends the instance, although the program succeeds.
#[test]
fn an_instance_that_exits() {
    block_on(async {
        let mut session = TINY.session().await.expect("the session starts");
        session
            .execute("import os; os._exit(0)")
            .await
            .expect("the exit status is 0");
        assert!(session.is_lost());
        session.reset().await.expect("the reset succeeds");
        assert_eq!(says(&mut session, "print(1)").await, "1\n");
    });
}

#[test]
fn reset() {
    block_on(async {
        let sandbox = TINY
            .clone()
            .with_file("/tmp/given", "given")
            .expect("the setting is valid");
        let mut session = sandbox.session().await.expect("the session starts");
        for _ in 0..10 {
            let code = "import os\nprint('x' in globals(), os.listdir('/tmp'), os.getenv('A'), open('/tmp/given').read())";
            assert_eq!(
                says(&mut session, code).await,
                "False ['given'] None given\n"
            );
            let code = "x = 1\nos.environ['A'] = 'c'\nopen('/tmp/new', 'w')\nopen('/tmp/given', 'w').write('changed')\nimport sys; sys.x = 1";
            says(&mut session, code).await;
            session.reset().await.expect("the reset succeeds");
        }
    });
}

#[test]
fn sessions_do_not_see_each_other() {
    block_on(async {
        let mut one = TINY.session().await.expect("the session starts");
        let mut other = TINY.session().await.expect("the session starts");
        says(&mut one, "x = 1; open('/tmp/x', 'w')").await;
        says(&mut other, "x = 2").await;
        assert_eq!(
            says(&mut one, "import os; print(x, os.listdir('/tmp'))").await,
            "1 ['x']\n"
        );
        assert_eq!(
            says(&mut other, "import os; print(x, os.listdir('/tmp'))").await,
            "2 []\n"
        );
        drop(one);
        assert_eq!(says(&mut other, "print(x)").await, "2\n");
    });
    assert_eq!(stdout(&TINY, "print('x' in globals())"), "False\n");
}

#[test]
fn limits_apply_to_each_run() {
    block_on(async {
        let mut session = TINY.session().await.expect("the session starts");
        says(&mut session, "x = 1").await;
        let limits = Limits::default().wall_time(Duration::from_millis(100));
        let program = Program::new("while True: pass").limits(limits);
        let error = session.run(program).await.expect_err("it is endless");
        passed(&error, Limit::WallTime);
        assert!(session.is_lost());
        session.reset().await.expect("the reset succeeds");
        let limits = Limits::default().host_calls(0);
        let program = Program::new("print(1)").limits(limits);
        assert_eq!(
            session
                .run(program)
                .await
                .expect("the program succeeds")
                .stdout,
            "1\n"
        );
    });
}

/// The garbage of each run is collected.
#[test]
fn memory_reaches_a_plateau() {
    block_on(async {
        let mut session = TINY.session().await.expect("the session starts");
        let code = "
import json, re
data = [{'number': i, 'text': str(i) * 10} for i in range(5000)]
assert json.loads(json.dumps(data)) == data
x = [re.sub('1', '2', item['text']) for item in data]
1 / 0
";
        let mut peaks = Vec::new();
        for round in 0..60 {
            let error = session.execute(&format!("# {round}\n{code}")).await;
            let error = error.expect_err("the program raises an exception");
            assert_eq!(raised(&error).0, "ZeroDivisionError");
            peaks.push(error.stats().peak_memory);
        }
        let (early, late) = (peaks[19], peaks[59]);
        assert!(late <= early + (4 << 20), "{peaks:?}");
    });
}

/// The memory of a refused result is freed.
#[test]
fn refused_results_are_freed() {
    block_on(async {
        let limits = Limits::default().result_bytes(1000).memory(200 << 20);
        let sandbox = TINY.clone().with_limits(limits);
        let mut session = sandbox.session().await.expect("the session starts");
        for code in ["'x' * 10_000_000", "raise ValueError('x' * 10_000_000)"] {
            for _ in 0..20 {
                let program = Program::new(code).return_value();
                let error = session.run(program).await.expect_err("it is too large");
                passed(&error, Limit::ResultBytes);
            }
        }
        let code = "for i in range(1000): open(f'/tmp/{i}', 'w')";
        says(&mut session, code).await;
        let error = session.list("/tmp").await.expect_err("it is too large");
        passed(&error, Limit::ResultBytes);
        assert!(!session.is_lost());
        assert_eq!(says(&mut session, "print(1)").await, "1\n");
    });
}

#[test]
fn name_and_arguments_of_each_run() {
    block_on(async {
        let sandbox = TINY.clone().with_args(["given"]);
        let mut session = sandbox.session().await.expect("the session starts");
        let code = "import sys; print(sys.argv, globals().get('__file__'))";
        assert_eq!(says(&mut session, code).await, "['-c', 'given'] None\n");
        let program = Program::new(code).name("/a.py").args(["own"]);
        let result = session.run(program).await.expect("the program succeeds");
        assert_eq!(result.stdout, "['/a.py', 'own'] /a.py\n");
        let printed = says(&mut session, "import sys; print(sys.argv)").await;
        assert_eq!(printed, "['-c', 'given']\n");
    });
}

/// A session outlives its sandbox, and can move to another task.
#[test]
fn in_another_task() {
    block_on(async {
        let sandbox = TINY.clone();
        let mut session = sandbox.session().await.expect("the session starts");
        drop(sandbox);
        says(&mut session, "x = 1").await;
        let mut session = tokio::spawn(async move {
            says(&mut session, "x += 1").await;
            session
        })
        .await
        .expect("it does not panic");
        assert_eq!(says(&mut session, "print(x)").await, "2\n");
    });
}
