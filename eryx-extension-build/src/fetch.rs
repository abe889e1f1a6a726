//! Downloads one file over HTTP, with limits on time and size, retries, and a digest that is
//! computed while the file arrives.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use eryx_artifact::{Digest, Hasher};
use ureq::Agent;
use ureq::http::StatusCode;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// How files are downloaded.
#[derive(Clone, Debug)]
pub struct Fetcher {
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the server may send nothing.
    pub read_timeout: Duration,
    /// How long one attempt may take in total.
    pub total_timeout: Duration,
    /// How often a URL is tried; 0 counts as 1.
    pub attempts: u32,
    /// How long to wait before the second attempt; each later wait is twice as long.
    pub backoff: Duration,
    /// Whether to use the proxy that the environment names: `HTTPS_PROXY`, `NO_PROXY` and so on.
    pub system_proxy: bool,
    /// A PEM file of the certificate authorities to trust instead of the common ones, for networks
    /// that have their own.
    pub ca_file: Option<PathBuf>,
}

impl Default for Fetcher {
    /// 20 seconds to connect, 30 seconds without a byte, 10 minutes in total; three attempts, the
    /// second after half a second.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(20),
            read_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_mins(10),
            attempts: 3,
            backoff: Duration::from_millis(500),
            system_proxy: true,
            ca_file: None,
        }
    }
}

/// Why one download failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server answered with another status than 200.
    #[error("the server answered {0}")]
    Status(StatusCode),
    /// There was no connection, or it failed before the file arrived.
    #[error("{}", without_prefix(.0))]
    Transport(Box<ureq::Error>),
    /// The connection failed while the file arrived.
    #[error("after {received} bytes: {reason}")]
    Interrupted {
        /// How many bytes had arrived.
        received: u64,
        /// The system's error.
        reason: std::io::Error,
    },
    /// The file has another size than the pinned one.
    #[error("the server sent {found} bytes, and wheel.lock says {expected}")]
    Size {
        /// How many bytes arrived or were announced: "7", or "more than 7".
        found: String,
        /// How many the lock pins.
        expected: u64,
    },
    /// The file has another digest than the pinned one.
    #[error("the server sent another file: its sha256 is {found}, and wheel.lock says {expected}")]
    Digest {
        /// The digest of what arrived.
        found: Digest,
        /// The digest that the lock pins.
        expected: Digest,
    },
    /// The file of [`Fetcher::ca_file`] cannot be used.
    #[error("cannot read the certificates in {}: {reason}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// Whether the same request may succeed a moment later.
    fn is_transient(&self) -> bool {
        match self {
            Self::Status(status) => {
                status.is_server_error()
                    || *status == StatusCode::TOO_MANY_REQUESTS
                    || *status == StatusCode::REQUEST_TIMEOUT
            }
            Self::Transport(error) => match &**error {
                // Invalid data stays invalid: a certificate that is refused, for example.
                ureq::Error::Io(error) => error.kind() != std::io::ErrorKind::InvalidData,
                ureq::Error::Timeout(_)
                | ureq::Error::Protocol(_)
                | ureq::Error::HostNotFound
                | ureq::Error::ConnectionFailed => true,
                _ => false,
            },
            Self::Interrupted { .. } => true,
            Self::Size { .. } | Self::Digest { .. } | Self::CaFile { .. } => false,
        }
    }
}

impl Fetcher {
    /// Downloads the file of this size and digest; any other is an error.
    ///
    /// `progress` is called with the number of bytes that have arrived; each attempt begins at zero.
    ///
    /// ```no_run
    /// use eryx_extension_build::{Digest, Fetcher};
    ///
    /// let url = "https://example.com/demo-1.0-py3-none-any.whl";
    /// let bytes = Fetcher::default().fetch(url, 3, Digest::of(b"abc"), &mut |_bytes| ())?;
    /// # Ok::<(), eryx_extension_build::fetch::Error>(())
    /// ```
    pub fn fetch(
        &self,
        url: &str,
        size: u64,
        sha256: Digest,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Vec<u8>, Error> {
        let agent = self.agent()?;
        let mut pause = self.backoff;
        let mut attempt = 1;
        loop {
            match fetch_once(&agent, url, size, sha256, progress) {
                Err(error) if error.is_transient() && attempt < self.attempts => {
                    std::thread::sleep(pause);
                    pause = pause.saturating_mul(2);
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    fn agent(&self) -> Result<Agent, Error> {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(self.connect_timeout))
            .timeout_per_read(Some(self.read_timeout))
            .timeout_global(Some(self.total_timeout))
            .user_agent(concat!("eryx-extension-build/", env!("CARGO_PKG_VERSION")))
            // The digest is that of the file, and not of a compressed form of it.
            .accept_encoding("identity");
        if !self.system_proxy {
            config = config.proxy(None);
        }
        if let Some(path) = &self.ca_file {
            let certificates = certificates(path).map_err(|reason| Error::CaFile {
                path: path.clone(),
                reason,
            })?;
            let tls = TlsConfig::builder().root_certs(certificates).build();
            config = config.tls_config(tls);
        }
        Ok(config.build().new_agent())
    }
}

/// The client's error; if that only wraps an error of the system, the system's.
fn without_prefix(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// Reads the certificates in a PEM file, which must have at least one.
fn certificates(path: &std::path::Path) -> Result<RootCerts, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| error.to_string())? {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        return Err("there are none".to_owned());
    }
    Ok(RootCerts::Specific(Arc::new(found)))
}

fn fetch_once(
    agent: &Agent,
    url: &str,
    size: u64,
    sha256: Digest,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<u8>, Error> {
    let response = agent
        .get(url)
        .call()
        .map_err(|error| Error::Transport(Box::new(error)))?;
    if response.status() != StatusCode::OK {
        return Err(Error::Status(response.status()));
    }
    let wrong_size = |found: String| Error::Size {
        found,
        expected: size,
    };
    if let Some(announced) = response.body().content_length()
        && announced != size
    {
        return Err(wrong_size(announced.to_string()));
    }
    let mut reader = response.into_body().into_reader();
    let mut hasher = Hasher::default();
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let received = bytes.len() as u64;
        progress(received);
        let count = match reader.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(reason) => return Err(Error::Interrupted { received, reason }),
        };
        if count == 0 {
            break;
        }
        if received + count as u64 > size {
            return Err(wrong_size(format!("more than {size}")));
        }
        hasher.update(&buffer[..count]);
        bytes.extend_from_slice(&buffer[..count]);
    }
    if bytes.len() as u64 != size {
        return Err(wrong_size(bytes.len().to_string()));
    }
    let found = hasher.finish();
    if found != sha256 {
        return Err(Error::Digest {
            found,
            expected: sha256,
        });
    }
    Ok(bytes)
}
