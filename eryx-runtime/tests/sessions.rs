//! Tests of sessions: state between programs, copies, lost instances, and imports.

use std::sync::Arc;
use std::time::Duration;

use eryx_runtime::{ErrorKind, Image, ImageStore, Recipe, Runtime, Session};
use eryx_test_support::image_cache;

/// Makes an image without packages.
fn image() -> Image {
    let store = ImageStore::at(image_cache());
    let (recipe, runtime) = (Recipe::default(), Runtime::default());
    Image::make(&recipe, &store, &runtime, &(Arc::new(|_| ()) as _)).expect("it is made")
}

async fn start(image: &Image) -> Session {
    let session = image.session(&Arc::default()).await;
    session.expect("an instance")
}

/// Runs a program to its end and returns its stdout.
async fn stdout(session: &mut Session, source: &str) -> String {
    let result = session.execute(source).await.expect(source);
    result.stdout.into()
}

#[tokio::test]
async fn state_stays_for_the_next_program() {
    let image = image();
    let mut session = start(&image).await;
    assert_eq!(stdout(&mut session, "import json\nx = [1]").await, "");
    assert_eq!(
        stdout(&mut session, "x.append(2)\nopen('a', 'w').write('file')").await,
        ""
    );
    let raised = session.execute("x.append(3)\nx.missing").await;
    let raised = raised.expect_err("there is no such attribute");
    assert!(matches!(raised.kind, ErrorKind::Exception(_)));
    let code = "print(json.dumps(x), open('a').read())";
    assert_eq!(stdout(&mut session, code).await, "[1, 2, 3] file\n");

    // Another session does not see it.
    let mut other = start(&image).await;
    let code = "import os; print('x' in globals(), os.listdir('.'))";
    assert_eq!(stdout(&mut other, code).await, "False []\n");
}

/// The memory and the mutable globals are the whole state of an instance. A copy continues from
/// them, and neither session sees later changes of the other.
#[tokio::test]
async fn a_copy_continues_from_the_same_state() {
    let image = image();
    let mut one = start(&image).await;
    let code = "
import time
names = {str(number): [number] * 10 for number in range(10_000)}
large = bytearray(b'x') * 50_000_000
def count():
    global calls
    calls += 1
    return calls
calls = 0
running = (number * number for number in range(10))
next(running), next(running)
open('/tmp/file', 'w').write('before')
started = time.monotonic()
";
    assert_eq!(stdout(&mut one, code).await, "");
    let mut other = one.copy().await.expect("a second instance");
    let change = "names.clear(); large[0] = 0; count(); open('/tmp/file', 'w').write('after')";
    assert_eq!(stdout(&mut one, change).await, "");
    let look = "print(len(names), large[0], count(), next(running), open('/tmp/file').read(), \
                time.monotonic() >= started)";
    assert_eq!(stdout(&mut one, look).await, "0 0 2 4 after True\n");
    assert_eq!(
        stdout(&mut other, look).await,
        "10000 120 1 4 before True\n"
    );
    // A copy of the copy, after the first session is dropped.
    drop(one);
    let mut third = other.copy().await.expect("a third instance");
    drop(other);
    assert_eq!(
        stdout(&mut third, look).await,
        "10000 120 2 9 before True\n"
    );
}

#[tokio::test]
async fn a_lost_session_stays_lost() {
    let image = image();
    for end in [
        "import os; os._exit(0)",
        "import os; os.abort()",
        // Deallocation recurses deeper than the native stack.
        "a = ()\nfor _ in range(1_000_000): a = (a,)\ndel a",
    ] {
        let mut session = start(&image).await;
        let _ = session.execute(end).await;
        let after = session.execute("print(1)").await.expect_err(end);
        assert_eq!(*after.stdout(), "", "{end}");
        assert_eq!(after.kind, ErrorKind::Lost, "{end}");
        let copy = session.copy().await.expect_err(end);
        assert_eq!(copy.kind, ErrorKind::Lost, "{end}");
    }

    // The backtrace names the functions.
    let mut session = start(&image).await;
    let deep = "a = ()\nfor _ in range(1_000_000): a = (a,)\ndel a";
    let error = session.execute(deep).await.expect_err("it traps");
    let dealloc = "libpython3.14.so:_Py_Dealloc";
    let ErrorKind::Trap(trap) = &error.kind else {
        panic!("{error:?}");
    };
    assert!(trap.reason.contains("call stack exhausted"), "{trap}");
    assert!(
        trap.backtrace.iter().any(|frame| frame == dealloc),
        "{trap:?}"
    );
    assert!(error.to_string().contains(dealloc), "{error}");

    let mut session = start(&image).await;
    let run = session.execute("while True: pass");
    assert!(
        tokio::time::timeout(Duration::from_millis(50), run)
            .await
            .is_err()
    );
    let lost = session.execute("print(1)").await;
    assert_eq!(lost.expect_err("it is lost").kind, ErrorKind::Lost);
    // The image is not affected.
    let mut other = start(&image).await;
    assert_eq!(stdout(&mut other, "print(1)").await, "1\n");
}

/// The compiled modules import the interface `host` and nothing else.
#[test]
fn the_image_imports_the_host_interface_alone() {
    let mut imports = image().imports();
    imports.sort();
    let functions = [
        "begin",
        "call",
        "cancel",
        "exit",
        "monotonic-now",
        "next",
        "random",
        "read",
        "sleep",
        "wall-now",
        "write",
    ];
    let host = functions.map(|name| format!("eryx:sandbox/host@0.1.0#{name}"));
    assert_eq!(imports, host);
}

/// The pool must reset each page that an instance writes to, so small programs should write to few.
#[tokio::test]
async fn small_programs_change_few_pages() {
    let image = image();
    let mut session = start(&image).await;
    assert_eq!(session.changed_pages(), 0);
    assert_eq!(stdout(&mut session, "print(1 + 1)").await, "2\n");
    let pages = session.changed_pages();
    assert!(pages <= 40, "{pages} pages");
}
