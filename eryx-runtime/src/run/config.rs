//! The configuration of instances, beside their image.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::Semaphore;

use super::host_calls::HostFunction;
use super::limits::Limits;

/// The directories that are read-only in a sandbox.
const READ_ONLY: [&str; 3] = ["/dev/", "/python/", "/site-packages/"];

/// The configuration of instances: limits, arguments, environment, files and host functions.
///
/// ```
/// use eryx_runtime::{ConfigError, InstanceConfig, Limits};
///
/// let mut config = InstanceConfig::default();
/// config.limits = Limits::default().memory(256 << 20);
/// config.seed = Some(42);
/// config.add_variable("LANG".to_owned(), "C.UTF-8".to_owned())?;
/// config.add_file("/data/in.csv".to_owned(), &b"1,2\n"[..])?;
/// config.set_max_concurrency(4);
///
/// let refused = config.add_file("/python/in.csv".to_owned(), Vec::new());
/// assert!(matches!(refused, Err(ConfigError::FilePath { .. })));
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct InstanceConfig {
    /// The limits of each program that does not set its own
    /// ([`Program::limits`](crate::Program::limits)).
    pub limits: Limits,
    /// The elements of `sys.argv` after the program's name, for programs that do not set their own.
    pub arguments: Vec<String>,
    /// The time at which a deterministic clock starts. It advances by a microsecond at each
    /// reading, and by the time of each sleep, which returns at once. None, the default, is the
    /// host's clock.
    pub clock: Option<SystemTime>,
    /// The seed of all random numbers. None, the default, is the host's randomness.
    pub seed: Option<u64>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) functions: Arc<[HostFunction]>,
    pub(crate) files: Vec<(String, Arc<[u8]>)>,
    /// The slots of this configuration, if it allows fewer instances than the runtime has slots.
    pub(crate) concurrency: Option<Arc<Semaphore>>,
}

/// Why a configuration is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An environment variable with an invalid name or value.
    #[error(
        "{name:?} cannot be set in the environment: its name is empty or has a `=`, or a NUL is in \
         the name or the value; give another name or value"
    )]
    EnvironmentVariable {
        /// The variable's name.
        name: String,
    },
    /// A host function with an invalid name.
    #[error(
        "{name:?} cannot be the name of a host function; use ASCII letters, digits and `_`, and \
         begin with no digit"
    )]
    FunctionName {
        /// The name.
        name: String,
    },
    /// Two host functions of the same name.
    #[error("there are two host functions named {name}; remove one of the two")]
    FunctionTwice {
        /// Their name.
        name: String,
    },
    /// A host function with an invalid parameter.
    #[error("the host function {function}: {reason}")]
    Parameter {
        /// The function's name.
        function: String,
        /// What is wrong.
        reason: String,
    },
    /// A path at which the sandbox cannot have a file.
    #[error(
        "{path:?} cannot be the path of a file in the sandbox; give an absolute one like \
         `/data/in.csv`, outside `/dev`, `/python` and `/site-packages`"
    )]
    FilePath {
        /// The path.
        path: String,
    },
}

impl InstanceConfig {
    /// Adds an environment variable.
    ///
    /// # Errors
    ///
    /// [`ConfigError::EnvironmentVariable`] if the name is empty or has a `=`, or the name or the
    /// value has a NUL.
    pub fn add_variable(&mut self, name: String, value: String) -> Result<(), ConfigError> {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(ConfigError::EnvironmentVariable { name });
        }
        self.environment.push((name, value));
        Ok(())
    }

    /// Adds a host function, which programs find as a global variable of its name.
    ///
    /// # Errors
    ///
    /// [`ConfigError::FunctionName`] if the name is not an ASCII Python identifier, and
    /// [`ConfigError::FunctionTwice`] if there is a host function of this name already.
    pub fn add_function(&mut self, function: HostFunction) -> Result<(), ConfigError> {
        let mut characters = function.name.chars();
        let first_is_valid = characters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
        if !(first_is_valid && characters.all(|it| it.is_ascii_alphanumeric() || it == '_')) {
            return Err(ConfigError::FunctionName {
                name: function.name,
            });
        }
        if self
            .functions
            .iter()
            .any(|other| other.name == function.name)
        {
            return Err(ConfigError::FunctionTwice {
                name: function.name,
            });
        }
        let functions = self.functions.iter().cloned();
        self.functions = functions.chain([function]).collect();
        Ok(())
    }

    /// Adds a file, which each instance has at this absolute path when it starts. Missing
    /// directories on the way are created. Its bytes count towards
    /// [`Limits::memory`](crate::Limits::memory).
    ///
    /// # Errors
    ///
    /// [`ConfigError::FilePath`] if the path is not absolute, has a NUL, or is in a read-only
    /// directory.
    pub fn add_file(
        &mut self,
        path: String,
        contents: impl Into<Arc<[u8]>>,
    ) -> Result<(), ConfigError> {
        let is_read_only = READ_ONLY.iter().any(|tree| path.starts_with(tree));
        if !path.starts_with('/') || path.contains('\0') || is_read_only {
            return Err(ConfigError::FilePath { path });
        }
        self.files.push((path, contents.into()));
        Ok(())
    }

    /// Limits the number of live instances with this configuration and its clones. Others wait in
    /// FIFO order. The limit of [`Runtime::slots`](crate::Runtime::slots) holds as well.
    pub fn set_max_concurrency(&mut self, count: usize) {
        let count = count.min(Semaphore::MAX_PERMITS);
        self.concurrency = Some(Arc::new(Semaphore::new(count)));
    }
}
