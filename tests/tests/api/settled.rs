//! The warm-up before the snapshot, which makes runs start quickly, is invisible to programs.

use std::sync::LazyLock;

use eryx::Sandbox;
use eryx_tests::{NUMPY, build, directory, execute, stdout};

/// Python with preimported modules that have state in the snapshot, one of them a user's module.
static IMPORTED: LazyLock<Sandbox> = LazyLock::new(|| {
    let packages = directory(&[(
        "own.py",
        b"import atexit, random, tempfile
import numpy.random
# Half of what two draws need is kept for the next.
random.gauss(), numpy.random.randn(), random.random(), numpy.random.rand()
next(tempfile._get_candidate_names())
atexit.register(print, 'the end')
",
    )]);
    let builder = Sandbox::builder().with_embedded_runtime();
    let builder = builder.with_site_packages(packages.path());
    build(builder.with_preimport("own"))
});

#[test]
fn the_warm_up_leaves_no_trace() {
    let code = "
import atexit, gc, linecache, sys, threading, warnings
ours = {'ours', 'atexit', 'gc', 'linecache', 'sys', 'threading', 'warnings'}
print(sorted(set(globals()) - ours))
print(sys.argv, hasattr(sys, 'last_exc'), sys.exc_info())
print(linecache._interactive_cache, [name for name in linecache.cache if 'string' in name])
print(atexit._ncallbacks(), gc.garbage, gc.isenabled(), threading.active_count())
print([name for name in ('random', 'tempfile', 'numpy.random') if name in sys.modules])
print([kind for kind in object.__subclasses__() if kind.__module__ == '__main__'])
print(sys.stdout.buffer.raw, sys.stderr.buffer.raw.closed)
";
    let result = execute(&NUMPY, code).expect("the program succeeds");
    assert_eq!(
        result.stdout,
        "['__builtins__', '__doc__', '__loader__', '__name__', '__package__', '__spec__']\n\
         ['-c'] False (None, None, None)\n\
         {} []\n\
         1 [] True 1\n\
         []\n\
         []\n\
         <_io.FileIO name='<stdout>' mode='wb' closefd=False> False\n"
    );
    assert_eq!(result.stderr, "");
}

/// All states of random generators are reseeded for each run.
#[test]
fn preimported_generators_do_not_repeat() {
    let code = "
import random, tempfile
import numpy as np
print(random.random())
print(random.gauss())
print(hex(random.getrandbits(8 * 2400)))
print(np.random.rand())
print(np.random.randn())
print(np.random.bytes(2400))
print(next(tempfile._get_candidate_names()))
print(np.random.get_state()[3], np.random.get_state()[2] < 624)
";
    let [one, other] = [(); 2].map(|()| stdout(&IMPORTED, code));
    let (one, other): (Vec<_>, Vec<_>) = (one.lines().collect(), other.lines().collect());
    assert_eq!(one.len(), 9, "{one:?}");
    for (one, other) in one.iter().zip(&other).take(7) {
        assert_ne!(one, other);
    }
    assert_eq!(one[7..], ["1 True", "the end"]);
}

#[test]
fn generators_start_without_a_cached_draw() {
    // The cached half of an earlier Gaussian draw would be the same in all runs.
    let code = "import random, numpy; print(random._inst.gauss_next, numpy.random.get_state()[3:])";
    assert_eq!(stdout(&IMPORTED, code), "None (0, 0.0)\nthe end\n");
}

#[test]
fn generators_can_be_seeded() {
    let code = "
import random
import numpy as np
random.seed(1)
np.random.seed(1)
print(random.random(), random.gauss(0, 1), np.random.rand(), np.random.randn())
";
    assert_eq!(
        stdout(&IMPORTED, code),
        "0.13436424411240122 0.9762429492718849 0.417022004702574 -0.8021728386486427\nthe end\n"
    );
}

/// Exit functions of a preimported module run at the end of each run, and not during the warm-up. The
/// second one is that of `logging`, which `asyncio` imports.
#[test]
fn exit_functions_run_at_the_end() {
    let code = "import atexit; print(atexit._ncallbacks())";
    assert_eq!(stdout(&IMPORTED, code), "2\nthe end\n");
}

#[test]
fn references_are_counted() {
    let code = "
import gc, sys, weakref
class Kind:
    def __del__(self):
        print('gone')
one = Kind()
print(sys.getrefcount(one), sys.getrefcount(Kind) < 100)
reference = weakref.ref(one, lambda _: print('told'))
other = [one, one]
print(sys.getrefcount(one), reference() is one)
del one
del other
print(reference())
# What was there before stays.
print(sys.getrefcount(gc) > 1 << 29, sys.getrefcount(None) > 1 << 29)
";
    assert_eq!(
        stdout(&NUMPY, code),
        "2 True\n4 True\ngone\ntold\nNone\nTrue True\n"
    );
}

/// A program can delete, replace and change objects of the snapshot, and collect them.
#[test]
fn objects_of_the_snapshot_can_be_changed() {
    let code = "
import builtins, gc, sys
gc.unfreeze()
for _ in range(3):
    gc.collect()
for name in list(sys.modules):
    if name not in ('sys', 'builtins', '__main__', 'gc') and not name.startswith('_'):
        del sys.modules[name]
gc.collect()
import collections, enum, json, re, types
print(json.loads(json.dumps({'a': [1.5, None]})), re.sub('a+', 'b', 'caat'))
class Color(enum.Enum):
    RED = 1
print(Color.RED, collections.Counter('aab').most_common(1))
for kind in (list, dict, str, int, type, types.FunctionType):
    try:
        kind.left = 1
    except TypeError:
        pass
    else:
        print(kind)
types.SimpleNamespace(**vars(builtins)).__dict__.clear()
vars(json).clear()
vars(re).clear()
builtins.len = None
del builtins.print
gc.collect()
sys.stdout.write('changed\\n')
del sys.stdout, sys.argv
";
    assert_eq!(
        stdout(&NUMPY, code),
        "{'a': [1.5, None]} cbt\nColor.RED [('a', 2)]\nchanged\n"
    );
}

/// Freed memory is reused: a program allocates more in total than its limit.
#[test]
fn memory_is_reused() {
    let code = "
class Node:
    def __init__(self, value):
        self.value, self.next = value, self
for _ in range(100):
    kept = [Node(bytes(2_000)) for _ in range(1000)]
    names = {f'name{number}': [number] * 100 for number in range(1000)}
    kept = [Node(str(number) * 10) for number in range(1000)]
    exec('\\n'.join(f'def f{number}(): return {number}' for number in range(100)))
for _ in range(500):
    block = bytearray(10_000_000)
print('done')
";
    assert_eq!(stdout(&NUMPY, code), "done\n");
}

/// `linecache` and tracebacks have the source lines of a program that is not in a file.
#[test]
fn lines_of_a_program() {
    let code = "
import inspect, linecache, traceback
def function():
    return 1 / 0
print(inspect.getsource(function), end='')
try:
    function()
except ZeroDivisionError:
    traceback.print_exc(file=__import__('sys').stdout)
linecache.checkcache()
function()
";
    let error = execute(&NUMPY, code).expect_err("the program raises an exception");
    let traceback = &error
        .exception()
        .expect("the program raises an exception")
        .traceback;
    assert_eq!(
        *error.stdout(),
        "def function():\n    return 1 / 0\n\
         Traceback (most recent call last):\n  \
           File \"<string>\", line 7, in <module>\n    \
             function()\n    ~~~~~~~~^^\n  \
           File \"<string>\", line 4, in function\n    \
             return 1 / 0\n           ~~^~~\n\
         ZeroDivisionError: division by zero\n"
    );
    assert!(
        traceback.contains("line 11, in <module>\n    function()\n    ~~~~~~~~^^\n"),
        "{traceback}"
    );
}
