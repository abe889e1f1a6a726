//! Stdin, stdout and stderr of programs.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use eryx::{Program, Stream};
use eryx_tests::{TINY, block_on, execute, raised, run, stdout};
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

#[test]
fn input_of_bytes() {
    let read = |code: &str, input: &[u8]| stdout(&TINY, Program::new(code).stdin(input));
    assert_eq!(
        read("print(input('? '), input())", b"one\ntwo\n"),
        "? one two\n"
    );
    assert_eq!(
        read("import sys; print(list(sys.stdin))", b"a\nb"),
        "['a\\n', 'b']\n"
    );
    assert_eq!(
        read("import sys; print(repr(sys.stdin.read()))", b""),
        "''\n"
    );
    assert_eq!(
        read(
            "import sys; print(sys.stdin.readline(), end='')",
            "ü\nx".as_bytes()
        ),
        "ü\n"
    );
    let code = "import sys; print(sys.stdin.buffer.read())";
    assert_eq!(read(code, b"\xff\0\r\n"), "b'\\xff\\x00\\r\\n'\n");
    let code = "import os; print(os.read(0, 3), os.read(0, 10), os.read(0, 1))";
    assert_eq!(read(code, b"abcdef"), "b'abc' b'def' b''\n");
}

#[test]
fn input_that_has_ended() {
    let error = execute(&TINY, "input()").expect_err("there is nothing");
    assert_eq!(raised(&error), ("EOFError", "EOF when reading a line"));
    let program = Program::new("print(input()); input()").stdin("one");
    let error = run(&TINY, program).expect_err("there is no more");
    assert_eq!(raised(&error).0, "EOFError");
    assert_eq!(*error.stdout(), "one\n");
}

#[test]
fn large_input() {
    let input = vec![b'x'; 5 << 20];
    let program = Program::new("import sys; print(len(sys.stdin.read()))").stdin(input);
    assert_eq!(stdout(&TINY, program), "5242880\n");
}

/// A program sees each line as soon as it is written, and answers before the next one.
#[test]
fn input_from_a_reader() {
    let (mut to, from_host) = tokio::io::duplex(64);
    let (to_host, mut from) = tokio::io::duplex(64);
    let program = Program::new(
        "import sys\nfor line in sys.stdin: print(line.upper(), end='', flush=True)\nprint('end')",
    );
    let program = program.stdin_from(from_host).stdout_to(to_host);
    let talk = async {
        for word in ["one\n", "two\n"] {
            to.write_all(word.as_bytes()).await.expect("it reads");
            let mut answer = [0; 4];
            from.read_exact(&mut answer).await.expect("it answers");
            assert_eq!(answer, *word.to_uppercase().as_bytes());
        }
        drop(to);
        let mut rest = String::new();
        from.read_to_string(&mut rest).await.expect("it is text");
        rest
    };
    let (result, rest) = block_on(async { tokio::join!(TINY.run(program), talk) });
    assert_eq!(result.expect("the program succeeds").stdout, "");
    assert_eq!(rest, "end\n");
}

/// A reader and writer that fails.
struct Broken;

impl tokio::io::AsyncRead for Broken {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::Error::other("it is broken")))
    }
}

impl AsyncWrite for Broken {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::Error::other("it is broken")))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn input_that_breaks() {
    let program = Program::new("print('so far', flush=True); input()").stdin_from(Broken);
    let error = run(&TINY, program).expect_err("there is no input");
    assert_eq!(*error.stdout(), "so far\n");
    assert!(error.to_string().contains("it is broken"), "{error}");
    // A program that does not read is not affected.
    assert_eq!(
        stdout(&TINY, Program::new("print(1)").stdin_from(Broken)),
        "1\n"
    );
}

#[test]
fn output_that_breaks() {
    let code = "import sys
try: print('x', flush=True)
except BrokenPipeError: print('broken', file=sys.stderr)
";
    let result = run(&TINY, Program::new(code).stdout_to(Broken)).expect("it catches that");
    assert_eq!(result.stderr, "broken\n");
    let error = run(
        &TINY,
        Program::new("print('x', flush=True)").stdout_to(Broken),
    );
    assert_eq!(
        raised(&error.expect_err("the writer fails")).0,
        "BrokenPipeError"
    );

    // A reader that is dropped.
    let (writer, reader) = tokio::io::duplex(64);
    drop(reader);
    let error = run(
        &TINY,
        Program::new("while True: print('x')").stdout_to(writer),
    );
    assert_eq!(
        raised(&error.expect_err("the writer fails")).0,
        "BrokenPipeError"
    );
}

/// A writer that counts its bytes, and accepts them when it is told to.
struct Slow {
    taken: Arc<AtomicUsize>,
    room: usize,
}

impl AsyncWrite for Slow {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = bytes.len().min(self.room);
        if count == 0 {
            return Poll::Pending;
        }
        self.room -= count;
        self.taken.fetch_add(count, Ordering::SeqCst);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A program waits while the writer accepts no output.
#[test]
fn output_waits_for_its_reader() {
    let taken = Arc::new(AtomicUsize::new(0));
    let slow = Slow {
        taken: taken.clone(),
        room: 100_000,
    };
    let told = Arc::new(AtomicUsize::new(0));
    let counter = told.clone();
    let tick = eryx::Function::new("tick", move |(): ()| {
        counter.fetch_add(1, Ordering::SeqCst);
        async { Ok::<_, eryx::CallError>(()) }
    });
    let sandbox = TINY
        .clone()
        .with_function(tick)
        .expect("the setting is valid");
    let program = Program::new("while True:\n    print('x' * 999, flush=True)\n    tick()");
    block_on(async {
        let run = sandbox.run(program.stdout_to(slow));
        let waited = tokio::time::timeout(Duration::from_secs(2), run).await;
        assert!(waited.is_err(), "{waited:?}");
    });
    assert_eq!(taken.load(Ordering::SeqCst), 100_000);
    assert_eq!(told.load(Ordering::SeqCst), 100);
}

#[test]
fn both_streams_to_writers() {
    let (out, mut out_reader) = tokio::io::duplex(16);
    let (err, mut err_reader) = tokio::io::duplex(16);
    let code =
        "import sys\nfor i in range(100):\n    print(i, flush=True); print(-i, file=sys.stderr)";
    let program = Program::new(code).stdout_to(out).stderr_to(err);
    let (mut stdout, mut stderr) = (String::new(), String::new());
    let (result, one, other) = block_on(async {
        tokio::join!(
            TINY.run(program),
            out_reader.read_to_string(&mut stdout),
            err_reader.read_to_string(&mut stderr)
        )
    });
    let result = result.expect("the program succeeds");
    assert_eq!((&*result.stdout, &*result.stderr), ("", ""));
    assert!(one.is_ok() && other.is_ok());
    let lines = |sign: i32| {
        let lines = (0..100).map(|i| (sign * i).to_string() + "\n");
        lines.collect::<String>()
    };
    assert_eq!((stdout, stderr), (lines(1), lines(-1)));
}

#[test]
fn output_to_descriptors() {
    let code = "import os, sys
os.write(1, b'one\\n')
os.write(2, b'two\\n')
with open(1, 'w', closefd=False) as file: print('four', file=file)
sys.__stdout__.write('five\\n')
";
    let result = execute(&TINY, code).expect("the program succeeds");
    assert_eq!(result.stdout, "one\nfour\nfive\n");
    assert_eq!(result.stderr, "two\n");
    assert_eq!(result.stats.output_bytes, 18);
}

#[test]
fn output_at_exit() {
    let code = "import atexit, sys
atexit.register(print, 'at exit')
class Late:
    def __del__(self): print('never mind')
print('no line end', end='')
sys.stdout.write('|')
";
    assert_eq!(stdout(&TINY, code), "no line end|at exit\n");
    let error = execute(
        &TINY,
        "import atexit, sys\natexit.register(print, 'at exit')\nsys.exit(3)",
    );
    assert_eq!(*error.expect_err("it exits").stdout(), "at exit\n");
    let error = execute(
        &TINY,
        "import atexit\natexit.register(print, 'at exit')\n1 / 0",
    );
    assert_eq!(
        *error.expect_err("the program raises an exception").stdout(),
        "at exit\n"
    );
    let code = "import os; os.write(1, b'one'); print('lost', end=''); os._exit(3)";
    assert_eq!(*execute(&TINY, code).expect_err("it exits").stdout(), "one");
}

/// As in Python, `os._exit` discards only the output that stdout has not flushed.
#[test]
fn output_that_is_not_utf8() {
    let code = "import os; os.write(1, b'\\xff\\x00a\\n'); os.write(2, b'plain')";
    let result = execute(&TINY, code).expect("the program succeeds");
    assert_eq!(result.stdout, "\u{fffd}\0a\n");
    assert_eq!(result.stdout.raw(), b"\xff\0a\n");
    assert_eq!(
        (result.stderr.as_str(), result.stderr.raw()),
        ("plain", &b"plain"[..])
    );
    let error = execute(&TINY, "import os; os.write(1, b'\\xc3'); 1 / 0")
        .expect_err("the program raises an exception");
    assert_eq!(error.stdout().raw(), b"\xc3");
}

/// The function gets the output of both streams in order.
#[test]
fn output_to_a_function() {
    let heard = Arc::new(std::sync::Mutex::new(String::new()));
    let text = heard.clone();
    let code = "import sys
for i in range(3):
    print(i, flush=True)
    print(i, file=sys.stderr)";
    let program = Program::new(code).on_output(move |stream, bytes| {
        let mut text = text.lock().expect("the lock is not poisoned");
        text.push(if stream == Stream::Stdout { 'o' } else { 'e' });
        text.push_str(&String::from_utf8_lossy(bytes));
    });
    assert_eq!(stdout(&TINY, program), "");
    assert_eq!(
        *heard.lock().expect("the lock is not poisoned"),
        "o0\ne0\no1\ne1\no2\ne2\n"
    );
}

#[test]
fn replaced_streams_end_with_the_program() {
    let code =
        "import io, sys\nsys.stdout = io.StringIO()\nprint('gone')\nsys.__stdout__.write('kept')";
    assert_eq!(stdout(&TINY, code), "kept");
    let code = "import sys\nprint('kept'); sys.stdout.close()";
    assert_eq!(stdout(&TINY, code), "kept\n");
    assert_eq!(
        stdout(
            &TINY,
            "import sys\nprint('kept'); sys.stdout = None; print(1)"
        ),
        "kept\n"
    );
}

/// Each program of a session has its own streams.
#[test]
fn input_of_a_session() {
    block_on(async {
        let mut session = TINY.session().await.expect("the session starts");
        for word in ["one", "two"] {
            let program = Program::new("print(input())").stdin(format!("{word}\n"));
            let result = session.run(program).await.expect("the program succeeds");
            assert_eq!(result.stdout, format!("{word}\n"));
        }
        let error = session.execute("print(input())").await;
        let error = error.expect_err("there is no input");
        assert_eq!(raised(&error).0, "EOFError");
    });
}

/// The next program does not get unread stdin of the previous one.
#[test]
fn input_that_a_session_has_left() {
    block_on(async {
        let mut session = TINY.session().await.expect("the session starts");
        for word in ["one", "two"] {
            let program = Program::new("print(input())").stdin(format!("{word}\nrest\n"));
            let result = session.run(program).await.expect("the program succeeds");
            assert_eq!(result.stdout, format!("{word}\n"));
        }
        let error = session.execute("print(input())").await;
        assert_eq!(raised(&error.expect_err("there is no input")).0, "EOFError");
    });
}
