//! Host functions: arguments, results and errors.

use std::collections::BTreeMap;

use eryx::{CallError, ConfigError, ErrorKind, Function, Sandbox};
use eryx_tests::host_functions::{One, echo};
use eryx_tests::{NUMPY, TINY, fails, raised, stdout};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Deserialize)]
struct Lookup {
    id: u32,
    name: String,
    #[serde(default)]
    fields: Vec<String>,
    limit: Option<i64>,
}

/// `lookup(id, name, fields=[], limit=None)`, which returns its arguments.
fn lookup() -> Function {
    let function = |it: Lookup| async move {
        let Lookup {
            id,
            name,
            fields,
            limit,
        } = it;
        Ok::<_, CallError>(format!("{id} {name} {fields:?} {limit:?}"))
    };
    Function::new("lookup", function)
        .doc("Looks a person up.\n\nGives what is known.")
        .optional("fields", [""; 0])
        .optional("limit", ())
}

fn sandbox() -> Sandbox {
    TINY.clone()
        .with_function(lookup())
        .expect("the setting is valid")
        .with_function(echo())
        .expect("the setting is valid")
}

/// Prints the value of an expression, from a blocking and from an awaited call.
fn both(sandbox: &Sandbox, call: &str) -> String {
    let plain = stdout(sandbox, format!("print({call})"));
    assert_eq!(stdout(sandbox, format!("print(await {call})")), plain);
    plain
}

#[test]
fn positional_and_keyword_arguments() {
    let sandbox = sandbox();
    for (call, expected) in [
        ("lookup(3, 'x')", "3 x [] None\n"),
        ("lookup(name='x', id=3)", "3 x [] None\n"),
        ("lookup(3, name='ü')", "3 ü [] None\n"),
        ("lookup(3, 'x', ['a', 'b'])", "3 x [\"a\", \"b\"] None\n"),
        ("lookup(3, 'x', limit=-4)", "3 x [] Some(-4)\n"),
        ("lookup(3, 'x', ('a',), 4)", "3 x [\"a\"] Some(4)\n"),
        ("lookup(*[3], **{'name': 'x'})", "3 x [] None\n"),
        ("lookup(3, 'x', limit=None)", "3 x [] None\n"),
    ] {
        assert_eq!(both(&sandbox, call), expected, "{call}");
    }
}

#[test]
fn wrong_arguments_are_type_errors() {
    let sandbox = sandbox();
    for (call, message) in [
        (
            "lookup(3)",
            "lookup() cannot take this: missing field `name`",
        ),
        ("lookup()", "lookup() cannot take this: missing field `id`"),
        (
            "lookup(3, 'x', [], 1, 2)",
            "lookup() takes 4 positional arguments but 5 were given",
        ),
        (
            "lookup(3, 'x', other=1)",
            "lookup() got an unexpected keyword argument 'other'",
        ),
        (
            "lookup(3, 'x', name='y')",
            "lookup() got multiple values for argument 'name'",
        ),
        (
            "lookup('3', 'x')",
            "lookup() cannot take this: invalid type: string \"3\", expected u32",
        ),
        (
            "lookup(-3, 'x')",
            "lookup() cannot take this: invalid value: integer `-3`, expected u32",
        ),
        (
            "lookup(3, 'x', 7)",
            "lookup() cannot take this: invalid type: integer `7`, expected a sequence",
        ),
        ("lookup(3, b'x')", "bytes has no form in JSON"),
        ("lookup(3, {1})", "set has no form in JSON"),
        ("lookup(3, lookup)", "function has no form in JSON"),
    ] {
        for call in [call.to_owned(), format!("await {call}")] {
            let error = fails(&sandbox, &*call);
            assert_eq!(raised(&error), ("TypeError", message), "{call}");
        }
    }
}

#[test]
fn of_no_arguments() {
    let none = Function::new("none", |(): ()| async { Ok::<_, CallError>("called") });
    let sandbox = TINY
        .clone()
        .with_function(none)
        .expect("the setting is valid");
    assert_eq!(both(&sandbox, "none()"), "called\n");
    let error = fails(&sandbox, "none(1)");
    let message = "none() takes 0 positional arguments but 1 were given";
    assert_eq!(raised(&error), ("TypeError", message));
    let error = fails(&sandbox, "none(x=1)");
    assert_eq!(
        raised(&error).1,
        "none() got an unexpected keyword argument 'x'"
    );
}

#[test]
fn of_any_arguments() {
    let any = Function::new("any_", |names: BTreeMap<String, Value>| async move {
        Ok::<_, CallError>(names)
    });
    let sandbox = TINY
        .clone()
        .with_function(any)
        .expect("the setting is valid");
    assert_eq!(both(&sandbox, "any_(b=1, a='x')"), "{'a': 'x', 'b': 1}\n");
    assert_eq!(both(&sandbox, "any_()"), "{}\n");
    let error = fails(&sandbox, "any_(1)");
    assert_eq!(raised(&error).0, "TypeError");
}

/// `help` and `inspect` describe a host function.
#[test]
fn documentation() {
    let sandbox = sandbox();
    let help = stdout(&sandbox, "help(lookup)");
    assert!(
        help.contains("lookup(id, name, fields=[], limit=None)\n"),
        "{help}"
    );
    assert!(
        help.contains("Looks a person up.\n    \n    Gives what is known.")
            || help.contains("Looks a person up.\n\n    Gives what is known."),
        "{help}"
    );
    assert_eq!(
        stdout(&sandbox, "print(lookup.__name__, lookup.__module__)"),
        "lookup __main__\n"
    );
    assert_eq!(stdout(&sandbox, "print(echo.__doc__)"), "None\n");
    let code = "import inspect; print(inspect.signature(lookup)); print(inspect.signature(lookup).parameters['limit'].default)";
    assert_eq!(
        stdout(&sandbox, code),
        "(id, name, fields=[], limit=None)\nNone\n"
    );
}

#[test]
fn defaults_as_python_writes_them() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only their names count")]
    struct Many {
        a: Option<String>,
        b: Option<bool>,
        c: Option<f64>,
        d: Option<Value>,
        e: Option<Value>,
    }
    let many = Function::new("many", |_: Many| async { Ok::<_, CallError>(()) })
        .optional("a", "it's \"ü\"\n")
        .optional("b", true)
        .optional("c", 1.5)
        .optional("d", serde_json::json!({"k": [1, null, false]}))
        .optional("e", ());
    let sandbox = TINY
        .clone()
        .with_function(many)
        .expect("the setting is valid");
    let code = "import inspect; print(inspect.signature(many)); many()";
    let expected = "(a='it\\'s \"ü\"\\n', b=True, c=1.5, d={'k': [1, None, False]}, e=None)\n";
    assert_eq!(stdout(&sandbox, code), expected);
}

#[test]
fn values_round_trip() {
    let sandbox = sandbox();
    for value in [
        "None",
        "True",
        "0",
        "-1.5",
        "2 ** 63",
        "''",
        "'ü😀'",
        "'a\\0b'",
        "[]",
        "{}",
        "[1, [2, [3]]]",
        "{'a': {'b': None}}",
        "'\"\\\\\\n\\t'",
    ] {
        assert_eq!(
            both(&sandbox, &format!("echo({value}) == {value}")),
            "True\n",
            "{value}"
        );
    }
    assert_eq!(both(&sandbox, "echo((1, 2))"), "[1, 2]\n");
    assert_eq!(both(&sandbox, "echo({1: 2})"), "{'1': 2}\n");
    assert_eq!(both(&sandbox, "echo(float('nan'))"), "None\n");
    assert_eq!(both(&sandbox, "echo('a\\ud800')"), "a\u{fffd}\n");
    assert_eq!(both(&sandbox, "echo('x' * 500_000)").len(), 500_001);
}

#[test]
fn values_of_numpy() {
    let sandbox = NUMPY
        .clone()
        .with_function(echo())
        .expect("the setting is valid");
    let code = "import numpy as np; print(echo(np.arange(3) * 1.5), echo(np.int64(3)), echo([np.bool_(True)]))";
    assert_eq!(stdout(&sandbox, code), "[0.0, 1.5, 3.0] 3 [True]\n");
}

#[test]
fn results_of_host_types() {
    #[derive(Serialize)]
    struct Person {
        name: &'static str,
        tags: Vec<(u8, f32)>,
        #[serde(skip_serializing_if = "Option::is_none")]
        missing: Option<u8>,
    }
    let person = Function::new("person", |(): ()| async {
        Ok::<_, CallError>(Person {
            name: "Ada",
            tags: vec![(1, 0.5)],
            missing: None,
        })
    });
    let sandbox = TINY
        .clone()
        .with_function(person)
        .expect("the setting is valid");
    assert_eq!(
        both(&sandbox, "person()"),
        "{'name': 'Ada', 'tags': [[1, 0.5]]}\n"
    );
    // A result that JSON cannot represent.
    let wrong = Function::new("wrong", |(): ()| async {
        Ok::<_, CallError>(BTreeMap::from([((1, 2), 3)]))
    });
    let error = fails(
        &TINY
            .clone()
            .with_function(wrong)
            .expect("the setting is valid"),
        "wrong()",
    );
    assert_eq!(raised(&error).0, "RuntimeError");
}

#[test]
fn errors_are_exceptions() {
    let fail = Function::new("fail", |One { value }: One| async move {
        let kind = value.as_str().unwrap_or_default().to_owned();
        Err::<(), _>(CallError::of(kind, "it is ü"))
    });
    let sandbox = TINY
        .clone()
        .with_function(fail)
        .expect("the setting is valid");
    for (kind, expected) in [
        ("LookupError", "LookupError"),
        ("PermissionError", "PermissionError"),
        ("RuntimeError", "RuntimeError"),
        // Names that are not built-in exceptions.
        ("Mine", "RuntimeError"),
        ("", "RuntimeError"),
        ("print", "RuntimeError"),
        ("int", "RuntimeError"),
        ("SystemExit", "RuntimeError"),
        ("KeyboardInterrupt", "RuntimeError"),
    ] {
        for call in [format!("fail('{kind}')"), format!("await fail('{kind}')")] {
            let error = fails(&sandbox, &*call);
            assert_eq!(raised(&error), (expected, "it is ü"), "{call}");
            let frames = &error
                .exception()
                .expect("the program raises an exception")
                .frames;
            assert_eq!((frames.len(), frames[0].line), (1, 1), "{frames:?}");
        }
    }
    let code = "try: await fail('KeyError')\nexcept KeyError as error: print(error.args)\n\
                try: await fail('ValueError')\nexcept ValueError as error: print(error)";
    assert_eq!(stdout(&sandbox, code), "('it is ü',)\nit is ü\n");
}

/// An exception class whose constructor needs more than a message.
#[test]
fn errors_of_classes_with_other_constructors() {
    for kind in ["UnicodeDecodeError", "UnicodeEncodeError", "ExceptionGroup"] {
        let fail = Function::new("fail", move |(): ()| async move {
            Err::<(), _>(CallError::of(kind, "what it says"))
        });
        let error = fails(
            &TINY
                .clone()
                .with_function(fail)
                .expect("the setting is valid"),
            "fail()",
        );
        let (type_name, message) = raised(&error);
        assert!(
            message.contains("what it says"),
            "{kind}: {type_name}: {message}"
        );
    }
}

#[test]
fn errors_by_question_mark() {
    let parse = Function::new("parse", |One { value }: One| async move {
        let text = value.as_str().unwrap_or_default();
        let number: u8 = text.parse()?;
        Ok::<_, CallError>(number)
    });
    let sandbox = TINY
        .clone()
        .with_function(parse)
        .expect("the setting is valid");
    assert_eq!(both(&sandbox, "parse('3')"), "3\n");
    let error = fails(&sandbox, "parse('x')");
    assert_eq!(
        raised(&error),
        ("RuntimeError", "invalid digit found in string")
    );

    let read = Function::new("read", |(): ()| async {
        std::fs::read_to_string("/no/such/file")
    });
    let error = fails(
        &TINY
            .clone()
            .with_function(read)
            .expect("the setting is valid"),
        "await read()",
    );
    assert_eq!(
        raised(&error),
        ("RuntimeError", "No such file or directory (os error 2)")
    );
}

#[test]
fn panics_end_the_run_alone() {
    let panics = Function::new("panics", |One { value }: One| async move {
        if value == "late" {
            tokio::task::yield_now().await;
        }
        assert_eq!(value, Value::Null, "that was not expected");
        Ok::<_, CallError>("calm")
    });
    let at_once = Function::new("at_once", |(): ()| {
        assert!(std::hint::black_box(false), "before there is a future");
        async { Ok::<_, CallError>(()) }
    });
    let sandbox = TINY
        .clone()
        .with_function(panics)
        .expect("the setting is valid")
        .with_function(at_once)
        .expect("the setting is valid");
    for code in [
        "panics('now')",
        "panics('late')",
        "await panics('now')",
        "await panics('late')",
        "try: panics('late')\nexcept BaseException: print('caught')",
        "import asyncio; await asyncio.gather(panics(None), panics('late'), return_exceptions=True)",
    ] {
        let error = fails(&sandbox, &*format!("print('so far', flush=True)\n{code}"));
        let ErrorKind::HostPanic { function, message } = &error.kind else {
            panic!("{code}: {error:?}");
        };
        assert_eq!(function, "panics");
        assert!(message.contains("that was not expected"), "{message}");
        assert_eq!(*error.stdout(), "so far\n");
        assert_eq!(both(&sandbox, "panics(None)"), "calm\n");
    }
    for code in ["at_once()", "await at_once()"] {
        let error = fails(&sandbox, code);
        let expected = ErrorKind::HostPanic {
            function: "at_once".to_owned(),
            message: "before there is a future".to_owned(),
        };
        assert_eq!(error.kind, expected);
        let text = "the host function at_once panicked: before there is a future";
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn invalid_functions() {
    let named = |name: &str| Function::new(name, |(): ()| async { Ok::<_, CallError>(()) });
    for name in ["", "1x", "a b", "a.b", "ü", "a\0", "lookup()", "-"] {
        let error = TINY.clone().with_function(named(name));
        let error = error.expect_err("it is no name");
        let expected = ConfigError::FunctionName {
            name: name.to_owned(),
        };
        assert_eq!(error, expected);
    }
    let one = TINY.clone().with_function(named("a"));
    let two = one.expect("the setting is valid").with_function(named("a"));
    assert_eq!(
        two.expect_err("there are two").to_string(),
        "there are two host functions named a; remove one of the two"
    );
    let wrong = TINY.clone().with_function(echo().optional("other", 1));
    assert_eq!(
        wrong.expect_err("it is none").to_string(),
        "the host function echo: it has no parameter other"
    );
    for name in ["_", "_a1", "A"] {
        let sandbox = TINY.clone().with_function(named(name));
        let sandbox = sandbox.expect("the setting is valid");
        assert_eq!(stdout(&sandbox, format!("print({name}())")), "None\n");
    }
}

/// A function whose name is a Python keyword is in `globals()`.
#[test]
fn of_a_reserved_name() {
    let function = Function::new("class", |(): ()| async { Ok::<_, CallError>(1) });
    let sandbox = TINY.clone().with_function(function);
    let sandbox = sandbox.expect("the setting is valid");
    assert_eq!(stdout(&sandbox, "print(globals()['class']())"), "1\n");
}
