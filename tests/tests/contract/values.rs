//! The values that programs return.

use eryx::{Limit, Program, Sandbox, Value};
use eryx_tests::{NUMPY, TINY, block_on, fails, passed, raised, run};

/// Runs a program and returns the value of its last expression.
#[track_caller]
fn value(sandbox: &Sandbox, code: &str) -> Value {
    let result = run(sandbox, Program::new(code).return_value()).expect("the program succeeds");
    result.value.expect("there is a value")
}

/// Returns the value as JSON.
#[track_caller]
fn json(code: &str) -> String {
    value(&TINY, code).json.expect("it has a form in JSON")
}

/// Returns the reason why the value has no JSON, and its `repr()`.
#[track_caller]
fn no_json(code: &str) -> (String, String) {
    let value = value(&TINY, code);
    (value.json.expect_err("it has no form in JSON"), value.repr)
}

#[test]
fn none_is_a_value() {
    let none = value(&TINY, "None");
    assert_eq!((none.json.as_deref(), &*none.repr), (Ok("null"), "None"));
    assert_eq!(json("print(1)"), "null");
    for code in [
        "",
        "x = 1",
        "# None",
        "1\nx = 2",
        "def f(): pass",
        "if True:\n    1",
    ] {
        let result = run(&TINY, Program::new(code).return_value()).expect("the program succeeds");
        assert_eq!(result.value, None, "{code:?}");
    }
    // Without `return_value`, there is no value.
    assert_eq!(
        run(&TINY, "1 + 1").expect("the program succeeds").value,
        None
    );
}

#[test]
fn variables() {
    let want = |code: &str, name: &str| {
        let result = run(&TINY, Program::new(code).return_variable(name));
        result
            .expect("the program succeeds")
            .value
            .map(|value| value.repr)
    };
    assert_eq!(want("x = 3\nx + 1", "x").as_deref(), Some("3"));
    assert_eq!(want("x = None", "x").as_deref(), Some("None"));
    assert_eq!(want("y = 3", "x"), None);
    assert_eq!(want("x = 3\ndel x", "x"), None);
    assert_eq!(want("größe = 0", "größe").as_deref(), Some("0"));
    assert_eq!(want("x = 3", "="), None);
    assert_eq!(want("x = 3", ""), None);
    assert_eq!(want("print(1)", "print"), None);
}

#[test]
fn falsy_values() {
    for (code, expected) in [
        ("0", "0"),
        ("0.0", "0.0"),
        ("-0.0", "-0.0"),
        ("False", "false"),
        ("''", "\"\""),
        ("[]", "[]"),
        ("{}", "{}"),
        ("()", "[]"),
    ] {
        assert_eq!(json(code), expected, "{code}");
    }
}

#[test]
fn numbers() {
    assert_eq!(json("10 ** 30"), format!("1{}", "0".repeat(30)));
    assert_eq!(value(&TINY, "2 ** 63").to(), Ok(1_u64 << 63));
    assert_eq!(value(&TINY, "-2 ** 63").to(), Ok(i64::MIN));
    assert_eq!(value(&TINY, "0.1 + 0.2").to(), Ok(0.1 + 0.2));
    assert_eq!(value(&TINY, "5e-324").to(), Ok(5e-324));
    assert_eq!(value(&TINY, "1.7976931348623157e308").to(), Ok(f64::MAX));
    assert_eq!(json("True"), "true");
    // Longer than Python's limit on decimal digits.
    let (reason, _) = no_json("10 ** 5000");
    assert!(reason.contains("4300"), "{reason}");
    let (reason, _) = no_json("1j");
    assert!(reason.contains("complex"), "{reason}");
}

#[test]
fn nan_and_infinity_are_null() {
    assert_eq!(json("float('nan')"), "null");
    assert_eq!(
        json("[1.5, float('inf'), -float('inf'), {'x': float('nan')}]"),
        "[1.5, null, null, {\"x\": null}]"
    );
    assert_eq!(value(&TINY, "float('nan')").repr, "nan");
}

#[test]
fn nested() {
    let code = "{'a': [1, (2, 3)], 'b': {'c': None}, 'ü': '😀\"\\n'}";
    let text = "{\"a\": [1, [2, 3]], \"b\": {\"c\": null}, \"ü\": \"😀\\\"\\n\"}";
    assert_eq!(json(code), text);
    assert_eq!(
        value(&TINY, "[(1, 'x'), (2, 'y')]").to(),
        Ok(vec![(1, "x".to_owned()), (2, "y".to_owned())])
    );
}

#[test]
fn keys() {
    let code = "{1: 'a', 2.5: 'b', True: 'c', None: 'd'}";
    assert_eq!(
        json(code),
        "{\"1\": \"c\", \"2.5\": \"b\", \"null\": \"d\"}"
    );
    let (reason, _) = no_json("{(1, 2): 3}");
    assert!(reason.contains("key"), "{reason}");
    let (reason, _) = no_json("{b'x': 3}");
    assert!(reason.contains("bytes"), "{reason}");
}

#[test]
fn surrogates() {
    let value = value(&TINY, "'a\\ud800b'");
    assert_eq!(value.json.as_deref(), Ok("\"a\u{fffd}b\""));
    assert_eq!(value.repr, "'a\\ud800b'");
    assert_eq!(json("'\\ud83d\\ude00'"), "\"\u{fffd}\u{fffd}\"");
}

#[test]
fn values_without_json() {
    let (reason, repr) = no_json("{1}");
    assert_eq!((&*reason, &*repr), ("set has no form in JSON", "{1}"));
    let (reason, repr) = no_json("[b'x']");
    assert_eq!((&*reason, &*repr), ("bytes has no form in JSON", "[b'x']"));
    let (reason, _) = no_json("class A:\n    class B: pass\n[A.B()]");
    assert_eq!(reason, "A.B has no form in JSON");
    let error = value(&TINY, "{1}")
        .to::<Vec<u8>>()
        .expect_err("it is a set");
    assert_eq!(
        error.to_string(),
        "the value {1} is not what was expected: set has no form in JSON"
    );
    let error = value(&TINY, "'x'").to::<u8>().expect_err("it is a text");
    assert!(
        error
            .to_string()
            .starts_with("the value 'x' is not what was expected: "),
        "{error}"
    );
}

#[test]
fn repr_that_raises() {
    let code = "class A(int):\n    def __repr__(self): 1 / 0\nA(3)";
    let value = value(&TINY, code);
    assert_eq!(value.repr, "<repr() failed: ZeroDivisionError>");
    let (_, repr) = no_json("class A:\n    def __repr__(self): raise SystemExit(3)\nA()");
    assert_eq!(repr, "<repr() failed: SystemExit>");
    let (_, repr) = no_json("class A:\n    def __repr__(self): return 3\nA()");
    assert_eq!(repr, "<repr() failed: TypeError>");
}

#[test]
fn repr_is_cut() {
    let repr = value(&TINY, "'x' * 1_000_000").repr;
    assert_eq!(repr, format!("'{}", "x".repeat((1 << 16) - 1)));
}

#[test]
fn cycles_and_depth() {
    let (reason, repr) = no_json("x = []\nx.append(x)\nx");
    assert_eq!(repr, "[[...]]");
    assert!(!reason.is_empty());
    let (reason, _) = no_json("x = []\nfor _ in range(100_000): x = [x]\nx");
    assert!(!reason.is_empty());
    let (reason, _) = no_json("x = {}\nfor _ in range(100_000): x = {'a': x}\nx");
    assert!(!reason.is_empty());
    let nested = json("x = 1\nfor _ in range(100): x = [x]\nx");
    assert_eq!(nested, format!("{}1{}", "[".repeat(100), "]".repeat(100)));
    // The host's JSON parser has its own limit on depth.
    let deep = value(&TINY, "x = 1\nfor _ in range(500): x = [x]\nx");
    if deep.json.is_ok() {
        assert!(deep.to::<serde_json::Value>().is_err());
    }
}

#[test]
fn huge_values() {
    let error = fails(&TINY, Program::new("'x' * 50_000_000").return_value());
    passed(&error, Limit::ResultBytes);
    let error = fails(
        &TINY,
        Program::new("x = ['x' * 1000] * 50_000").return_variable("x"),
    );
    passed(&error, Limit::ResultBytes);
}

#[test]
fn of_numpy() {
    for (code, expected) in [
        ("np.float64(1.5)", "1.5"),
        ("np.float32(0.5)", "0.5"),
        ("np.int64(2**62)", "4611686018427387904"),
        ("np.uint8(255)", "255"),
        ("np.bool_(True)", "true"),
        ("np.str_('x')", "\"x\""),
        ("np.arange(3)", "[0, 1, 2]"),
        ("np.arange(4.0).reshape(2, 2)", "[[0.0, 1.0], [2.0, 3.0]]"),
        ("np.array([True, False])", "[true, false]"),
        ("np.array([1.0, np.nan, np.inf])", "[1.0, null, null]"),
        ("np.array(3)", "3"),
        ("np.array([])", "[]"),
        ("np.array(['a', 'ü'])", "[\"a\", \"ü\"]"),
        (
            "{'mean': np.mean([1, 2]), 'n': np.int32(2), 'all': (np.arange(2),)}",
            "{\"mean\": 1.5, \"n\": 2, \"all\": [[0, 1]]}",
        ),
        ("{np.int64(1): np.float64('nan')}", "{\"1\": null}"),
        ("np.array([1, None, 'x'], dtype=object)", "[1, null, \"x\"]"),
    ] {
        let value = value(&NUMPY, &format!("import numpy as np\n{code}"));
        assert_eq!(value.json.as_deref(), Ok(expected), "{code}");
    }
    for code in [
        "np.array([1j])",
        "np.array([b'x'])",
        "np.complex128(1)",
        "np.dtype('f8')",
    ] {
        let value = value(&NUMPY, &format!("import numpy as np\n{code}"));
        assert!(value.json.is_err(), "{code}: {value:?}");
    }
    let value = value(&NUMPY, "import numpy as np\nnp.arange(3)");
    assert_eq!(value.repr, "array([0, 1, 2])");
}

/// Limits end a program whose value is endless.
#[test]
fn values_that_do_something() {
    let code = "class A(list):\n    def __iter__(self):\n        while True: yield 1\nA([1])";
    let program = Program::new(code).return_value();
    let limits = eryx::Limits::default().wall_time(std::time::Duration::from_millis(300));
    match run(&TINY, program.limits(limits)) {
        Ok(result) => assert_eq!(
            result.value.expect("there is a value").json.as_deref(),
            Ok("[1]")
        ),
        Err(error) => assert!(matches!(error.kind, eryx::ErrorKind::Limit(_)), "{error}"),
    }
    let code = "class A(dict):\n    def items(self): raise ValueError('mine')\nA(a=float('nan'))";
    let (reason, _) = no_json(code);
    assert_eq!(reason, "mine");
}

/// A program cannot replace the functions that the driver calls.
#[test]
fn nothing_is_forged() {
    let code = "
import builtins, json, sys
def describe(*_): return 'value', '666', None, '666'
to_json = _plain = printable = execute = exit_status = describe
values = exceptions = describe
json.JSONEncoder.encode = json.dumps = lambda *_, **__: '666'
sys.modules['json'] = None
main = sys.modules['__main__']
outcome = describe()
builtins.repr = builtins.map = builtins.Exception = lambda *_: '666'
3
";
    let result = run(&TINY, Program::new(code).return_value()).expect("the program succeeds");
    let value = result.value.expect("there is a value");
    assert_eq!((value.json.as_deref(), &*value.repr), (Ok("3"), "3"));

    let code = "import sys\nclass M: x = 666\nsys.modules['__main__'] = M\nx = 3";
    let result = run(&TINY, Program::new(code).return_variable("x")).expect("the program succeeds");
    assert_eq!(result.value.expect("there is a value").repr, "3");
    // A program cannot forge a result by printing it.
    let code = "print('value', '\"forged\"', '', 'forged', sep='\\0')\nx = 1";
    let result = run(&TINY, Program::new(code).return_value()).expect("the program succeeds");
    assert_eq!(result.value, None);
}

/// A program that breaks Python itself may return a wrong value, or one without JSON. It could return
/// any value in the first place, so the host is not affected.
#[test]
fn of_a_program_that_breaks_python() {
    let code = "import builtins
for name in ['isinstance', 'str', 'int', 'float', 'list', 'dict', 'tuple', 'type', 'id', 'iter', 'len']:
    setattr(builtins, name, lambda *_: '666')
3";
    let result = run(&TINY, Program::new(code).return_value()).expect("the program succeeds");
    assert_eq!(result.value.expect("there is a value").repr, "3");
}

/// The JSON is valid whatever the program's classes return.
#[test]
fn json_is_json() {
    for code in [
        "class A(float):\n    def __repr__(self): return '}{'\nA(1.5)",
        "class A(int):\n    def __repr__(self): return '}{'\n    __str__ = __repr__\nA(3)",
        "class A(str):\n    def __str__(self): return '}{'\nA('x')",
        "class A(dict):\n    def __repr__(self): return '}{'\nA(a=1)",
        "from enum import IntEnum\nclass A(IntEnum):\n    a = 1\nA.a",
        "[float('nan'), type('A', (float,), {'__repr__': lambda self: '}{'})(2)]",
    ] {
        let json = value(&TINY, code).json.expect("it has a form in JSON");
        let valid = serde_json::from_str::<serde_json::Value>(&json);
        assert!(valid.is_ok(), "{code}: {json}");
    }
}

#[test]
fn with_await() {
    assert_eq!(
        json("import asyncio\nawait asyncio.sleep(0, 'slept')"),
        "\"slept\""
    );
    assert_eq!(
        json("import asyncio\nx = await asyncio.sleep(0, 3)\nx + 1"),
        "4"
    );
    assert_eq!(
        json("async def f(): return 5\n[await f() for _ in range(2)]"),
        "[5, 5]"
    );
    let program =
        Program::new("import asyncio\nx = await asyncio.sleep(0, 3)").return_variable("x");
    let result = run(&TINY, program).expect("the program succeeds");
    assert_eq!(
        result.value.expect("there is a value").json.as_deref(),
        Ok("3")
    );
}

#[test]
fn with_output() {
    let program = Program::new("print('out')\n1 + 1").return_value();
    let result = run(&TINY, program).expect("the program succeeds");
    assert_eq!(result.stdout, "out\n");
    assert_eq!(
        result.value.expect("there is a value").json.as_deref(),
        Ok("2")
    );
    let error = fails(&TINY, Program::new("print('out')\n1 / 0").return_value());
    assert_eq!(raised(&error), ("ZeroDivisionError", "division by zero"));
    assert_eq!(*error.stdout(), "out\n");
}

#[test]
fn of_a_program_that_exits() {
    let result = run(
        &TINY,
        Program::new("x = 3\nraise SystemExit").return_variable("x"),
    );
    assert_eq!(result.expect("the exit status is 0").value, None);
}

#[test]
fn of_a_session() {
    block_on(async {
        let mut session = TINY.session().await.expect("the session starts");
        session
            .execute("x = [1]")
            .await
            .expect("the program succeeds");
        for expected in ["[1, 0]", "[1, 0, 0]"] {
            let program = Program::new("x.append(0)\nx").return_value();
            let result = session.run(program).await.expect("the program succeeds");
            assert_eq!(
                result.value.expect("there is a value").json.as_deref(),
                Ok(expected)
            );
        }
        let result = session.run(Program::new("pass").return_variable("x")).await;
        assert_eq!(
            result
                .expect("the program succeeds")
                .value
                .expect("there is a value")
                .repr,
            "[1, 0, 0]"
        );
        // A value that is too large does not end the session.
        let limits = eryx::Limits::default().result_bytes(1000);
        let large = Program::new("'x' * 5000").return_value().limits(limits);
        let error = session.run(large).await.expect_err("it is too large");
        passed(&error, Limit::ResultBytes);
        assert!(!session.is_lost());
        assert_eq!(
            session
                .execute("print(x)")
                .await
                .expect("the program succeeds")
                .stdout,
            "[1, 0, 0]\n"
        );
    });
}
