//! Downloads one file over HTTP: bounded in time and size, tried again when that may help, and
//! hashed while it comes.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use ureq::Agent;
use ureq::http::StatusCode;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use crate::digest::Digest;

/// How files are downloaded. The default is for people; tests want shorter times.
#[derive(Clone, Debug)]
pub struct Fetcher {
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long a server may be silent.
    pub read_timeout: Duration,
    /// How long one attempt may take in all.
    pub total_timeout: Duration,
    /// How often one address is tried, at least once.
    pub attempts: u32,
    /// How long to wait before the second attempt; each further wait is twice as long.
    pub backoff: Duration,
    /// Whether the proxy that the environment names is used: `HTTPS_PROXY`, `NO_PROXY` and so on.
    pub system_proxy: bool,
    /// A PEM file of the authorities to trust instead of the common ones, for networks that have
    /// one of their own.
    pub authorities: Option<PathBuf>,
}

impl Default for Fetcher {
    /// 20 seconds to connect, 30 of silence, 10 minutes in all; three attempts, the second after
    /// half a second.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(20),
            read_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_mins(10),
            attempts: 3,
            backoff: Duration::from_millis(500),
            system_proxy: true,
            authorities: None,
        }
    }
}

/// Why one download failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server answered with something else than the file.
    #[error("the server answered {0}")]
    Status(StatusCode),
    /// No connection, or it broke.
    #[error("{}", plain(.0))]
    Transport(Box<ureq::Error>),
    /// The connection broke while the file came.
    #[error("after {received} bytes: {reason}")]
    Interrupted {
        /// How many bytes had come.
        received: u64,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The file is not as long as the one that is pinned.
    #[error("the server sent {found} bytes, and wheel.lock says {expected}")]
    Size {
        /// How many bytes came or were announced: "7", or "more than 7".
        found: String,
        /// How many the lock says.
        expected: u64,
    },
    /// The file is not the one that is pinned.
    #[error("the server sent another file: its sha256 is {found}, and wheel.lock says {expected}")]
    Digest {
        /// The digest of what came.
        found: Digest,
        /// The digest that the lock says.
        expected: Digest,
    },
    /// The file of [`Fetcher::authorities`] is no good.
    #[error("cannot read the certificates in {}: {reason}", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// Whether the same request may succeed a moment later.
    fn is_passing(&self) -> bool {
        match self {
            Self::Status(status) => {
                status.is_server_error()
                    || *status == StatusCode::TOO_MANY_REQUESTS
                    || *status == StatusCode::REQUEST_TIMEOUT
            }
            Self::Transport(error) => match &**error {
                // A certificate that is refused, for one, is invalid data for ever.
                ureq::Error::Io(error) => error.kind() != std::io::ErrorKind::InvalidData,
                ureq::Error::Timeout(_)
                | ureq::Error::Protocol(_)
                | ureq::Error::HostNotFound
                | ureq::Error::ConnectionFailed => true,
                _ => false,
            },
            Self::Interrupted { .. } => true,
            Self::Size { .. } | Self::Digest { .. } | Self::Authorities { .. } => false,
        }
    }
}

impl Fetcher {
    /// Downloads a file whose size and digest are known, and returns no other.
    ///
    /// `progress` is told how many bytes have come, from zero again with each attempt.
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
            match attempt_once(&agent, url, size, sha256, progress) {
                Err(error) if error.is_passing() && attempt < self.attempts => {
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
            // The digest is that of the file itself, however it travels.
            .accept_encoding("identity");
        if !self.system_proxy {
            config = config.proxy(None);
        }
        if let Some(path) = &self.authorities {
            let certificates = authorities(path).map_err(|reason| Error::Authorities {
                path: path.clone(),
                reason,
            })?;
            let tls = TlsConfig::builder().root_certs(certificates).build();
            config = config.tls_config(tls);
        }
        Ok(config.build().new_agent())
    }
}

/// What the client has to say, without its own word before what the system said.
fn plain(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// The certificates in a PEM file, of which there must be one at least.
fn authorities(path: &std::path::Path) -> Result<RootCerts, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| error.to_string())? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err("there are none".to_owned());
    }
    Ok(RootCerts::Specific(Arc::new(certificates)))
}

fn attempt_once(
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
    let mut hasher = Sha256::new();
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
    let found = Digest::from_array(hasher.finalize().into());
    if found != sha256 {
        return Err(Error::Digest {
            found,
            expected: sha256,
        });
    }
    Ok(bytes)
}
