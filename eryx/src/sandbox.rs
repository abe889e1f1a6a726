//! An image and what may be done with it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use eryx_runtime::{Image, Limits, Runtime};

#[cfg(feature = "build")]
use crate::SandboxBuilder;
use crate::policy::{Policy, Slots};
use crate::result::from_run;
use crate::{BuildError, ErrorKind, ExecuteError, ExecuteResult, Function, Program, Session};

/// Python and some packages, ready to run programs that nobody trusts.
///
/// Cheap to clone; all clones share one image. One sandbox may run many programs at a time. The
/// methods `with_…` give another sandbox of the same image, whose programs are given more or less.
#[derive(Clone, Debug)]
pub struct Sandbox {
    image: Arc<Image>,
    policy: Arc<Policy>,
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
    pub fn from_image_file(path: impl AsRef<Path>) -> Result<Self, BuildError> {
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
    ) -> Result<Self, BuildError> {
        Image::load(path, runtime).map(Self::new)
    }

    pub(crate) fn new(image: Image) -> Self {
        Self {
            image: Arc::new(image),
            policy: Arc::default(),
        }
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    fn with(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(Arc::make_mut(&mut self.policy));
        self
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
        self.with(|policy| policy.limits = limits)
    }

    /// Sets a variable of the environment, `os.environ`. A name and a value without NUL; no `=` in
    /// the name.
    #[must_use]
    pub fn with_env(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.with(|policy| policy.add_variable(name, value))
    }

    /// Sets what `sys.argv` holds after the program's name, for programs that do not bring their own.
    #[must_use]
    pub fn with_args<S: Into<String>>(self, arguments: impl IntoIterator<Item = S>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        self.with(|policy| policy.arguments = arguments)
    }

    /// Puts a file into the sandbox before each program. The path is absolute; folders on the way are
    /// made. The program may change it; the next one finds it as it was.
    ///
    /// Large ones cost each run the time of a copy. What many programs only read is better part of
    /// the image: [`SandboxBuilder::with_directory`].
    #[must_use]
    pub fn with_file(self, path: impl Into<String>, contents: impl Into<Vec<u8>>) -> Self {
        let file = (path.into(), contents.into().into());
        self.with(|policy| policy.files.push(file))
    }

    /// Gives programs a function of the host's, as a global of its name.
    ///
    /// ```no_run
    /// # async fn example(sandbox: eryx::Sandbox) -> Result<(), eryx::ExecuteError> {
    /// use eryx::{CallError, Function};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Add { a: i64, b: i64 }
    ///
    /// let sandbox = sandbox.with_function(Function::new("add", |Add { a, b }| async move {
    ///     Ok::<_, CallError>(a + b)
    /// }));
    /// assert_eq!(sandbox.execute("print(add(1, b=2))").await?.stdout, "3\n");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "it is made for this")]
    pub fn with_function(self, function: Function) -> Self {
        self.with(|policy| policy.add_function(&function))
    }

    /// Lets so many programs run at a time, of this sandbox and of those made from it; others wait,
    /// and who comes first is served first. [`Limits::queue_time`] says how long they do.
    ///
    /// In any case there are at most as many as the [`Runtime`] has slots.
    #[must_use]
    pub fn with_slots(self, count: usize) -> Self {
        self.with(|policy| policy.slots = Some(Slots::new(count)))
    }

    /// Has all runs of one program be the same, byte for byte: random numbers come from this seed, and
    /// the clock starts at 2026-01-01T00:00:00Z ([`with_clock`](Self::with_clock) sets another time).
    ///
    /// What functions of the host's give, and when, is the host's business.
    #[must_use]
    pub fn deterministic(self, seed: u64) -> Self {
        let start = SystemTime::UNIX_EPOCH + Duration::from_hours(490_896);
        self.with(|policy| {
            policy.seed = Some(seed);
            policy.clock.get_or_insert(start);
        })
    }

    /// Sets what the clock shows when a program starts, instead of the host's. It goes on by a
    /// microsecond whenever it is looked at, and by as much as a program sleeps, which then takes no
    /// time at all. Limits go by the host's clock as ever.
    #[must_use]
    pub fn with_clock(self, start: SystemTime) -> Self {
        self.with(|policy| policy.clock = Some(start))
    }

    /// Starts an instance that keeps its state from one program to the next.
    ///
    /// # Errors
    ///
    /// If there is no place to run in time, no memory left, or what the sandbox is to give its
    /// programs cannot be.
    pub async fn session(&self) -> Result<Session, ExecuteError> {
        Session::start(self.clone()).await
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
        let mut program = program;
        let own = program.limits.clone();
        let limits = own.unwrap_or_else(|| self.policy.limits.clone());
        let files = std::mem::take(&mut program.files);
        let start = self.policy.start(&self.image, &limits, files);
        let mut live = match program.token.clone() {
            Some(token) => {
                let started = token.run_until_cancelled_owned(start).await;
                started.ok_or(ErrorKind::Cancelled)??
            }
            None => start.await?,
        };
        run_in(&mut live.session, program, &self.policy.arguments, limits).await
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

/// Runs a program in an instance, and takes out the files that were asked for.
pub(crate) async fn run_in(
    session: &mut eryx_runtime::Session,
    mut program: Program,
    arguments: &[String],
    limits: Limits,
) -> Result<ExecuteResult, ExecuteError> {
    let hand_back = std::mem::take(&mut program.hand_back);
    let (program, terms) = program.into_parts(arguments, limits.clone());
    let mut result = from_run(session.run(&program, terms).await)?;
    for path in hand_back {
        let contents = match session.read(&path, &limits).await {
            Ok(contents) => Ok(contents),
            Err(eryx_runtime::End::File { reason, .. }) => Err(reason),
            Err(end) => Err(end.to_string()),
        };
        result.files.insert(path, contents);
    }
    Ok(result)
}
