//! What an error tells the host about an exception.

use eryx::{ErrorKind, Exception, Program};
use eryx_tests::{TINY, block_on, fails, raised, run};

/// Runs a program and returns the exception that ends it.
#[track_caller]
fn exception(program: impl Into<Program>) -> Exception {
    let error = fails(&TINY, program);
    error
        .exception()
        .expect("the program raises an exception")
        .clone()
}

/// Returns the frames of an exception: the function, the line number, and the source line.
fn frames(exception: &Exception) -> Vec<(&str, u32, &str)> {
    let frames = exception.frames.iter();
    frames
        .map(|it| (&*it.function, it.line, &*it.source))
        .collect()
}

#[test]
fn class_and_message() {
    for (code, type_name, message) in [
        ("raise ValueError", "ValueError", ""),
        ("raise ValueError('ü\\n😀')", "ValueError", "ü\n😀"),
        ("raise KeyError('x')", "KeyError", "'x'"),
        (
            "class Mine(Exception): pass\nraise Mine(1, 2)",
            "Mine",
            "(1, 2)",
        ),
        (
            "import json; json.loads('{')",
            "json.decoder.JSONDecodeError",
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("raise GeneratorExit('x')", "GeneratorExit", "x"),
        (
            "class A(Exception):\n    def __str__(self): 1 / 0\nraise A",
            "A",
            "<exception str() failed>",
        ),
        ("raise ValueError('a\\0b')", "ValueError", "a\0b"),
        ("raise ValueError('\\ud800')", "ValueError", "\\ud800"),
        (
            "def f():\n    class L(Exception): pass\n    raise L\nf()",
            "f.<locals>.L",
            "",
        ),
    ] {
        let exception = exception(code);
        assert_eq!(
            (&*exception.type_name, &*exception.message),
            (type_name, message),
            "{code}"
        );
        let last = exception.traceback.ends_with('\n');
        assert!(last, "{:?}", exception.traceback);
    }
}

#[test]
fn notes() {
    let exception = exception(
        "error = ValueError('x')\nerror.add_note('one')\nerror.add_note('two\\nü')\nraise error",
    );
    assert_eq!(exception.notes, ["one", "two\nü"]);
    assert!(
        exception
            .traceback
            .ends_with("ValueError: x\none\ntwo\nü\n")
    );
}

const CALLS: &str = "
def outer(x):
    return inner(x)

def inner(x):
    y = x + 1
    return y / 0

outer(3)
";

#[test]
fn frames_have_lines_of_the_program() {
    let exception = exception(CALLS);
    let expected = [
        ("<module>", 9, "outer(3)"),
        ("outer", 3, "return inner(x)"),
        ("inner", 7, "return y / 0"),
    ];
    assert_eq!(frames(&exception), expected);
    assert!(
        exception
            .frames
            .iter()
            .all(|frame| frame.file == "<string>")
    );
    let lines = "  File \"<string>\", line 7, in inner\n    return y / 0\n";
    assert!(
        exception.traceback.contains(lines),
        "{}",
        exception.traceback
    );
}

/// The options of a program do not shift its line numbers.
#[test]
fn lines_are_those_of_the_program() {
    let plain = exception(CALLS);
    assert_eq!(exception(Program::new(CALLS).return_value()), plain);
    assert_eq!(exception(Program::new(CALLS).return_variable("x")), plain);
    let named = exception(Program::new(CALLS).name("/a/program.py"));
    assert_eq!(frames(&named), frames(&plain));
    assert!(
        named
            .frames
            .iter()
            .all(|frame| frame.file == "/a/program.py")
    );

    for code in [
        "\n\n\n1 / 0",
        "x = 1\n\n\n1 / 0",
        "'''\n\n\n'''; 1 / 0",
        "x = (\n1,\n2,\n3 / 0)",
    ] {
        let exception = exception(Program::new(code).return_value());
        assert_eq!(exception.frames[0].line, 4, "{code:?}");
        assert_eq!(exception.frames.len(), 1);
    }
}

#[test]
fn lines_in_async_code() {
    let code = "import asyncio
async def f():
    await asyncio.sleep(0)
    1 / 0

async def g():
    await asyncio.gather(f())

await g()";
    for program in [Program::new(code), Program::new(code).return_value()] {
        let exception = exception(program);
        let frames = frames(&exception);
        assert_eq!(
            frames.first(),
            Some(&("<module>", 9, "await g()")),
            "{frames:?}"
        );
        assert_eq!(frames.last(), Some(&("f", 4, "1 / 0")), "{frames:?}");
        assert!(
            !exception.traceback.contains("<eryx"),
            "{}",
            exception.traceback
        );
    }
    let code = "import asyncio\nasync def f():\n    1 / 0\nasyncio.run(f())";
    let exception = exception(code);
    assert_eq!(frames(&exception).last(), Some(&("f", 3, "1 / 0")));
}

#[test]
fn groups() {
    let code = "def f():
    raise TypeError('two')
errors = [ValueError('one')]
try: f()
except TypeError as error: errors.append(error)
error = ExceptionGroup('both', errors)
error.add_note('noted')
raise error";
    let exception = exception(code);
    assert_eq!(
        (&*exception.type_name, &*exception.message),
        ("ExceptionGroup", "both (2 sub-exceptions)")
    );
    assert_eq!(exception.notes, ["noted"]);
    let inner: Vec<_> = exception
        .exceptions
        .iter()
        .map(|it| (&*it.type_name, &*it.message))
        .collect();
    assert_eq!(inner, [("ValueError", "one"), ("TypeError", "two")]);
    assert_eq!(
        frames(&exception.exceptions[1]).last(),
        Some(&("f", 2, "raise TypeError('two')"))
    );
    assert!(exception.traceback.contains("TypeError: two"));
}

#[test]
fn large_groups_and_deep_ones() {
    let wide = exception("raise ExceptionGroup('wide', [ValueError(i) for i in range(1000)])");
    assert_eq!(wide.exceptions.len(), 100);
    assert_eq!(wide.exceptions[99].message, "99");
    let code = "error = ValueError('x')\nfor _ in range(50): error = ExceptionGroup('g', [error])\nraise error";
    let mut deep = &exception(code);
    let mut depth = 0;
    while let Some(inner) = deep.exceptions.first() {
        (deep, depth) = (inner, depth + 1);
    }
    assert_eq!(depth, 5);
}

#[test]
fn many_frames() {
    let exception = exception("def f(): f()\nf()");
    assert_eq!(exception.type_name, "RecursionError");
    assert_eq!(exception.frames.len(), 100);
    assert_eq!(frames(&exception)[0], ("<module>", 2, "f()"));
}

#[test]
fn causes_are_in_the_traceback() {
    let code =
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('x') from error";
    let exception = exception(code);
    assert_eq!(
        frames(&exception),
        [("<module>", 4, "raise ValueError('x') from error")]
    );
    let text = "The above exception was the direct cause of the following exception:";
    assert!(
        exception.traceback.contains(text),
        "{}",
        exception.traceback
    );
    assert!(
        exception
            .traceback
            .starts_with("Traceback (most recent call last):\n")
    );
}

#[test]
fn syntax_errors() {
    for program in [
        Program::new("x = 1\ny = (\n"),
        Program::new("x = 1\ny = (\n").return_value(),
    ] {
        let exception = exception(program);
        assert_eq!(exception.type_name, "SyntaxError");
        assert_eq!(exception.frames, []);
        assert!(
            exception.message.contains("line 2"),
            "{}",
            exception.message
        );
        let lines = "  File \"<string>\", line 2\n    y = (\n";
        assert!(
            exception.traceback.contains(lines),
            "{}",
            exception.traceback
        );
    }
    for code in [
        "a\0b",
        "  x",
        "return 1",
        "'\\ud800",
        "x = 1 +",
        "\u{feff}\u{feff}x",
        "1",
    ] {
        let program = Program::new(code).return_value();
        if code == "1" {
            continue;
        }
        let exception = exception(program);
        let names = ["SyntaxError", "IndentationError"];
        assert!(
            names.contains(&&*exception.type_name),
            "{code:?}: {exception:?}"
        );
    }
    // Nested too deeply for the compiler.
    let error = fails(&TINY, "(".repeat(10_000) + &")".repeat(10_000));
    let (type_name, _) = raised(&error);
    assert!(
        ["SyntaxError", "MemoryError", "RecursionError"].contains(&type_name),
        "{error}"
    );
}

#[test]
fn exits() {
    for (code, status) in [
        ("import sys; sys.exit(3)", 3),
        ("raise SystemExit(-1)", -1),
        ("import sys; sys.exit(True)", 1),
        ("import sys; sys.exit('words')", 1),
        ("import os; os._exit(5)", 5),
        (
            "import asyncio\nasync def f(): raise SystemExit(6)\nawait f()",
            6,
        ),
        ("import sys; sys.exit(2 ** 40)", -1),
    ] {
        let error = fails(&TINY, code);
        assert_eq!(error.kind, ErrorKind::Exit(status), "{code}");
    }
    let error = fails(&TINY, "import sys; print('out'); sys.exit('words')");
    assert_eq!((&**error.stdout(), &**error.stderr()), ("out\n", "words\n"));
    for code in [
        "import sys; sys.exit()",
        "raise SystemExit(0)",
        "import os; os._exit(0)",
    ] {
        let result = run(&TINY, format!("print('out', flush=True)\n{code}"));
        assert_eq!(
            result.expect("the exit status is 0").stdout,
            "out\n",
            "{code}"
        );
    }
}

/// A program that breaks the modules that report exceptions cannot hide one.
#[test]
fn of_a_program_that_breaks_traceback() {
    for code in [
        "import traceback\ntraceback.TracebackException = None\n1 / 0",
        "import linecache\nlinecache.getlines = linecache.cache = None\n1 / 0",
        "import builtins\nremove = delattr\nfor name in list(vars(builtins)):\n    if name != 'ZeroDivisionError': remove(builtins, name)\n1 / 0",
        "import json, sys\nsys.modules.clear()\njson.dumps = None\n1 / 0",
        "import sys\nsys.excepthook = sys.stdout = sys.stderr = None\n1 / 0",
    ] {
        let exception = exception(code);
        assert_eq!(exception.type_name, "ZeroDivisionError", "{code}");
    }
}

/// A program that breaks `json` cannot hide the message.
#[test]
fn of_a_program_that_breaks_json() {
    let exception = exception("import json\njson.dumps = None\nraise ValueError('kept')");
    assert_eq!(
        (&*exception.type_name, &*exception.message),
        ("ValueError", "kept")
    );
}

#[test]
fn of_a_session() {
    block_on(async {
        let mut session = TINY.session().await.expect("the session starts");
        session
            .execute("def f():\n    return 1 / 0")
            .await
            .expect("the program succeeds");
        let error = session
            .execute("\n\nf()")
            .await
            .expect_err("the program raises an exception");
        let exception = error.exception().expect("the program raises an exception");
        let expected = [("<module>", 3, "f()"), ("f", 2, "return 1 / 0")];
        assert_eq!(frames(exception), expected);
        assert!(!session.is_lost());
        let error = session
            .execute("raise SystemExit(3)")
            .await
            .expect_err("it exits");
        assert_eq!(error.kind, ErrorKind::Exit(3));
        assert!(!session.is_lost());
    });
}
