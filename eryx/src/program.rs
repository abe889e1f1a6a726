//! A program and how it is to be run.

use std::fmt;
use std::io::Cursor;
use std::sync::Arc;

use eryx_runtime::{Input, Limits, Output, Stream, Terms, Want};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

/// A Python program, with what it is told and given, and where its output goes.
///
/// ```
/// use eryx::Program;
///
/// let program = Program::new("import sys; print(sys.argv)")
///     .name("report.py")
///     .arguments(["--year", "2026"]);
/// ```
pub struct Program {
    source: String,
    name: String,
    arguments: Option<Vec<String>>,
    want: Want,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    pub(crate) limits: Option<Limits>,
    pub(crate) token: Option<CancellationToken>,
    pub(crate) files: Vec<(String, Arc<[u8]>)>,
    pub(crate) hand_back: Vec<String>,
}

impl Program {
    /// A program with this source code, whose file is called `<string>`, without arguments.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            name: "<string>".to_owned(),
            arguments: None,
            want: Want::Nothing,
            stdin: Input::Empty,
            stdout: Output::Kept,
            stderr: Output::Kept,
            limits: None,
            token: None,
            files: Vec::new(),
            hand_back: Vec::new(),
        }
    }

    /// What tracebacks, `__file__` and `sys.argv[0]` call the program. No such file needs to exist.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// What `sys.argv` holds after the name, instead of what the sandbox says
    /// ([`Sandbox::with_args`](crate::Sandbox::with_args)).
    #[must_use]
    pub fn arguments<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments = Some(arguments.into_iter().map(Into::into).collect());
        self
    }

    /// Asks for the value of the program's last line, if that is an expression, as a notebook shows
    /// it: [`ExecuteResult::value`](crate::ExecuteResult::value).
    ///
    /// It comes as JSON and as what `repr()` gives. In the JSON, scalars and arrays of numpy are
    /// numbers and lists, tuples are lists, numbers that JSON has no form for (`nan`, `inf`) are
    /// `null`, and half of a surrogate pair is U+FFFD. What else JSON does not know has no JSON.
    #[must_use]
    pub fn want_value(mut self) -> Self {
        self.want = Want::LastExpression;
        self
    }

    /// Asks for the value of a global variable, as [`want_value`](Self::want_value) for that of the
    /// last line. Only one of the two is given.
    #[must_use]
    pub fn want(mut self, variable: impl Into<String>) -> Self {
        self.want = Want::Variable(variable.into());
        self
    }

    /// What the program reads from stdin. Without this, it has ended.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Input::Bytes(Cursor::new(bytes.into()));
        self
    }

    /// Where the program reads stdin from; it waits while there is nothing.
    #[must_use]
    pub fn stdin_from(mut self, reader: impl AsyncRead + Send + Unpin + 'static) -> Self {
        self.stdin = Input::Reader(Box::new(reader));
        self
    }

    /// Hands on what the program prints, as it comes, instead of keeping it for the result.
    ///
    /// The function runs between two steps of the program, so it should not take long. Python
    /// flushes its own buffers when they are full and when the program ends.
    #[must_use]
    pub fn on_output(mut self, sink: impl Fn(Stream, &[u8]) + Send + Sync + 'static) -> Self {
        let sink: eryx_runtime::Sink = Arc::new(sink);
        self.stdout = Output::Function(sink.clone());
        self.stderr = Output::Function(sink);
        self
    }

    /// Where the program's stdout goes, instead of being kept for the result. The program waits until
    /// all it prints is taken, and the writer is dropped when it ends. If writing fails, the program
    /// gets a `BrokenPipeError`.
    ///
    /// For an `AsyncRead` of what is printed, give it one end of a pipe:
    ///
    /// ```no_run
    /// # async fn example(sandbox: eryx::Sandbox) -> Result<(), Box<dyn std::error::Error>> {
    /// use tokio::io::{AsyncBufReadExt, BufReader};
    ///
    /// let (writer, reader) = tokio::io::duplex(64 << 10);
    /// let program = eryx::Program::new("for i in range(3): print(i, flush=True)").stdout_to(writer);
    /// let read = async {
    ///     let mut lines = BufReader::new(reader).lines();
    ///     while let Some(line) = lines.next_line().await? {
    ///         println!("it says {line}");
    ///     }
    ///     Ok::<_, std::io::Error>(())
    /// };
    /// let (result, read) = tokio::join!(sandbox.run(program), read);
    /// # result?;
    /// # Ok(read?)
    /// # }
    /// ```
    #[must_use]
    pub fn stdout_to(mut self, writer: impl AsyncWrite + Send + Unpin + 'static) -> Self {
        self.stdout = Output::Writer(Box::new(writer));
        self
    }

    /// Where the program's stderr goes, as [`stdout_to`](Self::stdout_to).
    #[must_use]
    pub fn stderr_to(mut self, writer: impl AsyncWrite + Send + Unpin + 'static) -> Self {
        self.stderr = Output::Writer(Box::new(writer));
        self
    }

    /// What this run may use, instead of what the sandbox says
    /// ([`Sandbox::with_limits`](crate::Sandbox::with_limits)).
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Lets a token cancel the run: at once while it sleeps or waits, and within 10 ms while it
    /// computes. It ends with [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled).
    ///
    /// ```
    /// # async fn example(sandbox: eryx::Sandbox) {
    /// use eryx::{CancellationToken, ErrorKind, Program};
    ///
    /// let token = CancellationToken::new();
    /// let program = Program::new("while True: pass").cancelled_by(&token);
    /// let stop = async { token.cancel() }; // from wherever it is known that nobody waits any more
    /// let (result, ()) = tokio::join!(sandbox.run(program), stop);
    /// assert_eq!(result.unwrap_err().kind, ErrorKind::Cancelled);
    /// # }
    /// ```
    #[must_use]
    pub fn cancelled_by(mut self, token: &CancellationToken) -> Self {
        self.token = Some(token.clone());
        self
    }

    /// Puts a file into the sandbox before the program runs, in place of what may be there. The path
    /// is absolute; folders on the way are made.
    #[must_use]
    pub fn file(mut self, path: impl Into<String>, contents: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.into(), contents.into().into()));
        self
    }

    /// Asks for a file when the program has reached its end:
    /// [`ExecuteResult::files`](crate::ExecuteResult::files). The path is absolute.
    #[must_use]
    pub fn hand_back(mut self, path: impl Into<String>) -> Self {
        self.hand_back.push(path.into());
        self
    }

    /// The program for the runtime, and how it is to be run with these limits.
    pub(crate) fn into_parts(
        self,
        arguments: &[String],
        limits: Limits,
    ) -> (eryx_runtime::Program, Terms) {
        // As in `python -c`, where `sys.argv[0]` is no file either.
        let own_name = match &*self.name {
            "<string>" => "-c",
            "<stdin>" => "-",
            name => name,
        };
        let mut argv = vec![own_name.to_owned()];
        match self.arguments {
            Some(own) => argv.extend(own),
            None => argv.extend_from_slice(arguments),
        }
        let mut program = eryx_runtime::Program::new(self.source);
        program.name = self.name;
        program.arguments = argv;
        program.want = self.want;
        let terms = Terms {
            limits,
            stdin: self.stdin,
            stdout: self.stdout,
            stderr: self.stderr,
            cancelled: self
                .token
                .map(|token| Box::pin(token.cancelled_owned()) as _),
        };
        (program, terms)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("name", &self.name)
            .field("arguments", &self.arguments)
            .field("want", &self.want)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl<S: Into<String>> From<S> for Program {
    fn from(source: S) -> Self {
        Self::new(source)
    }
}
