//! The examples of the README: each stands here as it stands there, and runs.
#![expect(
    clippy::items_after_statements,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "examples are short"
)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use eryx::{
    CallError, CancellationToken, ErrorKind, Function, Limit, Limits, Program, Runtime, Sandbox,
};
use eryx_tests::NUMPY;
use serde::Deserialize;
use tokio::io::AsyncBufReadExt as _;
use tokio::io::BufReader;

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

/// The sandbox that the examples use.
fn sandbox() -> Sandbox {
    NUMPY.clone()
}

/// Runs an example that names no cache, in a process of its own with the cache of the tests.
fn in_process_with_cache(test: &str, example: impl FnOnce() -> Result) {
    const CHILD: &str = "ERYX_TESTS_README_CHILD";
    if std::env::var_os(CHILD).is_some() {
        return example().expect("the example reaches its end");
    }
    let this = std::env::current_exe().expect("the path of this program is known");
    let status = Command::new(this)
        .args([test, "--exact", "--nocapture"])
        .env(CHILD, "1")
        .env("ERYX_CACHE_DIR", eryx_tests::image_cache())
        .status();
    assert!(status.expect("this program starts again").success());
}

mod first {
    use eryx::Sandbox;

    #[tokio::main]
    async fn main() -> Result<(), Box<dyn std::error::Error>> {
        let sandbox = Sandbox::builder()
            .with_embedded_runtime() // Python, and the packages whose features are on
            .build()?; // from the cache, or built now

        let result = sandbox
            .execute("import numpy as np; print(np.arange(4).sum())")
            .await?;
        assert_eq!(result.stdout, "6\n");

        // An exception is a value, with the traceback and what was printed until then.
        let error = sandbox.execute("1 / 0").await.unwrap_err();
        println!("{error}\n{}", error.exception().unwrap().traceback);
        Ok(())
    }

    #[test]
    fn runs() {
        super::in_process_with_cache("first::runs", main);
    }
}

#[test]
fn runtime() {
    #[tokio::main]
    async fn example() -> Result {
        let runtime = Runtime::builder()
            .slots(4)
            .resident_memory(16 << 20)
            .build();
        let sandbox = Sandbox::builder().with_runtime(&runtime).build()?;
        assert_eq!(sandbox.execute("print(6 * 7)").await?.stdout, "42\n");
        Ok(())
    }
    in_process_with_cache("runtime", example);
}

#[tokio::test]
async fn limits() -> Result {
    let sandbox = sandbox();
    let limits = Limits::default()
        .wall_time(Duration::from_millis(100))
        .memory(256 << 20)
        .output_bytes(64 << 10);
    let sandbox = sandbox.with_limits(limits);
    let error = sandbox
        .execute("print('so far'); 10 ** 10 ** 8")
        .await
        .unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Limit(reached) if reached.limit == Limit::WallTime));
    Ok(())
}

#[tokio::test]
async fn cancellation() -> Result {
    let sandbox = sandbox();
    let token = CancellationToken::new();
    let program = Program::new("import time; time.sleep(3600)").cancelled_by(&token);
    let stop = async { token.cancel() };
    let (result, ()) = tokio::join!(sandbox.run(program), stop);
    assert_eq!(result.unwrap_err().kind, ErrorKind::Cancelled);
    Ok(())
}

#[tokio::test]
async fn streams() -> Result {
    let sandbox = sandbox();
    let (writer, reader) = tokio::io::duplex(64 << 10);
    let program = Program::new("for line in open(0): print(line.upper(), end='', flush=True)")
        .stdin("one\ntwo\n")
        .stdout_to(writer);
    let read = async {
        let mut lines = BufReader::new(reader).lines();
        let first = lines.next_line().await;
        while let Ok(Some(_)) = lines.next_line().await {}
        first
    };
    let (result, first) = tokio::join!(sandbox.run(program), read);
    assert_eq!(first?.as_deref(), Some("ONE"));
    result?;
    Ok(())
}

#[tokio::test]
async fn values() -> Result {
    let sandbox = sandbox();
    let code = "import numpy as np\n{'mean': np.array([1, 2, 6]).mean(), 'missing': float('nan')}";
    let result = sandbox.run(Program::new(code).return_value()).await?;
    let value = result.value.unwrap();
    assert_eq!(value.json.unwrap(), r#"{"mean": 3.0, "missing": null}"#);
    Ok(())
}

#[tokio::test]
async fn functions() -> Result {
    let sandbox = sandbox();
    #[derive(Deserialize)]
    struct Lookup {
        id: u32,
    }
    let lookup = Function::new("lookup", |Lookup { id }| async move {
        match id {
            3 => Ok("Ada"),
            _ => Err(CallError::of(
                "LookupError",
                format!("nobody has the id {id}"),
            )),
        }
    });
    let sandbox = sandbox.with_function(lookup.doc("Looks a person up."))?;
    let code = "
import asyncio
names = await asyncio.gather(lookup(3), lookup(id=4), return_exceptions=True)
print(names)
";
    let result = sandbox.execute(code).await?;
    assert_eq!(
        result.stdout,
        "['Ada', LookupError('nobody has the id 4')]\n"
    );
    Ok(())
}

#[tokio::test]
async fn sessions() -> Result {
    let sandbox = sandbox();
    let mut session = sandbox.session().await?;
    session.execute("import json; count = 1").await?;
    session.write("/tmp/more.json", b"[2, 3]").await?;
    session
        .execute("count += len(json.load(open('/tmp/more.json')))")
        .await?;
    assert_eq!(session.execute("print(count)").await?.stdout, "3\n");
    session.reset().await?; // as new, in a fraction of a millisecond
    Ok(())
}

#[tokio::test]
async fn files() -> Result {
    let sandbox = sandbox();
    let program = Program::new("open('out.txt', 'w').write(open('/data/in.txt').read() * 2)")
        .file("/data/in.txt", "twice ")
        .return_file("/tmp/out.txt");
    let result = sandbox.run(program).await?;
    assert_eq!(
        result.files["/tmp/out.txt"].as_deref(),
        Ok(&b"twice twice "[..])
    );
    Ok(())
}

#[tokio::test]
async fn determinism() -> Result {
    let sandbox = sandbox();
    let sandbox = sandbox.with_env("STAGE", "test")?.deterministic(7);
    let code = "import os, random, time; print(os.environ['STAGE'], random.random(), time.time())";
    let (one, other) = tokio::join!(sandbox.execute(code), sandbox.execute(code));
    assert_eq!(one?.stdout, other?.stdout);
    Ok(())
}

#[tokio::test]
async fn many() -> Result {
    let sandbox = sandbox();
    let limits = Limits::default().queue_time(Duration::from_secs(5));
    let sandbox = sandbox.with_max_concurrency(8).with_limits(limits);
    let runs = (0..100).map(|number| {
        let sandbox = sandbox.clone();
        tokio::spawn(async move { sandbox.execute(&format!("print({number})")).await })
    });
    for (number, run) in runs.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(run.await??.stdout, format!("{number}\n"));
    }
    Ok(())
}

#[test]
fn every_example_is_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("../README.md")).expect("the README");
    let here = fs::read_to_string(root.join("tests/readme.rs")).expect("this file");
    // How they are broken into lines is another matter here.
    let words = |text: &str| {
        text.split_whitespace()
            .collect::<String>()
            .replace(",)", ")")
    };
    let here = words(&here);
    let mut examples = 0;
    for block in readme.split("```rust\n").skip(1) {
        let example = block.split("```").next().unwrap_or_default();
        assert!(
            here.contains(&words(example)),
            "not in this file:\n{example}"
        );
        examples += 1;
    }
    assert!(examples >= 11, "{examples} examples");
}
