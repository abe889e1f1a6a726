//! Programs that nobody wrote, from bytes by a grammar; and what must come of each.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use eryx::{CallError, ErrorKind, ExecuteError, ExecuteResult, Function, Limits, Sandbox};
use serde::Deserialize;
use serde_json::Value;
use tokio::runtime::Runtime;

/// How large a program may become.
const SIZE: usize = 8 << 10;
/// How deep statements and expressions go into each other.
const DEPTH: usize = 6;
/// After so many programs comes one of which it is known what it prints.
const CHECK: u64 = 20;

/// Runs programs, all in one sandbox.
pub struct Programs {
    sandbox: Sandbox,
    runtime: Runtime,
    runs: AtomicU64,
}

impl Programs {
    /// With Python by itself, whose image is kept in a folder.
    pub fn new(images: &Path) -> Self {
        #[derive(Deserialize)]
        struct Echo {
            value: Value,
        }
        #[derive(Deserialize)]
        struct Fail {
            message: String,
        }
        #[derive(Deserialize)]
        struct Slow {
            milliseconds: u64,
        }

        let sandbox = Sandbox::builder().with_cache_dir(images).build();
        let sandbox = sandbox.expect("an image can be made");
        let limits = Limits::default()
            .wall_time(Duration::from_millis(100))
            .memory(128 << 20)
            .output_bytes(64 << 10);
        let sandbox = sandbox
            .with_limits(limits)
            .with_function(Function::new("echo", |Echo { value }: Echo| async move {
                Ok::<_, CallError>(value)
            }))
            .with_function(Function::new("fail", |Fail { message }: Fail| async move {
                Err::<(), _>(CallError::new(message))
            }))
            .with_function(Function::new(
                "slow",
                |Slow { milliseconds }: Slow| async move {
                    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                    Ok::<_, CallError>(())
                },
            ));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        Self {
            sandbox,
            runtime: runtime.expect("a runtime"),
            runs: AtomicU64::new(0),
        }
    }

    /// Runs the program that some bytes come to. Whatever it does, the host lives, and knows what came
    /// of it.
    pub fn run(&self, bytes: &[u8]) {
        let program = program(bytes);
        if let Err(error) = self.execute(&program) {
            let is_of_program = matches!(
                error.kind,
                ErrorKind::Exception(_)
                    | ErrorKind::Exit(_)
                    | ErrorKind::Limit(_)
                    | ErrorKind::Trap(_)
            );
            assert!(is_of_program, "{error:?} came of\n{program}");
            assert!(!error.to_string().is_empty(), "{error:?} of\n{program}");
        }
        if self
            .runs
            .fetch_add(1, Ordering::Relaxed)
            .is_multiple_of(CHECK)
        {
            self.check(&program);
        }
    }

    /// Runs a program of which it is known what it prints.
    fn check(&self, before: &str) {
        // 100 ms can be too short where much else runs.
        let answer = (0..5).find_map(|_| match self.execute("print(6*7)") {
            Err(error) if matches!(error.kind, ErrorKind::Limit(_)) => None,
            result => Some(result),
        });
        let answer = answer.expect("there is time for a small program");
        let answer = answer.unwrap_or_else(|error| panic!("{error:?} after\n{before}"));
        assert_eq!(answer.stdout, "42\n", "after\n{before}");
    }

    fn execute(&self, program: &str) -> Result<ExecuteResult, ExecuteError> {
        self.runtime.block_on(self.sandbox.execute(program))
    }
}

/// The program that some bytes come to. Every byte is a choice; where there are none left, what is
/// chosen is simple, so that it ends.
pub fn program(bytes: &[u8]) -> String {
    let mut writer = Writer {
        choices: bytes,
        text: String::new(),
        indent: 0,
        depth: 0,
        inside: Inside::Module,
        in_loop: false,
    };
    writer.line(BEGIN);
    let goes_on = writer.below(2) == 1;
    while !writer.choices.is_empty() && writer.text.len() < SIZE {
        if goes_on {
            writer.line("try:");
            writer.indent = 1;
            writer.statement();
            writer.indent = 0;
            writer.line("except BaseException as error: print(type(error))");
        } else {
            writer.statement();
        }
    }
    writer.text
}

/// Every name that is used stands for something.
const BEGIN: &str = "\
import asyncio, sys, os, gc, io
a, b, c, d, x, _ = 1, 'x', [2, 3], {'k': None}, 0.5, None
def f(*all): return all
async def g(*all): return all
class C(list): pass
class D(Exception): pass
";

const NAMES: &[&str] = &["a", "b", "c", "d", "f", "g", "C", "D", "x", "_"];

/// What a name can stand for without anybody having given it.
const BUILTINS: &[&str] = &[
    "print",
    "len",
    "range",
    "list",
    "dict",
    "str",
    "bytes",
    "int",
    "type",
    "object",
    "repr",
    "iter",
    "next",
    "sorted",
    "sum",
    "map",
    "zip",
    "isinstance",
    "getattr",
    "setattr",
    "vars",
    "dir",
    "globals",
    "eval",
    "exec",
    "compile",
    "open",
    "input",
    "super",
    "hash",
    "id",
    "memoryview",
    "bytearray",
    "set",
    "frozenset",
    "tuple",
    "complex",
    "float",
    "bool",
    "slice",
    "property",
    "staticmethod",
    "__import__",
    "format",
    "min",
    "max",
    "abs",
    "pow",
    "divmod",
    "chr",
    "ord",
    "reversed",
    "enumerate",
    "filter",
    "callable",
    "breakpoint",
    "help",
    "exit",
    "delattr",
    "hasattr",
    "issubclass",
    "locals",
    "round",
];

const LITERALS: &[&str] = &[
    "0",
    "1",
    "-1",
    "None",
    "True",
    "...",
    "''",
    "'text'",
    "b'\\0\\xff'",
    "1e308",
    "1e999",
    "0j",
    "2**31",
    "2**63",
    "-2**63",
    "10**40",
    "[]",
    "{}",
    "()",
    "set()",
    "'\\ud800'",
    "'\\U0001f600'",
    "'\\0'",
    "'x'*100000",
    "'%s%n%x'",
    "'{0.__class__}'",
    "float('nan')",
    "NotImplemented",
    "'\\N{DIGIT ONE}'",
    "range(10**9)",
    "slice(None)",
    "0x7fffffff",
    "1_000",
    "bytes(65537)",
    "'a\\nb\\r\\x1b[0m'",
    "__name__",
    "f'{a!r:>{1000}}'",
    "t'{a}'",
    "b'x' * 2**20",
    "object()",
    "print",
    "b'\\x00asm'",
    "0o777",
    "1 << 5000",
];

const OPERATORS: &[&str] = &[
    "+", "-", "*", "/", "//", "%", "**", "@", "<<", ">>", "&", "|", "^", "<", "==", "!=", ">=",
    "in", "not in", "is", "is not", "and", "or",
];

const EXCEPTIONS: &[&str] = &[
    "Exception",
    "BaseException",
    "ValueError",
    "MemoryError",
    "RecursionError",
    "SystemExit",
    "KeyboardInterrupt",
    "StopIteration",
    "GeneratorExit",
    "OSError",
    "UnicodeError",
    "SyntaxError",
    "asyncio.CancelledError",
    "ExceptionGroup",
    "BaseExceptionGroup",
    "KeyError",
    "TypeError",
    "C",
];

const MODULES: &[&str] = &[
    "json",
    "re",
    "math",
    "random",
    "itertools",
    "functools",
    "collections",
    "threading",
    "subprocess",
    "socket",
    "ctypes",
    "pickle",
    "marshal",
    "struct",
    "array",
    "weakref",
    "types",
    "inspect",
    "ast",
    "dis",
    "traceback",
    "warnings",
    "signal",
    "time",
    "datetime",
    "decimal",
    "sqlite3",
    "zlib",
    "hashlib",
    "io",
    "tempfile",
    "shutil",
    "pathlib",
    "contextlib",
    "abc",
    "enum",
    "dataclasses",
    "typing",
    "string",
    "codecs",
    "unicodedata",
    "importlib",
    "builtins",
    "faulthandler",
    "atexit",
    "tracemalloc",
    "mmap",
    "select",
    "logging",
    "_thread",
    "concurrent.futures",
    "multiprocessing",
    "copy",
    "operator",
    "queue",
    "zoneinfo",
    "email",
    "html",
    "csv",
    "uuid",
    "secrets",
    "platform",
    "resource",
    "this",
    "nowhere",
];

const ATTRIBUTES: &[&str] = &[
    "__class__",
    "__dict__",
    "__doc__",
    "__name__",
    "__init__",
    "__mro__",
    "__bases__",
    "__code__",
    "__globals__",
    "__closure__",
    "__subclasses__",
    "append",
    "pop",
    "clear",
    "join",
    "split",
    "encode",
    "decode",
    "keys",
    "update",
    "__del__",
    "__reduce_ex__",
    "__getattribute__",
    "__builtins__",
    "send",
    "throw",
    "close",
    "cr_frame",
    "gi_frame",
    "f_back",
    "f_locals",
    "__traceback__",
    "__context__",
    "__cause__",
    "add_note",
    "replace",
    "format",
    "read",
    "write",
    "real",
    "bit_length",
    "sort",
];

const SPECIAL: &[&str] = &[
    "__init__",
    "__del__",
    "__repr__",
    "__str__",
    "__eq__",
    "__hash__",
    "__iter__",
    "__next__",
    "__len__",
    "__getattr__",
    "__getattribute__",
    "__call__",
    "__enter__",
    "__exit__",
    "__await__",
    "__bool__",
    "__index__",
    "__new__",
    "__init_subclass__",
    "__set_name__",
    "__class_getitem__",
    "__format__",
    "__instancecheck__",
    "__get__",
    "__set__",
    "__lt__",
    "__add__",
    "__contains__",
    "__reduce__",
    "f",
];

/// What takes more than an expression.
const STATEMENTS: &[&str] = &[
    "def r(n=0): return r(n + 1)\nr()",
    "r = lambda: r(); r()",
    "exec('(' * 500 + ')' * 500)",
    "eval('-' * 20000 + '1')",
    "sys.setrecursionlimit(10**6)",
    "sys.setrecursionlimit(50)",
    "gc.set_threshold(1)",
    "gc.disable()",
    "gc.collect()",
    "sys.stdout.close()",
    "sys.stdout = None",
    "sys.stderr = sys.stdout",
    "sys.stdout.write('x' * 70000)",
    "sys.excepthook = None",
    "sys.excepthook = lambda *all: 1 / 0",
    "sys.unraisablehook = lambda it: fail('x')",
    "sys.settrace(lambda *all: None)",
    "sys.settrace(print)",
    "sys.setprofile(lambda *all: 1 / 0)",
    "sys.modules.clear()",
    "sys.modules['json'] = None",
    "sys.path[:] = []",
    "sys.meta_path.clear()",
    "__builtins__.__dict__.clear()",
    "globals().clear()",
    "os._exit(3)",
    "os.abort()",
    "os.close(1)",
    "os.close(2)",
    "os.dup2(1, 0)",
    "os.chdir('/')",
    "os.environ.clear()",
    "os.write(1, b'\\xff\\0')",
    "os.symlink('/tmp/l', '/tmp/l')",
    "sys.exit(a)",
    "sys.exit('gone')",
    "raise SystemExit(2**70)",
    "raise SystemExit(b) from ValueError(c)",
    "import atexit; atexit.register(lambda: fail('late'))",
    "import atexit; atexit.register(lambda: os._exit(0))",
    "import weakref; w = weakref.finalize(type('W', (), {})(), print, 'end')",
    "import threading; threading.Thread(target=print).start()",
    "import faulthandler; faulthandler.enable()",
    "import signal; signal.alarm(1)",
    "import time; time.sleep(0.01)",
    "import time; time.sleep(10**9)",
    "import ctypes; ctypes.string_at(0)",
    "import marshal; exec(marshal.loads(marshal.dumps(compile('a', '', 'eval'))))",
    "c.append(c)",
    "d['d'] = d",
    "while True: pass",
    "while True: c.append(bytes(10**6))",
    "while True: print('y' * 1000)",
    "a = a * 2**40",
    "b = '9' * 10**5; a = int(b)",
    "x = [0] * 10**8",
    "c = [c] * 3; repr(c)",
    "exec(compile('a' + '+a' * 5000, 'n', 'exec'))",
    "try:\n    raise ExceptionGroup('g', [ValueError(1), ExceptionGroup('h', [TypeError()])])\nexcept* TypeError: pass",
    "e = ValueError(); e.__context__ = e; e.add_note('n' * 1000); raise e",
    "e = ValueError('\\ud800'); e.__cause__ = KeyError(e); raise e",
    "raise type('E', (Exception,), {'__str__': lambda self: 1 / 0})",
    "raise type('\\0', (BaseException,), {'__module__': None})(a)",
    "raise type('E', (Exception,), {'__str__': lambda self: 'y' * 10**7})",
    "echo(float('nan'))",
    "echo('\\ud800')",
    "echo(d)",
    "echo(c, value=c)",
    "echo({1: 2, '1': 3})",
    "echo('x' * 2**21)",
    "print(echo(10**400))",
    "print(echo([[]] * 1000))",
    "n = []\nfor _ in range(500): n = [n]\necho(n)",
    "for _ in range(300): echo(None)",
    "slow(1)",
    "slow(10**6)",
    "slow(-1)",
    "fail('\\n\\0')",
    "echo.__class__.__call__ = None",
    "del echo",
    "await slow(1)",
    "await asyncio.gather(*[slow(1) for _ in range(70)])",
    "await asyncio.gather(*[fail(str(i)) for i in range(5)], return_exceptions=True)",
    "t = asyncio.create_task(slow(50)); await asyncio.sleep(0); t.cancel()",
    "t = [asyncio.ensure_future(echo(i)) for i in range(20)]",
    "asyncio.get_running_loop().stop()",
    "asyncio.get_running_loop().close()",
    "asyncio.get_running_loop().call_soon(lambda: 1 / 0)",
    "asyncio.get_running_loop().set_exception_handler(lambda *all: sys.exit(4))",
    "asyncio.run(echo(1))",
    "asyncio.run(asyncio.sleep(0))",
    "async with asyncio.timeout(0.01): await slow(50)",
    "async with asyncio.TaskGroup() as g: g.create_task(slow(1)); g.create_task(fail('x'))",
    "await asyncio.Event().wait()",
    "await asyncio.wait_for(slow(1000), 0.001)",
    "f = echo(1)\nawait f\nawait f",
    "open('/tmp/f', 'w').write('x' * 10**6)",
    "open('/tmp/f', 'ab').truncate(2**40)",
    "os.truncate('/tmp/f', 2**62)",
    "open('/tmp/f', 'rb').seek(2**63 - 1)",
    "open('/tmp/' + 'n' * 5000, 'w')",
    "open('\\0')",
    "open('/etc/passwd').read()",
    "open('../../../../etc/passwd')",
    "os.makedirs('/tmp/' + 'd/' * 200)",
    "os.rename('/tmp', '/tmp/in')",
    "os.remove(os.__file__)",
    "for i in range(5000): open(f'/tmp/{i}', 'w')",
    "fs = [open('/tmp/f', 'w') for _ in range(3000)]",
    "list(os.walk('/'))",
    "os.listdir(5)",
    "os.read(0, 2**31)",
    "os.pread(3, 10, -1)",
    "import shutil; shutil.rmtree('/', ignore_errors=True)",
    "import re; re.match('(a+)+$', 'a' * 40 + 'b')",
    "import sqlite3; sqlite3.connect('/tmp/s').execute('create table t(a)')",
    "import zlib; zlib.decompress(zlib.compress(bytes(10**7)), 15, 10**7)",
    "import json; json.loads('[' * 100000)",
    "import pickle; pickle.loads(b'c__builtin__\\neval\\n(S\"1/0\"\\ntR.')",
    "import ast; ast.literal_eval('(' * 300)",
    "for k in list(globals().values()):\n    try: k()\n    except Exception: pass",
    "for k in object.__subclasses__():\n    try: k()\n    except BaseException: pass",
    "class M(type): __call__ = __instancecheck__ = __del__ = lambda *all: 1 / 0\nclass C(metaclass=M): pass",
    "def y():\n    while True:\n        try: yield 1\n        except GeneratorExit: pass\ng = y(); next(g); del g",
    "class X:\n    def __del__(self): global x; x = self; print('z')\nX(); gc.collect()",
];

/// Writes a program by choices.
struct Writer<'b> {
    choices: &'b [u8],
    text: String,
    indent: usize,
    depth: usize,
    inside: Inside,
    in_loop: bool,
}

/// What a statement is in, for not everything may be everywhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Module,
    Function,
    AsyncFunction,
}

impl Writer<'_> {
    /// The next choice; 0 if there are none left.
    fn choice(&mut self) -> usize {
        match self.choices.split_first() {
            Some((first, rest)) => {
                self.choices = rest;
                usize::from(*first)
            }
            None => 0,
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.choice() % limit
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }

    fn name(&mut self) -> &'static str {
        self.pick(NAMES)
    }

    /// Writes lines, as deep as the block is.
    fn line(&mut self, lines: &str) {
        for line in lines.lines() {
            let _ = writeln!(self.text, "{:1$}{line}", "", self.indent * 4);
        }
    }

    /// Writes the statements below a line, at least one.
    fn block(&mut self, head: &str) {
        self.line(head);
        self.indent += 1;
        self.depth += 1;
        for _ in 0..=self.below(3) {
            self.statement();
        }
        self.depth -= 1;
        self.indent -= 1;
    }

    /// The same for the body of a loop.
    fn repeated(&mut self, head: &str) {
        let outside = std::mem::replace(&mut self.in_loop, true);
        self.block(head);
        self.in_loop = outside;
    }

    /// Writes by a function what is in a function.
    fn within(&mut self, inside: Inside, write: impl FnOnce(&mut Self)) {
        let outside = std::mem::replace(&mut self.inside, inside);
        let in_loop = std::mem::take(&mut self.in_loop);
        write(self);
        (self.inside, self.in_loop) = (outside, in_loop);
    }

    /// A piece of a program, unless it may not be where this is: then the first of them.
    fn allowed(&mut self, from: &[&'static str]) -> &'static str {
        match self.pick(from) {
            piece
                if !self.may_await() && (piece.contains("await ") || piece.contains("async ")) =>
            {
                from[0]
            }
            piece => piece,
        }
    }

    fn may_await(&self) -> bool {
        self.inside != Inside::Function
    }

    fn statement(&mut self) {
        if self.depth >= DEPTH || self.text.len() >= SIZE || self.choices.is_empty() {
            return self.line("pass");
        }
        match self.below(26) {
            0 => self.line("pass"),
            1..=6 => {
                let statement = self.allowed(STATEMENTS);
                self.line(statement);
            }
            7 | 8 => self.assign(),
            9 => {
                let value = self.expression();
                self.line(&format!("print({value})"));
            }
            10 => {
                let value = self.expression();
                let call = self.allowed(&["echo", "fail", "slow", "await echo", "await slow"]);
                let name = self.name();
                self.line(&format!("{name} = {call}({value})"));
            }
            11 => {
                let test = self.expression();
                self.block(&format!("if {test}:"));
                if self.below(2) == 1 {
                    self.block("else:");
                }
            }
            12 => {
                let (name, all) = (self.name(), self.expression());
                let head = self.allowed(&["for", "for", "async for"]);
                self.repeated(&format!("{head} {name} in {all}:"));
            }
            13 => {
                let test = self.expression();
                self.repeated(&format!("while {test}:"));
            }
            14 | 15 => self.attempt(),
            16 | 17 => self.function(),
            18 => self.class(),
            19 => {
                let value = self.expression();
                let head = self.allowed(&["with", "with", "async with"]);
                let name = self.name();
                self.block(&format!("{head} {value} as {name}:"));
            }
            20 => {
                let (class, value) = (self.pick(EXCEPTIONS), self.expression());
                let from = self.pick(&["", "", " from None", " from ValueError('c')", " from a"]);
                self.line(&format!("raise {class}({value}){from}"));
            }
            21 => {
                let module = self.pick(MODULES);
                let import = match self.below(4) {
                    0 => format!("import {module}"),
                    1 if self.inside == Inside::Module => format!("from {module} import *"),
                    2 => format!("import {module} as {}", self.name()),
                    _ => format!("import {module}; print(dir({module}))"),
                };
                self.line(&import);
            }
            22 => {
                let gone = self.pick(BUILTINS);
                let with = self.expression();
                let statement = match self.below(3) {
                    0 => format!("import builtins; del builtins.{gone}"),
                    1 => format!("import builtins; builtins.{gone} = {with}"),
                    _ => format!("del {}", self.name()),
                };
                self.line(&statement);
            }
            23 => self.matching(),
            24 => {
                let all: &[&str] = match self.inside {
                    _ if self.in_loop => &["break", "continue"],
                    Inside::Module => &["raise", "assert a, b", "await a", "type E[T] = T"],
                    Inside::Function => &[
                        "return",
                        "yield a",
                        "yield from c",
                        "return (yield)",
                        "raise",
                    ],
                    Inside::AsyncFunction => &["return", "yield a", "await a", "raise"],
                };
                let statement = self.pick(all);
                self.line(statement);
            }
            _ => {
                let value = self.expression();
                self.line(&value);
            }
        }
    }

    fn assign(&mut self) {
        let value = self.expression();
        let mut signs: &[&str] = &["=", "=", "=", "+=", "*=", "|="];
        let target = match self.below(7) {
            0..=2 => self.name().to_owned(),
            3 => format!("{}[{}]", self.name(), self.expression()),
            4 => format!("{}.{}", self.name(), self.pick(ATTRIBUTES)),
            5 => {
                signs = &["="];
                format!("{}, *{}", self.name(), self.name())
            }
            _ => format!(
                "sys.{}",
                self.pick(&["stdout", "stderr", "stdin", "path", "modules", "argv"])
            ),
        };
        let sign = self.pick(signs);
        self.line(&format!("{target} {sign} {value}"));
    }

    fn attempt(&mut self) {
        self.block("try:");
        let star = self.pick(&["", "", "", "*"]);
        let class = self.pick(EXCEPTIONS);
        let last = self.below(4);
        if last != 3 {
            let name = self.name();
            self.block(&format!("except{star} {class} as {name}:"));
        }
        if last >= 2 {
            self.block("finally:");
        }
    }

    fn function(&mut self) {
        let name = self.pick(&["f", "g", "a", "print", "main"]);
        let head = self.pick(&["def", "def", "async def"]);
        let parameters = self.pick(&["", "*a, **d", "x=1", "a, /, b=2, *, c=3", "x: C = None"]);
        let decorator = self.pick(&["", "", "", "@property", "@f", "@staticmethod"]);
        self.line(decorator);
        let inside = match head {
            "def" => Inside::Function,
            _ => Inside::AsyncFunction,
        };
        self.within(inside, |writer| {
            writer.block(&format!("{head} {name}({parameters}):"));
        });
        if self.below(3) != 0 {
            let argument = self.expression();
            let call = self.allowed(&["", "await ", "list", "asyncio.run", "next"]);
            let call = if call.is_empty() || call.ends_with(' ') {
                format!("{call}{name}({argument})")
            } else {
                format!("{call}({name}())")
            };
            self.line(&call);
        }
    }

    fn class(&mut self) {
        let name = self.pick(&["C", "D"]);
        let bases = self.pick(&[
            "",
            "object",
            "Exception",
            "BaseException",
            "dict",
            "str",
            "int",
            "type",
            "C",
            "list",
            "C, D",
            "metaclass=C",
            "asyncio.Future",
            "io.RawIOBase",
            "BaseExceptionGroup",
        ]);
        self.line(&format!("class {name}({bases}):"));
        self.indent += 1;
        self.depth += 1;
        if self.below(4) == 3 {
            self.line("__slots__ = ('a', 'b')");
        }
        for _ in 0..=self.below(3) {
            let head = format!("def {}(self, *all):", self.pick(SPECIAL));
            self.within(Inside::Function, |writer| {
                if writer.below(2) == 0 {
                    let value = writer.expression();
                    writer.line(&format!("{head} return {value}"));
                } else {
                    writer.block(&head);
                }
            });
        }
        self.depth -= 1;
        self.indent -= 1;
        let way = self.pick(&[
            "a = {}()",
            "{}().a",
            "print({}())",
            "len({}())",
            "raise {}()",
            "del {}",
        ]);
        self.line(&way.replace("{}", name));
    }

    fn matching(&mut self) {
        let value = self.expression();
        self.line(&format!("match {value}:"));
        self.indent += 1;
        let case = self.pick(&[
            "case _:",
            "case [a, *b]:",
            "case {'k': x, **d}:",
            "case int(real=a) | str(a):",
            "case C():",
        ]);
        self.block(case);
        self.indent -= 1;
    }

    fn expression(&mut self) -> String {
        if self.depth >= DEPTH || self.choices.is_empty() {
            return self.pick(LITERALS).to_owned();
        }
        self.depth += 1;
        let expression = match self.below(20) {
            0..=2 => self.pick(LITERALS).to_owned(),
            3..=5 => self.name().to_owned(),
            6 => self.pick(BUILTINS).to_owned(),
            7..=9 => {
                let (function, argument) = (self.pick(BUILTINS), self.expression());
                match self.below(3) {
                    0 => format!("{function}({argument}, {})", self.expression()),
                    1 => format!("{function}(*{argument})"),
                    _ => format!("{function}({argument})"),
                }
            }
            10 => format!("{}.{}", self.atom(), self.pick(ATTRIBUTES)),
            11 => format!(
                "{}.{}({})",
                self.atom(),
                self.pick(ATTRIBUTES),
                self.expression()
            ),
            12 => format!("{}[{}]", self.atom(), self.expression()),
            13 | 14 => format!(
                "({} {} {})",
                self.expression(),
                self.pick(OPERATORS),
                self.expression()
            ),
            15 => format!(
                "[{0} for {1} in {2}]",
                self.expression(),
                self.name(),
                self.expression()
            ),
            16 => {
                let mut value = String::new();
                self.within(Inside::Function, |writer| value = writer.expression());
                format!("(lambda *x: {value})")
            }
            17 => match self.below(4) {
                0 => format!("[{}, {}]", self.expression(), self.expression()),
                1 => format!("{{{}: {}}}", self.expression(), self.expression()),
                2 => format!("({}, *{})", self.expression(), self.expression()),
                _ => format!("{{{}, }}", self.expression()),
            },
            18 => format!("(x := {})", self.expression()),
            _ => match self.below(4) {
                0 if self.may_await() => format!("(await {})", self.expression()),
                1 => format!("f'{{{}!r}}'", self.name()),
                2 => format!("__import__({:?})", self.pick(MODULES)),
                _ => format!("echo({})", self.expression()),
            },
        };
        self.depth -= 1;
        expression
    }

    /// An expression that something can be put after.
    fn atom(&mut self) -> String {
        match self.below(3) {
            0 => self.name().to_owned(),
            1 => format!("({})", self.expression()),
            _ => self
                .pick(&[
                    "sys",
                    "os",
                    "gc",
                    "asyncio",
                    "__builtins__",
                    "echo",
                    "print",
                ])
                .to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_come_to_a_program() {
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                let bytes: Vec<u8> = (0..64)
                    .map(|at: u8| first.wrapping_add(second.wrapping_mul(at)))
                    .collect();
                let text = program(&bytes);
                assert!(text.len() < 10 * SIZE, "{}", text.len());
            }
        }
    }
}
