//! Runs each example as a process, and compares what it prints.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use eryx_test_support::image_cache;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("ERYX_CACHE_DIR", image_cache());
    command
}

/// What an example prints to stdout, which must be all it prints, before it ends well.
fn output(program: &str) -> String {
    let output = command(program).output().expect("the example starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);
    String::from_utf8(output.stdout).expect("it prints text")
}

#[test]
fn first_run() {
    let output = output(env!("CARGO_BIN_EXE_first_run"));
    let lines: Vec<&str> = output.lines().collect();
    let [hello, memory, so_far, error] = *lines else {
        panic!("not four lines: {output}");
    };
    assert_eq!(hello, "hello from wasi");
    let memory = memory.strip_prefix("peak memory: ").expect(memory);
    let memory = memory.strip_suffix(" MiB").expect(memory);
    assert!((20..200).contains(&memory.parse::<u32>().expect(memory)));
    assert_eq!(so_far, "so far");
    let expected = "FileNotFoundError: [Errno 44] No such file or directory: '/etc/passwd'";
    assert_eq!(error, expected);
}

#[test]
fn host_functions() {
    assert_eq!(
        output(env!("CARGO_BIN_EXE_host_functions")),
        "205 cents\n\
         no such item: there is no price for plum\n\
         Help on function price in module __main__:\n\n\
         price(item, count=1)\n    Returns what some pieces of an item cost.\n\n"
    );
}

#[test]
fn sessions() {
    assert_eq!(
        output(env!("CARGO_BIN_EXE_sessions")),
        "total: 8\n\
         IndexError: list index out of range\n\
         first: 8\n\
         copy: 800\n\
         NameError: name 'total' is not defined\n"
    );
}

#[test]
fn streaming() {
    assert_eq!(
        output(env!("CARGO_BIN_EXE_streaming")),
        "3 squared is 9\n\
         12 squared is 144\n\
         stdout: to stdout\n\
         stderr: to stderr\n"
    );
}

#[test]
fn limits_and_cancellation() {
    assert_eq!(
        output(env!("CARGO_BIN_EXE_limits_and_cancellation")),
        "while True: pass: WallTime\n\
         10 ** 10 ** 8: WallTime\n\
         import time; time.sleep(60): WallTime\n\
         data = bytearray(1 << 30): Memory\n\
         while True: print('spam'): OutputBytes\n\
         done\n\
         the run was cancelled\n"
    );
}

#[test]
fn image_file() {
    assert_eq!(
        output(env!("CARGO_BIN_EXE_image_file")),
        "the same image: true\n0.3\n"
    );
}

#[test]
fn numpy() {
    assert_eq!(
        output(env!("CARGO_BIN_EXE_numpy")),
        "y = 2.5 x + 1, from [100] samples\n\
         the last sample is 248.5\n"
    );
}

/// A running service, which ends with this.
struct Service {
    process: Child,
    address: String,
}

impl Service {
    /// Starts the service on a free port, and waits until it listens.
    fn start() -> Self {
        let mut command = command(env!("CARGO_BIN_EXE_web_service"));
        command.arg("127.0.0.1:0").stdout(Stdio::piped());
        let mut process = command.spawn().expect("the example starts");
        let stdout = process.stdout.take().expect("its stdout is a pipe");
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        read.expect("its stdout can be read");
        let address = line.trim_end().strip_prefix("listening on http://");
        let address = address.expect("it says where it listens").to_owned();
        Self { process, address }
    }

    /// The status and the body of what it answers.
    async fn post(&self, body: &str) -> (u16, serde_json::Value) {
        let mut stream = TcpStream::connect(&self.address).await.expect("it listens");
        let length = body.len();
        let request = format!(
            "POST /run HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        let sent = stream.write_all(request.as_bytes()).await;
        sent.expect("it takes the request");
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer).await;
        read.expect("it answers with text");
        let status = answer.split(' ').nth(1).expect("a status line");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an empty line");
        (
            status.parse().expect("a status"),
            serde_json::from_str(body).expect("the body is JSON"),
        )
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn web_service() {
    let service = Service::start();
    let hello = service.post("print(6 * 7)").await;
    assert_eq!(hello, (200, serde_json::json!({ "stdout": "42\n" })));

    let (slow, failed) = tokio::join!(
        service.post("print('begun'); import time; time.sleep(60)"),
        service.post("1 / 0"),
    );
    let error = "ZeroDivisionError: division by zero";
    assert_eq!(
        failed,
        (200, serde_json::json!({ "stdout": "", "error": error }))
    );
    let (status, body) = slow;
    assert_eq!((status, &body["stdout"]), (200, &"begun\n".into()));
    let error = body["error"].as_str().expect("an error");
    assert!(
        error.starts_with("the program passed its limit on wall-clock time"),
        "{error}"
    );
}
