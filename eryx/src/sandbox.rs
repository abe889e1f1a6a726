//! [`Sandbox`]: an image, and the settings for the programs that run in it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use eryx_runtime::{
    ConfigError, ExecuteError, ExecuteResult, Image, ImageError, InstanceConfig, Limits, Program,
    Runtime, Session,
};

use crate::Function;
#[cfg(feature = "build")]
use crate::SandboxBuilder;

/// Python with a set of packages, ready to run untrusted programs.
///
/// A sandbox is cheap to clone; all clones share one image. It can run many programs concurrently. The
/// methods `with_…` return a sandbox of the same image with other settings: limits, environment,
/// files, host functions.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use eryx::{Limits, Sandbox};
///
/// let sandbox = Sandbox::builder().build()?;
/// let small = sandbox.clone().with_limits(Limits::default().memory(64 << 20));
/// let (one, two) = tokio::join!(sandbox.execute("print(1)"), small.execute("print(2)"));
/// assert_eq!(one?.stdout, "1\n");
/// assert_eq!(two?.stdout, "2\n");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Sandbox {
    image: Image,
    config: Arc<InstanceConfig>,
}

impl Sandbox {
    /// Returns a builder, which chooses the packages of a sandbox.
    #[cfg(feature = "build")]
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }

    /// Loads an image file that [`Image::save`] or `eryx image build` wrote. This builds nothing and
    /// uses no cache.
    ///
    /// **Trust the file as you would trust a program**: it contains machine code, which runs with all
    /// rights of this process.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, is writable for every user, is damaged, or was built
    /// by another version of eryx, for another system, or for a processor with instructions that this
    /// one lacks.
    ///
    /// ```no_run
    /// use eryx::Sandbox;
    ///
    /// // Once, on a build machine:
    /// let sandbox = Sandbox::builder().with_embedded_runtime().build()?;
    /// sandbox.image().save("sandbox.eryx")?;
    ///
    /// // In the deployed program:
    /// let sandbox = Sandbox::from_image_file("sandbox.eryx")?;
    /// # Ok::<(), eryx::BuildError>(())
    /// ```
    pub fn from_image_file(path: impl AsRef<Path>) -> Result<Self, ImageError> {
        Self::from_image_file_on(path, &Runtime::default())
    }

    /// Loads an image file as [`from_image_file`](Self::from_image_file) does, and runs its programs on
    /// `runtime`.
    ///
    /// ```no_run
    /// use eryx::{Runtime, Sandbox};
    ///
    /// let runtime = Runtime::builder().slots(1000).build();
    /// let sandbox = Sandbox::from_image_file_on("sandbox.eryx", &runtime)?;
    /// # Ok::<(), eryx::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`from_image_file`](Self::from_image_file).
    pub fn from_image_file_on(
        path: impl AsRef<Path>,
        runtime: &Runtime,
    ) -> Result<Self, ImageError> {
        Image::load(path, runtime).map(Self::from_image)
    }

    /// Creates a sandbox from an image.
    ///
    /// ```no_run
    /// use eryx::{Image, Runtime, Sandbox};
    ///
    /// let runtime = Runtime::builder().slots(8).build();
    /// let sandbox = Sandbox::from_image(Image::load("sandbox.eryx", &runtime)?);
    /// # Ok::<(), eryx::BuildError>(())
    /// ```
    pub fn from_image(image: Image) -> Self {
        Self {
            image,
            config: Arc::default(),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut InstanceConfig)) -> Self {
        change(Arc::make_mut(&mut self.config));
        self
    }

    fn try_with(
        mut self,
        change: impl FnOnce(&mut InstanceConfig) -> Result<(), ConfigError>,
    ) -> Result<Self, ConfigError> {
        change(Arc::make_mut(&mut self.config))?;
        Ok(self)
    }

    /// Sets the limits of each program. A program's own limits ([`Program::limits`]) replace them, and
    /// may be lower or higher.
    ///
    /// ```no_run
    /// # async fn example(sandbox: eryx::Sandbox) {
    /// use std::time::Duration;
    /// use eryx::{ErrorKind, Limit, Limits};
    ///
    /// let sandbox = sandbox.with_limits(
    ///     Limits::default().wall_time(Duration::from_millis(100)).memory(256 << 20),
    /// );
    /// let error = sandbox.execute("while True: pass").await.unwrap_err();
    /// assert!(matches!(error.kind, ErrorKind::Limit(reached) if reached.limit == Limit::WallTime));
    /// # }
    /// ```
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        self.with(|config| config.limits = limits)
    }

    /// Sets an environment variable, which programs find in `os.environ`.
    ///
    /// # Errors
    ///
    /// Returns an error if the name is empty or contains `=`, or if the name or the value contains NUL.
    ///
    /// ```no_run
    /// # async fn example(sandbox: eryx::Sandbox) -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = sandbox.with_env("REGION", "eu-1")?;
    /// let result = sandbox.execute("import os; print(os.environ['REGION'])").await?;
    /// assert_eq!(result.stdout, "eu-1\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_env(
        self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        self.try_with(|config| config.add_variable(name.into(), value.into()))
    }

    /// Sets the arguments, `sys.argv[1:]`, for programs without arguments of their own
    /// ([`Program::args`]).
    ///
    /// ```no_run
    /// # async fn example(sandbox: eryx::Sandbox) -> Result<(), eryx::ExecuteError> {
    /// let sandbox = sandbox.with_args(["--year", "2026"]);
    /// let result = sandbox.execute("import sys; print(sys.argv[1:])").await?;
    /// assert_eq!(result.stdout, "['--year', '2026']\n");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_args<S: Into<String>>(self, arguments: impl IntoIterator<Item = S>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        self.with(|config| config.arguments = arguments)
    }

    /// Writes a file into each instance, at an absolute path; missing parent directories are created. A
    /// program may change its copy; the next program finds the original.
    ///
    /// Each run copies the contents. For files that many programs only read, use
    /// `SandboxBuilder::with_directory`, which makes them part of the image.
    ///
    /// # Errors
    ///
    /// Returns an error if the path is not absolute or contains NUL.
    ///
    /// ```no_run
    /// # async fn example(sandbox: eryx::Sandbox) -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = sandbox.with_file("/data/input.csv", "a,b\n1,2\n")?;
    /// let result = sandbox.execute("print(open('/data/input.csv').readline())").await?;
    /// assert_eq!(result.stdout, "a,b\n\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_file(
        self,
        path: impl Into<String>,
        contents: impl Into<Vec<u8>>,
    ) -> Result<Self, ConfigError> {
        self.try_with(|config| config.add_file(path.into(), contents.into()))
    }

    /// Adds a host function, which programs call as a global of its name.
    ///
    /// # Errors
    ///
    /// Returns an error if the name is not an ASCII Python identifier, if another function has the name,
    /// or if an optional parameter does not exist or its default cannot be written as JSON.
    ///
    /// ```no_run
    /// # async fn example(sandbox: eryx::Sandbox) -> Result<(), Box<dyn std::error::Error>> {
    /// use eryx::{CallError, Function};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Add { a: i64, b: i64 }
    ///
    /// let sandbox = sandbox.with_function(Function::new("add", |Add { a, b }| async move {
    ///     Ok::<_, CallError>(a + b)
    /// }))?;
    /// assert_eq!(sandbox.execute("print(add(1, b=2))").await?.stdout, "3\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_function(self, function: Function) -> Result<Self, ConfigError> {
        let function = function.into_host()?;
        self.try_with(|config| config.add_function(function))
    }

    /// Limits how many instances of this sandbox, its clones and the sandboxes derived from it exist at a
    /// time. Further runs wait in FIFO order, for up to [`Limits::queue_time`].
    ///
    /// The number of slots of the [`Runtime`] is a limit in any case.
    ///
    /// ```no_run
    /// # fn example(sandbox: eryx::Sandbox) {
    /// use std::time::Duration;
    /// use eryx::Limits;
    ///
    /// let sandbox = sandbox
    ///     .with_max_concurrency(4)
    ///     .with_limits(Limits::default().queue_time(Duration::from_secs(1)));
    /// # }
    /// ```
    #[must_use]
    pub fn with_max_concurrency(self, count: usize) -> Self {
        self.with(|config| config.set_max_concurrency(count))
    }

    /// Makes runs reproducible: two runs of one program give the same output, byte for byte. All random
    /// numbers come from `seed`, and the clock starts at 2026-01-01T00:00:00Z, or at the time that
    /// [`with_clock`](Self::with_clock) sets.
    ///
    /// The results of host functions, and the order in which they arrive, are up to the host.
    ///
    /// ```no_run
    /// # async fn example(sandbox: eryx::Sandbox) -> Result<(), eryx::ExecuteError> {
    /// let sandbox = sandbox.deterministic(42);
    /// let code = "import random, time; print(random.random(), time.time())";
    /// assert_eq!(sandbox.execute(code).await?.stdout, sandbox.execute(code).await?.stdout);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn deterministic(self, seed: u64) -> Self {
        let start = SystemTime::UNIX_EPOCH + Duration::from_hours(490_896);
        self.with(|config| {
            config.seed = Some(seed);
            config.clock.get_or_insert(start);
        })
    }

    /// Replaces the host's clock in programs by a virtual one, which starts at `start`. Each reading
    /// advances it by a microsecond, and a sleep by its length; the sleep itself takes no time. Limits
    /// still use the host's clock.
    ///
    /// ```no_run
    /// # async fn example(sandbox: eryx::Sandbox) -> Result<(), eryx::ExecuteError> {
    /// use std::time::{Duration, SystemTime};
    ///
    /// let sandbox = sandbox.with_clock(SystemTime::UNIX_EPOCH + Duration::from_hours(24));
    /// let result = sandbox.execute("import datetime; print(datetime.date.today())").await?;
    /// assert_eq!(result.stdout, "1970-01-02\n");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_clock(self, start: SystemTime) -> Self {
        self.with(|config| config.clock = Some(start))
    }

    /// Starts a session: an instance that keeps its state from one program to the next.
    ///
    /// ```no_run
    /// # async fn example(sandbox: eryx::Sandbox) -> Result<(), eryx::ExecuteError> {
    /// let mut session = sandbox.session().await?;
    /// session.execute("x = 20").await?;
    /// assert_eq!(session.execute("print(x + 1)").await?.stdout, "21\n");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if no slot becomes free in time, if memory is exhausted, or if a file of
    /// [`with_file`](Self::with_file) cannot be written.
    pub async fn session(&self) -> Result<Session, ExecuteError> {
        self.image.session(&self.config).await
    }

    /// Runs Python code in a fresh instance.
    ///
    /// The code has no access to earlier programs, or to the host's files and network. It has a file
    /// system in memory, with Python and the packages (read-only) and a writable `/tmp`, and sockets
    /// that connect only to each other.
    ///
    /// The [`Runtime`] runs as many programs at a time as it has slots; further ones wait in FIFO order.
    /// Dropping the future ends the program. While the program computes, it yields to other futures
    /// about every 10 ms, so `tokio::time::timeout` and similar functions work.
    ///
    /// Await it in a tokio runtime with timers (`enable_time`).
    ///
    /// # Errors
    ///
    /// Returns an error if the code raises an exception, exits with a status other than 0, reaches a
    /// limit, or traps. The error has the output until then.
    ///
    /// ```no_run
    /// # async fn example(sandbox: eryx::Sandbox) -> Result<(), eryx::ExecuteError> {
    /// let result = sandbox.execute("print(6 * 7)").await?;
    /// assert_eq!(result.stdout, "42\n");
    ///
    /// let error = sandbox.execute("print('so far'); 1 / 0").await.unwrap_err();
    /// assert_eq!(error.stdout(), "so far\n");
    /// let exception = error.exception().expect("the code raised an exception");
    /// assert_eq!(exception.type_name, "ZeroDivisionError");
    /// assert_eq!(exception.frames[0].line, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn execute(&self, code: &str) -> Result<ExecuteResult, ExecuteError> {
        self.run(Program::new(code)).await
    }

    /// Runs a [`Program`] in a fresh instance: code with a name, arguments, files, limits or streams of
    /// its own. Otherwise this is [`execute`](Self::execute).
    ///
    /// ```no_run
    /// # async fn example(sandbox: eryx::Sandbox) -> Result<(), Box<dyn std::error::Error>> {
    /// use eryx::Program;
    ///
    /// let program = Program::new("import sys; int(sys.argv[1]) + 1")
    ///     .args(["41"])
    ///     .return_value();
    /// let result = sandbox.run(program).await?;
    /// assert_eq!(result.value.map(|value| value.to::<i64>()).transpose()?, Some(42));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`execute`](Self::execute).
    pub async fn run(&self, program: Program) -> Result<ExecuteResult, ExecuteError> {
        self.image.run(program, &self.config).await
    }

    /// Returns the sandbox's image.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// Returns the image's id: the hash of everything that the image is built from, as 64 hexadecimal
    /// digits. Two sandboxes with the same id have the same packages, byte for byte.
    pub fn image_id(&self) -> &str {
        self.image.id()
    }
}
