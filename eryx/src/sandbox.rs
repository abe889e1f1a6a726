//! An image and what may be done with it.

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

/// Python and some packages, ready to run programs that nobody trusts.
///
/// Cheap to clone; all clones share one image. One sandbox may run many programs at a time. The
/// methods `with_…` give another sandbox of the same image, whose programs are given more or less.
#[derive(Clone, Debug)]
pub struct Sandbox {
    image: Image,
    config: Arc<InstanceConfig>,
}

impl Sandbox {
    /// Chooses what a sandbox has.
    #[cfg(feature = "build")]
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }

    /// Loads the image that [`Image::save`] or `eryx image build` wrote to a file. Nothing is made,
    /// and no cache is used.
    ///
    /// **Trust the file as you would trust a program**: what is in it runs as machine code, with
    /// all the rights of this process.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, can be written by everybody, is damaged, or was made by another
    /// version, for another system, or for a processor that can do more than this one.
    ///
    /// ```no_run
    /// use eryx::Sandbox;
    ///
    /// // Once, where there is time:
    /// let sandbox = Sandbox::builder().with_embedded_runtime().build()?;
    /// sandbox.image().save("sandbox.eryx")?;
    ///
    /// // Wherever it is deployed:
    /// let sandbox = Sandbox::from_image_file("sandbox.eryx")?;
    /// # Ok::<(), eryx::BuildError>(())
    /// ```
    pub fn from_image_file(path: impl AsRef<Path>) -> Result<Self, ImageError> {
        Self::from_image_file_on(path, &Runtime::default())
    }

    /// Loads an image file as [`from_image_file`](Self::from_image_file), to run on a runtime of one's
    /// own.
    ///
    /// # Errors
    ///
    /// As [`from_image_file`](Self::from_image_file).
    pub fn from_image_file_on(
        path: impl AsRef<Path>,
        runtime: &Runtime,
    ) -> Result<Self, ImageError> {
        Image::load(path, runtime).map(Self::from_image)
    }

    /// Makes a sandbox of an image.
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

    /// Sets what each program may use. A program may bring limits of its own
    /// ([`Program::limits`]), lower ones or higher.
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

    /// Sets a variable of the environment, `os.environ`.
    ///
    /// # Errors
    ///
    /// If the name is empty or has a `=` in it, or the name or the value has a NUL.
    pub fn with_env(
        self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        self.try_with(|config| config.add_variable(name.into(), value.into()))
    }

    /// Sets what `sys.argv` holds after the program's name, for programs that do not bring their own.
    #[must_use]
    pub fn with_args<S: Into<String>>(self, arguments: impl IntoIterator<Item = S>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        self.with(|config| config.arguments = arguments)
    }

    /// Puts a file into each instance, at an absolute path; directories on the way are made. A program
    /// may change it; the next one finds it as it was.
    ///
    /// Each run copies its contents. Files that many programs only read are better part of the image:
    /// `SandboxBuilder::with_directory`.
    ///
    /// # Errors
    ///
    /// If the path is not absolute, or has a NUL.
    pub fn with_file(
        self,
        path: impl Into<String>,
        contents: impl Into<Vec<u8>>,
    ) -> Result<Self, ConfigError> {
        self.try_with(|config| config.add_file(path.into(), contents.into()))
    }

    /// Gives programs a host function, as a global of its name.
    ///
    /// # Errors
    ///
    /// If its name is no Python identifier of ASCII, another function has that name, or a parameter was
    /// said to be optional and cannot be.
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

    /// Limits how many instances of this sandbox, and of those made from it, there can be at a time;
    /// others wait, first come, first served. [`Limits::queue_time`] limits how long.
    ///
    /// In any case there are at most as many as the [`Runtime`] has slots.
    #[must_use]
    pub fn with_max_concurrency(self, count: usize) -> Self {
        self.with(|config| config.set_max_concurrency(count))
    }

    /// Has all runs of one program be the same, byte for byte: random numbers come from this seed, and
    /// the clock starts at 2026-01-01T00:00:00Z ([`with_clock`](Self::with_clock) sets another time).
    ///
    /// What functions of the host's give, and when, is the host's business.
    #[must_use]
    pub fn deterministic(self, seed: u64) -> Self {
        let start = SystemTime::UNIX_EPOCH + Duration::from_hours(490_896);
        self.with(|config| {
            config.seed = Some(seed);
            config.clock.get_or_insert(start);
        })
    }

    /// Sets what the clock shows when a program starts, instead of the host's. It goes on by a
    /// microsecond whenever it is looked at, and by as much as a program sleeps, which then takes no
    /// time at all. Limits go by the host's clock as ever.
    #[must_use]
    pub fn with_clock(self, start: SystemTime) -> Self {
        self.with(|config| config.clock = Some(start))
    }

    /// Starts an instance that keeps its state from one program to the next.
    ///
    /// # Errors
    ///
    /// If there is no free slot in time, no memory left, or a file of [`with_file`](Self::with_file)
    /// cannot be written.
    pub async fn session(&self) -> Result<Session, ExecuteError> {
        self.image.session(&self.config).await
    }

    /// Runs some Python code, in an instance of its own.
    ///
    /// What the code sees of earlier programs is nothing, and of the host's files and network it can
    /// reach none: it has a file system of its own, in memory, with Python and the packages to be
    /// read and `/tmp` to be written to, and sockets that connect only to each other.
    ///
    /// As many programs run at a time as the [`Runtime`] has slots; others wait, first come, first
    /// served. Dropping the future ends the code; while it computes it gives way to other futures about
    /// every 10 ms, so `tokio::time::timeout` and the like work on it.
    ///
    /// It has to be awaited in a tokio runtime whose timers are on (`enable_time`).
    ///
    /// # Errors
    ///
    /// If the code raises an exception, exits with a status other than 0, passes a limit, or cannot go
    /// on; each with what it printed until then.
    ///
    /// ```no_run
    /// # async fn example(sandbox: eryx::Sandbox) -> Result<(), eryx::ExecuteError> {
    /// let result = sandbox.execute("print(6 * 7)").await?;
    /// assert_eq!(result.stdout, "42\n");
    ///
    /// let error = sandbox.execute("print('so far'); 1 / 0").await.unwrap_err();
    /// assert_eq!(error.stdout(), "so far\n");
    /// let exception = error.exception().expect("it raised one");
    /// assert_eq!(exception.type_name, "ZeroDivisionError");
    /// assert_eq!(exception.frames[0].line, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn execute(&self, code: &str) -> Result<ExecuteResult, ExecuteError> {
        self.run(Program::new(code)).await
    }

    /// Runs a program that has a name, arguments, files, limits of its own, or somewhere to send its
    /// output; otherwise as [`execute`](Self::execute).
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub async fn run(&self, program: Program) -> Result<ExecuteResult, ExecuteError> {
        self.image.run(program, &self.config).await
    }

    /// What the sandbox is made of.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// The hash of all that the sandbox is made of, as 64 hexadecimal digits: two sandboxes of one
    /// id have the same packages, byte for byte.
    pub fn image_id(&self) -> &str {
        self.image.id()
    }
}
