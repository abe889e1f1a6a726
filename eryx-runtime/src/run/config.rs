//! What programs are given beside their image.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::Semaphore;

use super::host_calls::HostFunction;
use super::limits::Limits;

/// The trees that programs can only read; nothing can be put there.
const READ_ONLY: [&str; 3] = ["/dev/", "/python/", "/site-packages/"];

/// What the programs of an instance are given, and what they may use.
#[derive(Clone, Debug, Default)]
pub struct InstanceConfig {
    /// What each program may use, unless it brings limits of its own.
    pub limits: Limits,
    /// What `sys.argv` holds after the program's name, for programs that bring no arguments.
    pub arguments: Vec<String>,
    /// What the clock shows at first, instead of the host's. It advances by a microsecond whenever it is
    /// read, and by as much as a program sleeps, which then takes no time at all.
    pub clock: Option<SystemTime>,
    /// The seed of all random numbers, instead of the host's randomness.
    pub seed: Option<u64>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) functions: Arc<[HostFunction]>,
    pub(crate) files: Vec<(String, Arc<[u8]>)>,
    /// The right to run, if fewer instances may than the runtime has slots.
    pub(crate) concurrency: Option<Arc<Semaphore>>,
}

/// Something that programs cannot be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A variable that no environment can have.
    #[error(
        "{name:?} cannot be set in the environment; a name is not empty and has no `=`, and neither \
         the name nor the value has a NUL"
    )]
    EnvironmentVariable {
        /// The variable's name.
        name: String,
    },
    /// A name that no function can have.
    #[error("{name:?} cannot be the name of a function; use letters, digits and `_` of ASCII")]
    FunctionName {
        /// The name.
        name: String,
    },
    /// Two functions with one name.
    #[error("there are two host functions named {name}; remove one of the two")]
    FunctionTwice {
        /// Their name.
        name: String,
    },
    /// A parameter that was said to be optional and cannot be.
    #[error("the host function {function}: {reason}")]
    Parameter {
        /// The function's name.
        function: String,
        /// What is wrong.
        reason: String,
    },
    /// A path that no file in a sandbox can have.
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
    /// Sets a variable of the environment.
    ///
    /// # Errors
    ///
    /// If the name is empty or has a `=` in it, or the name or the value has a NUL.
    pub fn add_variable(&mut self, name: String, value: String) -> Result<(), ConfigError> {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(ConfigError::EnvironmentVariable { name });
        }
        self.environment.push((name, value));
        Ok(())
    }

    /// Gives programs a host function, as a global of its name.
    ///
    /// # Errors
    ///
    /// If the name is not a Python identifier of ASCII, or another function has it.
    pub fn add_function(&mut self, function: HostFunction) -> Result<(), ConfigError> {
        let mut characters = function.name.chars();
        let begins = characters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
        if !(begins && characters.all(|it| it.is_ascii_alphanumeric() || it == '_')) {
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

    /// Puts a file into each instance, at an absolute path. Directories on the way are made.
    ///
    /// # Errors
    ///
    /// If the path is not absolute, has a NUL, or leads to what programs can only read.
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

    /// Limits how many instances with this configuration, and those cloned from it, there can be at a
    /// time; others wait, first come, first served.
    pub fn set_max_concurrency(&mut self, count: usize) {
        let count = count.min(Semaphore::MAX_PERMITS);
        self.concurrency = Some(Arc::new(Semaphore::new(count)));
    }
}
