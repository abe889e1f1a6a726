//! Files that the host writes into a sandbox and reads from it.

use eryx::{ConfigError, ErrorKind, FileError, Limits, Program, Session};
use eryx_tests::{TINY, block_on, run, stdout};

/// Returns the message of a file error.
#[track_caller]
fn reason<T: std::fmt::Debug>(result: Result<T, eryx::ExecuteError>) -> String {
    match result.expect_err("it cannot be").kind {
        ErrorKind::File { error, .. } => error.to_string(),
        kind => panic!("{kind:?}"),
    }
}

/// Each kind of error has a variant of its own.
#[test]
fn errors_have_kinds() {
    block_on(async {
        let mut session = session().await;
        let error =
            |result: Result<(), eryx::ExecuteError>| match result.expect_err("it is none").kind {
                ErrorKind::File { error, .. } => error,
                kind => panic!("{kind:?}"),
            };
        let long = format!("/tmp/{}", "x".repeat(300));
        session.write("/tmp/file", b"123").await.expect("it can be");
        says(
            &mut session,
            "import os; os.symlink('/tmp/loop', '/tmp/loop')",
        )
        .await;
        for (path, expected) in [
            ("/tmp/none", FileError::NotFound),
            ("/tmp", FileError::IsDirectory),
            ("/tmp/file/in", FileError::NotDirectory),
            ("/tmp/loop", FileError::TooManyLinks),
            (&long, FileError::PathTooLong),
            ("relative", FileError::InvalidPath),
        ] {
            let read = session.read(path).await.map(|_| ());
            assert_eq!(error(read), expected, "{path}");
        }
        let written = session.write("/python/os.py", b"").await;
        assert_eq!(error(written), FileError::ReadOnly);
        let listed = session.list("/tmp/file").await.map(|_| ());
        assert_eq!(error(listed), FileError::NotDirectory);
        let limits = Limits::default().result_bytes(2);
        let program = Program::new("pass").limits(limits).return_file("/tmp/file");
        let result = session.run(program).await.expect("the program succeeds");
        let expected = ErrorKind::File {
            path: "/tmp/file".to_owned(),
            error: FileError::TooLarge {
                size: 3,
                allowed: 2,
            },
        };
        assert_eq!(result.files["/tmp/file"], Err(expected));
    });
}

async fn session() -> Session {
    TINY.session().await.expect("the session starts")
}

async fn says(session: &mut Session, code: &str) -> String {
    let result = session.execute(code).await.expect("the program succeeds");
    result.stdout.into()
}

async fn names(session: &mut Session, path: &str) -> Vec<String> {
    let entries = session.list(path).await.expect("it is a directory");
    entries.into_iter().map(|entry| entry.name).collect()
}

#[test]
fn write_and_read() {
    block_on(async {
        let mut session = session().await;
        for contents in [&b""[..], b"text", b"\0\xff\r\n", &vec![7; 3 << 20]] {
            session
                .write("/tmp/a", contents)
                .await
                .expect("the file is written");
            assert_eq!(
                session.read("/tmp/a").await.expect("the file exists"),
                contents
            );
            let code = "data = open('/tmp/a', 'rb').read(); print(len(data), data[:2])";
            let text = says(&mut session, code).await;
            assert!(text.starts_with(&format!("{} ", contents.len())), "{text}");
        }
        says(&mut session, "open('/tmp/b', 'wb').write(b'from inside')").await;
        assert_eq!(
            session.read("/tmp/b").await.expect("the file exists"),
            b"from inside"
        );
    });
}

#[test]
fn parent_directories_are_created() {
    block_on(async {
        let mut session = session().await;
        for path in ["/tmp/x/y/z", "/new/folder/file", "/home/größe 😀/a\nb"] {
            session
                .write(path, b"1")
                .await
                .expect("the file is written");
            let code = format!("print(open({path:?}).read())");
            assert_eq!(says(&mut session, &code).await, "1\n", "{path}");
        }
    });
}

#[test]
fn list() {
    block_on(async {
        let mut session = session().await;
        session
            .write("/tmp/b", b"123")
            .await
            .expect("the file is written");
        session
            .write("/tmp/a/c", b"")
            .await
            .expect("the file is written");
        let entries = session.list("/tmp").await.expect("it is a directory");
        let told: Vec<_> = entries
            .iter()
            .map(|it| (&*it.name, it.size, it.is_dir))
            .collect();
        assert_eq!(told, [("a", 0, true), ("b", 3, false)]);
        assert_eq!(names(&mut session, "/tmp/a").await, ["c"]);
        assert!(
            names(&mut session, "/")
                .await
                .contains(&"python".to_owned())
        );
        for path in ["/tmp/b", "/tmp/none", "/tmp/b/x"] {
            assert!(!reason(session.list(path).await).is_empty());
        }
        says(
            &mut session,
            "import os\nfor i in range(2000): open(f'/tmp/a/{i:04}', 'w')",
        )
        .await;
        let all = names(&mut session, "/tmp/a").await;
        assert_eq!((all.len(), &*all[1999], &*all[2000]), (2001, "1999", "c"));
    });
}

#[test]
fn remove() {
    block_on(async {
        let mut session = session().await;
        session
            .write("/tmp/a/b/c", b"1")
            .await
            .expect("the file is written");
        session
            .write("/tmp/d", b"1")
            .await
            .expect("the file is written");
        session.remove("/tmp/d").await.expect("the file is removed");
        session.remove("/tmp/a").await.expect("the file is removed");
        assert_eq!(names(&mut session, "/tmp").await, [""; 0]);
        assert!(!reason(session.remove("/tmp/a").await).is_empty());
        // A program can still use a file that it has open.
        says(
            &mut session,
            "file = open('/tmp/open', 'w+'); file.write('x'); file.flush()",
        )
        .await;
        session
            .remove("/tmp/open")
            .await
            .expect("the file is removed");
        assert_eq!(
            says(&mut session, "file.seek(0); print(file.read())").await,
            "x\n"
        );
    });
}

#[test]
fn deep_and_wide_trees() {
    block_on(async {
        let mut session = session().await;
        let code = "
import os
os.mkdir('/tmp/deep')
for _ in range(10_000):
    os.mkdir('/tmp/above')
    os.rename('/tmp/deep', '/tmp/above/d')
    os.rename('/tmp/above', '/tmp/deep')
os.makedirs('/tmp/wide')
for i in range(3000): os.mkdir(f'/tmp/wide/{i}')
";
        says(&mut session, code).await;
        session
            .remove("/tmp/deep")
            .await
            .expect("the file is removed");
        session
            .remove("/tmp/wide")
            .await
            .expect("the file is removed");
        assert_eq!(names(&mut session, "/tmp").await, [""; 0]);
        assert_eq!(
            says(&mut session, "print(os.listdir('/tmp'))").await,
            "[]\n"
        );
    });
}

#[test]
fn invalid_paths() {
    block_on(async {
        let mut session = session().await;
        session
            .write("/tmp/file", b"1")
            .await
            .expect("the file is written");
        for path in [
            "",
            "tmp/x",
            "x",
            "./x",
            "../x",
            "/tmp/a\0b",
            "\0",
            "/tmp/file/x",
            "/tmp",
            "/",
            "/tmp/new/",
        ] {
            let written = session.write(path, b"1").await;
            assert!(!reason(written).is_empty(), "{path:?}");
        }
        for path in [
            "",
            "tmp/file",
            "/tmp/f\0ile",
            "/tmp/none",
            "/tmp",
            "/",
            "/tmp/file/x",
        ] {
            assert!(!reason(session.read(path).await).is_empty(), "{path:?}");
        }
        for path in ["", "tmp/file", "/tmp/none", "/", "/tmp/file/x", "/tmp/\0"] {
            assert!(!reason(session.remove(path).await).is_empty(), "{path:?}");
        }
        let long = format!("/tmp/{}", "x".repeat(300));
        assert!(!reason(session.write(&long, b"1").await).is_empty());
        let long = format!("/tmp/{}", "x/".repeat(5000));
        assert!(!reason(session.write(&long, b"1").await).is_empty());
        let huge = format!("/tmp/{}", "x".repeat(10 << 20));
        assert!(!reason(session.write(&huge, b"1").await).is_empty());
        // The session still works.
        assert_eq!(
            session.read("/tmp/file").await.expect("the file exists"),
            b"1"
        );
        assert!(!session.is_lost());
    });
}

/// `..` in a path means the same as in a program, and never leaves the sandbox.
#[test]
fn paths_that_lead_up() {
    block_on(async {
        let mut session = session().await;
        session.write("/tmp/a/../b", b"1").await.ok();
        session
            .write("/../../../tmp/c", b"2")
            .await
            .expect("the root is its own parent");
        assert_eq!(session.read("/tmp/c").await.expect("the file exists"), b"2");
        assert_eq!(
            session
                .read("/tmp/../tmp/./c")
                .await
                .expect("the file exists"),
            b"2"
        );
        for path in [
            "/etc/passwd",
            "/../../etc/passwd",
            "/proc/self/environ",
            "/root",
            "/work",
        ] {
            assert!(!reason(session.read(path).await).is_empty(), "{path}");
        }
    });
}

/// The host cannot change what is read-only for programs.
#[test]
fn read_only_files() {
    block_on(async {
        let mut session = session().await;
        for path in [
            "/python/os.py",
            "/python/new",
            "/site-packages/tiny/new",
            "/python/../python/new",
        ] {
            assert!(
                !reason(session.write(path, b"1 / 0").await).is_empty(),
                "{path}"
            );
        }
        for path in [
            "/python",
            "/python/json",
            "/site-packages",
            "/site-packages/tiny",
        ] {
            assert!(!reason(session.remove(path).await).is_empty(), "{path}");
        }
        assert!(!names(&mut session, "/site-packages/tiny").await.is_empty());
        assert_eq!(
            says(&mut session, "import json, wave; print(1)").await,
            "1\n"
        );
    });
}

#[test]
fn devices() {
    block_on(async {
        let mut session = session().await;
        // The host refuses to read and write devices, which may be endless.
        for path in [
            "/dev/null",
            "/dev/zero",
            "/dev/urandom",
            "/dev/random",
            "/dev/stdin",
            "/dev/fd/1",
        ] {
            assert!(
                !reason(session.write(path, b"gone").await).is_empty(),
                "{path}"
            );
            assert!(!reason(session.read(path).await).is_empty(), "{path}");
        }
        session.remove("/dev/null").await.expect_err("it stays");
        assert_eq!(
            says(&mut session, "print(open('/dev/null').read())").await,
            "\n"
        );
    });
}

/// Symbolic links that a program creates stay inside the sandbox.
#[test]
fn links() {
    block_on(async {
        let mut session = session().await;
        let code = "
import os
os.makedirs('/tmp/folder'); open('/tmp/folder/file', 'w').write('inside')
made = []
for target, link in [('/tmp/folder/file', '/tmp/to_file'), ('/tmp/folder', '/tmp/to_folder'), ('/python', '/tmp/to_python'),
    ('/tmp/loop', '/tmp/loop'), ('../../../etc/passwd', '/tmp/out'), ('/tmp/none', '/tmp/to_none')]:
    try: os.symlink(target, link); made.append(link)
    except OSError as error: made.append(type(error).__name__)
print(made)
";
        let made = says(&mut session, code).await;
        if !made.contains("/tmp/to_file") {
            return; // this guest has no symbolic links
        }
        assert_eq!(
            session.read("/tmp/to_file").await.expect("the file exists"),
            b"inside"
        );
        assert_eq!(
            session
                .read("/tmp/to_folder/file")
                .await
                .expect("the file exists"),
            b"inside"
        );
        for path in ["/tmp/loop", "/tmp/out", "/tmp/to_none"] {
            assert!(!reason(session.read(path).await).is_empty(), "{path}");
        }
        assert!(!reason(session.write("/tmp/to_python/os.py", b"1 / 0").await).is_empty());
        // Removing a link does not remove its target.
        session
            .remove("/tmp/to_folder")
            .await
            .expect("the file is removed");
        assert_eq!(
            session
                .read("/tmp/folder/file")
                .await
                .expect("the file exists"),
            b"inside"
        );
        session
            .remove("/tmp/to_python")
            .await
            .expect("the file is removed");
        assert_eq!(says(&mut session, "import wave; print(1)").await, "1\n");
    });
}

#[test]
fn reading_has_a_limit() {
    block_on(async {
        let limits = Limits::default().result_bytes(1000);
        let sandbox = TINY.clone().with_limits(limits);
        let mut session = sandbox.session().await.expect("the session starts");
        says(
            &mut session,
            "open('/tmp/a', 'w').write('x' * 1000); open('/tmp/b', 'w').write('x' * 1001)",
        )
        .await;
        assert_eq!(
            session
                .read("/tmp/a")
                .await
                .expect("the file is small")
                .len(),
            1000
        );
        assert!(!reason(session.read("/tmp/b").await).is_empty());
        // A sparse file: its size is huge, and it is empty.
        says(&mut session, "open('/tmp/c', 'w').truncate(1 << 29)").await;
        assert!(!reason(session.read("/tmp/c").await).is_empty());
        assert!(!session.is_lost());
    });
}

#[test]
fn files_of_a_sandbox_are_fresh_in_each_run() {
    let sandbox = TINY
        .clone()
        .with_file("/data/a", "given")
        .expect("the setting is valid")
        .with_file("/tmp/b", *b"\xff")
        .expect("the setting is valid");
    let code = "import os
print(open('/data/a').read(), open('/tmp/b', 'rb').read(), os.listdir('/data'))
open('/data/a', 'a').write('changed'); os.remove('/tmp/b'); open('/data/new', 'w')";
    for _ in 0..3 {
        assert_eq!(stdout(&sandbox, code), "given b'\\xff' ['a']\n");
    }
    // Another sandbox of the same image has other files.
    assert_eq!(
        stdout(&TINY, "import os; print(os.path.exists('/data'))"),
        "False\n"
    );
    let other = sandbox
        .with_file("/data/a", "other")
        .expect("the setting is valid");
    assert_eq!(stdout(&other, "print(open('/data/a').read())"), "other\n");
}

#[test]
fn of_a_program() {
    let program = Program::new("print(open('/tmp/in').read())").file("/tmp/in", "given");
    assert_eq!(stdout(&TINY, program), "given\n");
    let sandbox = TINY
        .clone()
        .with_file("/tmp/in", "of the sandbox")
        .expect("the setting is valid");
    let program = Program::new("print(open('/tmp/in').read())").file("/tmp/in", "given");
    assert_eq!(stdout(&sandbox, program), "given\n");
    assert_eq!(
        stdout(&sandbox, "print(open('/tmp/in').read())"),
        "of the sandbox\n"
    );
    for path in ["relative", "/python/x", "/tmp/\0"] {
        let error = run(&TINY, Program::new("print(1)").file(path, "")).expect_err("it cannot be");
        assert!(
            matches!(&error.kind, ErrorKind::File { path: it, .. } if it == path),
            "{error:?}"
        );
        let error = TINY.clone().with_file(path, "").expect_err("it cannot be");
        let path = path.to_owned();
        assert_eq!(error, ConfigError::FilePath { path });
    }
}

#[test]
fn returned_files() {
    let code = "open('/tmp/out', 'wb').write(b'\\xff\\0'); open('/tmp/empty', 'w')";
    let program = Program::new(code);
    let program = program
        .return_file("/tmp/out")
        .return_file("/tmp/empty")
        .return_file("/tmp/none");
    let result = run(&TINY, program.return_file("/tmp").return_file("relative"))
        .expect("the program succeeds");
    assert_eq!(result.files["/tmp/out"], Ok(b"\xff\0".to_vec()));
    assert_eq!(result.files["/tmp/empty"], Ok(vec![]));
    for path in ["/tmp/none", "/tmp", "relative"] {
        let reason = result.files[path]
            .as_ref()
            .expect_err("there is no such file");
        assert!(matches!(reason, ErrorKind::File { .. }), "{reason:?}");
    }
    assert_eq!(result.files.len(), 5);
    // Python flushes a file that it closes at exit.
    let code = "import atexit\nfile = open('/tmp/out', 'w')\nfile.write('late')\natexit.register(file.close)";
    let result =
        run(&TINY, Program::new(code).return_file("/tmp/out")).expect("the program succeeds");
    assert_eq!(result.files["/tmp/out"], Ok(b"late".to_vec()));
}

#[test]
fn returned_files_after_os_exit() {
    let code = "import os\nopen('/tmp/out', 'w').close()\nos._exit(0)";
    let result =
        run(&TINY, Program::new(code).return_file("/tmp/out")).expect("the exit status is 0");
    let reason = result.files["/tmp/out"]
        .as_ref()
        .expect_err("there is no instance");
    assert_eq!(*reason, ErrorKind::Lost);
}
