//! Downloads, against a server on the loopback interface that behaves as badly as servers do.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use eryx_extension_build::lock::{self, Wheel};
use eryx_extension_build::obtain::{Obtained, Origin, SearchConfig, obtain};
use eryx_extension_build::{Fetcher, prepare};

/// What the server does with one request.
#[derive(Clone, Copy)]
enum Answer {
    /// The file.
    Whole,
    /// The file, without saying how long it is.
    WithoutLength,
    /// A status and nothing else.
    Status(&'static str),
    /// Half of the file, as if it were whole.
    Half,
    /// Half of the file, and then the end of the connection.
    CutShort,
    /// Half of the file, and then nothing.
    Stalled,
    /// As many other bytes.
    OtherBytes,
    /// The file and more, without saying how long it is.
    TooLong,
}

/// A server that gives the answers in their order, and the last one for ever.
struct Server {
    url: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn new(file: &[u8], answers: &'static [Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its number");
        let requests = Arc::new(AtomicUsize::new(0));
        let (file, count) = (file.to_vec(), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let request = count.fetch_add(1, Ordering::SeqCst);
                let answer = answers[request.min(answers.len() - 1)];
                let file = file.clone();
                // The client may go away at any time.
                thread::spawn(move || {
                    let _ = respond(stream, &file, answer);
                });
            }
        });
        Self {
            url: format!("http://{address}/wheels"),
            requests,
        }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn respond(mut stream: TcpStream, file: &[u8], answer: Answer) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let path = lines.next().transpose()?.unwrap_or_default();
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    let status = match answer {
        Answer::Status(status) => status,
        _ if !path.starts_with("GET /wheels/demo-1.0-") => "404 Not Found",
        _ => "200 OK",
    };
    let half = &file[..file.len() / 2];
    let other = vec![b'x'; file.len()];
    let long = [file, b"more"].concat();
    let (length, body) = match answer {
        _ if status != "200 OK" => (Some(0), &[][..]),
        Answer::Whole | Answer::Status(_) => (Some(file.len()), file),
        Answer::WithoutLength => (None, file),
        Answer::Half => (Some(half.len()), half),
        Answer::CutShort | Answer::Stalled => (Some(file.len()), half),
        Answer::OtherBytes => (Some(file.len()), other.as_slice()),
        Answer::TooLong => (None, long.as_slice()),
    };
    write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\n")?;
    if let Some(length) = length {
        write!(stream, "Content-Length: {length}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(body)?;
    stream.flush()?;
    if matches!(answer, Answer::Stalled) {
        thread::sleep(Duration::from_secs(2));
    }
    Ok(())
}

/// A good wheel and its lock.
fn wheel() -> (Wheel, Vec<u8>) {
    let (file, bytes) = support::good_wheel();
    let text = support::document(support::lock(&file, &bytes));
    let wheel = lock::parse(Path::new("wheel.lock"), &text).expect("a good lock");
    (wheel, bytes)
}

/// The server as the only place; waits are short.
fn config(server: &Server, directory: &Path) -> SearchConfig {
    SearchConfig {
        wheel_dir: None,
        crate_dir: directory.join("crate"),
        cache_dir: Some(directory.join("cache/wheels")),
        mirror: Some(server.url.clone()),
        offline: false,
        fetcher: Fetcher {
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_millis(100),
            backoff: Duration::from_millis(1),
            system_proxy: false,
            ..Fetcher::default()
        },
    }
}

/// Obtains a good wheel from a server with these answers: what came of it, and after how many
/// requests.
fn from_server(answers: &'static [Answer]) -> (Result<Obtained, String>, usize) {
    let (wheel, bytes) = wheel();
    let server = Server::new(&bytes, answers);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = config(&server, directory.path());
    let result = obtain(&wheel, &config, &mut |_| ()).map_err(|error| error.to_string());
    let cached = directory.path().join("cache/wheels");
    match &result {
        Ok(obtained) => {
            assert_eq!(obtained.bytes, bytes);
            let cached = std::fs::read(cached.join(&wheel.file)).expect("a file in the cache");
            assert_eq!(cached, bytes);
        }
        Err(_) => assert!(!cached.exists(), "no bad file is in the cache"),
    }
    (result, server.requests())
}

/// The requests that a refused download took, and the line about the mirror.
fn refused(answers: &'static [Answer]) -> (usize, String) {
    let (result, requests) = from_server(answers);
    let error = result.expect_err("an error");
    let line = error
        .lines()
        .find_map(|line| line.split_once("(from ERYX_WHEEL_MIRROR): "));
    (
        requests,
        line.expect("a line about the mirror").1.to_owned(),
    )
}

#[test]
fn a_wheel_is_downloaded_kept_and_found_again() {
    let (wheel, bytes) = wheel();
    let server = Server::new(&bytes, &[Answer::Whole]);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = config(&server, directory.path());
    let mut received = 0;
    let first = obtain(&wheel, &config, &mut |bytes| received = bytes).expect("a wheel");
    assert_eq!(first.place.origin, Origin::Mirror);
    assert_eq!(first.warning, None);
    assert_eq!(received, bytes.len() as u64);
    assert!(prepare(&wheel, &first.bytes).is_ok());

    let second = obtain(&wheel, &config, &mut |_| ()).expect("a wheel");
    assert_eq!(second.place.origin, Origin::Cache);
    assert_eq!(server.requests(), 1);

    // Another file in its place is no obstacle.
    let cached = directory.path().join("cache/wheels").join(&wheel.file);
    std::fs::write(&cached, vec![0; bytes.len()]).expect("a file");
    let third = obtain(&wheel, &config, &mut |_| ()).expect("a wheel");
    assert_eq!(third.place.origin, Origin::Mirror);
    assert_eq!(std::fs::read(&cached).expect("a file"), bytes);
}

#[test]
fn a_length_is_not_needed() {
    let (result, requests) = from_server(&[Answer::WithoutLength]);
    assert!(result.is_ok());
    assert_eq!(requests, 1);
}

#[test]
fn a_passing_error_is_tried_again() {
    let answers: [&[Answer]; 5] = [
        &[Answer::Status("500 Internal Server Error"), Answer::Whole],
        &[Answer::Status("503 Service Unavailable"), Answer::Whole],
        &[Answer::Status("429 Too Many Requests"), Answer::Whole],
        &[Answer::CutShort, Answer::Whole],
        &[Answer::Stalled, Answer::Whole],
    ];
    for answers in answers {
        let (result, requests) = from_server(answers);
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(requests, 2);
    }
}

#[test]
fn a_lasting_error_is_given_up() {
    let (requests, line) = refused(&[Answer::Status("500 Internal Server Error")]);
    assert_eq!(requests, 3);
    assert_eq!(line, "the server answered 500 Internal Server Error");

    let (requests, line) = refused(&[Answer::CutShort]);
    assert_eq!(requests, 3);
    assert!(line.starts_with("after "), "{line}");

    let (requests, line) = refused(&[Answer::Stalled]);
    assert_eq!(requests, 3);
    assert!(line.contains("timeout"), "{line}");
}

#[test]
fn what_will_not_change_is_not_tried_again() {
    let (wheel, bytes) = wheel();
    let length = bytes.len();
    let (requests, line) = refused(&[Answer::Status("404 Not Found")]);
    assert_eq!(requests, 1);
    assert_eq!(line, "the server answered 404 Not Found");

    let (requests, line) = refused(&[Answer::Half]);
    assert_eq!(requests, 1);
    let half = length / 2;
    let expected = format!("the server sent {half} bytes, and wheel.lock says {length}");
    assert_eq!(line, expected);

    let (requests, line) = refused(&[Answer::TooLong]);
    assert_eq!(requests, 1);
    let expected =
        format!("the server sent more than {length} bytes, and wheel.lock says {length}");
    assert_eq!(line, expected);

    let (requests, line) = refused(&[Answer::OtherBytes]);
    assert_eq!(requests, 1);
    assert!(line.starts_with("the server sent another file"), "{line}");
    assert!(line.contains(&wheel.sha256.to_string()), "{line}");
}

#[test]
fn the_addresses_of_the_lock_come_after_the_mirror() {
    let (file, bytes) = support::good_wheel();
    let broken = Server::new(&bytes, &[Answer::Status("404 Not Found")]);
    let good = Server::new(&bytes, &[Answer::Whole]);
    let mut table = support::lock(&file, &bytes);
    let url = toml::Value::from(format!("{}/{file}", good.url));
    table.insert("urls".to_owned(), toml::Value::Array(vec![url]));
    let text = support::document(table);
    let wheel = lock::parse(Path::new("wheel.lock"), &text).expect("a good lock");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = config(&broken, directory.path());
    let obtained = obtain(&wheel, &config, &mut |_| ()).expect("a wheel");
    assert_eq!(obtained.place.origin, Origin::Lock);
    assert_eq!((broken.requests(), good.requests()), (1, 1));
}

#[test]
fn offline_means_no_request() {
    let (wheel, bytes) = wheel();
    let server = Server::new(&bytes, &[Answer::Whole]);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = SearchConfig {
        offline: true,
        ..config(&server, directory.path())
    };
    let error = obtain(&wheel, &config, &mut |_| ()).expect_err("an error");
    assert!(
        error
            .to_string()
            .contains("not tried, because CARGO_NET_OFFLINE is set")
    );
    assert_eq!(server.requests(), 0);
}

#[test]
fn two_builds_at_once() {
    let (wheel, bytes) = wheel();
    let server = Server::new(&bytes, &[Answer::Whole]);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = config(&server, directory.path());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let obtained = obtain(&wheel, &config, &mut |_| ()).expect("a wheel");
                assert_eq!(obtained.bytes, bytes);
                assert_eq!(obtained.warning, None);
            });
        }
    });
    let cached = std::fs::read_dir(directory.path().join("cache/wheels")).expect("the cache");
    assert_eq!(cached.count(), 1, "no temporary file is left");
}

#[test]
fn a_cache_that_cannot_be_written_is_a_warning() {
    let (wheel, bytes) = wheel();
    let server = Server::new(&bytes, &[Answer::Whole]);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("file");
    std::fs::write(&file, "").expect("a file");
    let config = SearchConfig {
        cache_dir: Some(file.join("wheels")),
        ..config(&server, directory.path())
    };
    let obtained = obtain(&wheel, &config, &mut |_| ()).expect("a wheel");
    assert!(obtained.warning.is_some_and(|text| {
        text.contains("cannot write demo-1.0-cp314-cp314-wasi_0_0_0_wasm32.whl to the cache")
    }));
}

#[test]
fn authorities_must_be_readable() {
    let (wheel, bytes) = wheel();
    let server = Server::new(&bytes, &[Answer::Whole]);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("authorities.pem");
    std::fs::write(&file, "none").expect("a file");
    let mut config = config(&server, directory.path());
    config.fetcher.ca_file = Some(file);
    let error = obtain(&wheel, &config, &mut |_| ()).expect_err("an error");
    assert!(error.to_string().contains("cannot read the certificates"));
}
