//! Programs: source code, and the options of its run.

use std::fmt;
use std::io::Cursor;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::limits::Limits;
use super::stdio::{Input, Output, Sink, Stream};

/// A Python program, with its arguments, files, limits and streams.
///
/// ```
/// use eryx_runtime::Program;
///
/// let program = Program::new("import sys; print(sys.argv)")
///     .name("report.py")
///     .args(["--year", "2026"]);
/// ```
pub struct Program {
    pub(crate) source: String,
    pub(crate) name: String,
    arguments: Option<Vec<String>>,
    pub(crate) requested: RequestedValue,
    pub(crate) stdin: Input,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
    pub(crate) limits: Option<Limits>,
    pub(crate) token: Option<CancellationToken>,
    pub(crate) files: Vec<(String, Arc<[u8]>)>,
    pub(crate) returned_files: Vec<String>,
}

/// The value that a program which reaches its end returns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum RequestedValue {
    /// None.
    #[default]
    Nothing,
    /// The value of the last line, if that is an expression.
    LastExpression,
    /// The value of a global variable.
    Variable(String),
}

impl Program {
    /// Creates a program with this source code, named `<string>`, without arguments.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            name: "<string>".to_owned(),
            arguments: None,
            requested: RequestedValue::Nothing,
            stdin: Input::Empty,
            stdout: Output::Captured,
            stderr: Output::Captured,
            limits: None,
            token: None,
            files: Vec::new(),
            returned_files: Vec::new(),
        }
    }

    /// Sets the name in tracebacks, `__file__` and `sys.argv[0]`. The file need not exist.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the elements of `sys.argv` after the name, instead of those of the configuration
    /// ([`InstanceConfig::arguments`](crate::InstanceConfig::arguments)).
    #[must_use]
    pub fn args<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments = Some(arguments.into_iter().map(Into::into).collect());
        self
    }

    /// Requests the value of the program's last line, if that is an expression, as a notebook shows
    /// it: [`ExecuteResult::value`](crate::ExecuteResult::value).
    ///
    /// The value is returned as JSON and as `repr()`. In the JSON, numpy's scalars and arrays are
    /// numbers and lists, tuples are lists, `nan` and `inf` are `null`, and a lone surrogate is
    /// U+FFFD. Other values that JSON cannot express have no JSON.
    #[must_use]
    pub fn return_value(mut self) -> Self {
        self.requested = RequestedValue::LastExpression;
        self
    }

    /// Requests the value of a global variable, in the form that
    /// [`return_value`](Self::return_value) describes. A later request replaces an earlier one.
    #[must_use]
    pub fn return_variable(mut self, name: impl Into<String>) -> Self {
        self.requested = RequestedValue::Variable(name.into());
        self
    }

    /// Sets the bytes that the program reads from stdin. Without this, stdin is empty.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Input::Bytes(Cursor::new(bytes.into()));
        self
    }

    /// Sets the reader of the program's stdin. The program waits while the reader is pending.
    #[must_use]
    pub fn stdin_from(mut self, reader: impl AsyncRead + Send + Unpin + 'static) -> Self {
        self.stdin = Input::Reader(Box::new(reader));
        self
    }

    /// Passes output to a function as the program prints it, instead of capturing it.
    ///
    /// The program waits for the function, which should return quickly. Python flushes its buffers
    /// at line ends, when they are full, and at the end of the program.
    ///
    /// ```
    /// use eryx_runtime::{Program, Stream};
    ///
    /// let program = Program::new("print('hello')").on_output(|stream, bytes| match stream {
    ///     Stream::Stdout => print!("{}", String::from_utf8_lossy(bytes)),
    ///     Stream::Stderr => eprint!("{}", String::from_utf8_lossy(bytes)),
    /// });
    /// ```
    #[must_use]
    pub fn on_output(mut self, sink: impl Fn(Stream, &[u8]) + Send + Sync + 'static) -> Self {
        let sink: Sink = Arc::new(sink);
        self.stdout = Output::Function(sink.clone());
        self.stderr = Output::Function(sink);
        self
    }

    /// Writes the program's stdout to a writer, instead of capturing it. The program waits for the
    /// writer, which is dropped at the end of the program. If a write fails, the program gets a
    /// `BrokenPipeError`.
    ///
    /// To read the output as an `AsyncRead`, pass one end of a pipe:
    ///
    /// ```no_run
    /// # async fn example(mut session: eryx_runtime::Session) -> Result<(), Box<dyn std::error::Error>> {
    /// use tokio::io::{AsyncBufReadExt, BufReader};
    ///
    /// let (writer, reader) = tokio::io::duplex(64 << 10);
    /// let program = eryx_runtime::Program::new("print(1, flush=True)").stdout_to(writer);
    /// let read = async {
    ///     let mut lines = BufReader::new(reader).lines();
    ///     while let Some(line) = lines.next_line().await? {
    ///         println!("it says {line}");
    ///     }
    ///     Ok::<_, std::io::Error>(())
    /// };
    /// let (result, read) = tokio::join!(session.run(program), read);
    /// # result?;
    /// # Ok(read?)
    /// # }
    /// ```
    #[must_use]
    pub fn stdout_to(mut self, writer: impl AsyncWrite + Send + Unpin + 'static) -> Self {
        self.stdout = Output::Writer(Box::new(writer));
        self
    }

    /// Writes the program's stderr to a writer, as [`stdout_to`](Self::stdout_to) does for stdout.
    #[must_use]
    pub fn stderr_to(mut self, writer: impl AsyncWrite + Send + Unpin + 'static) -> Self {
        self.stderr = Output::Writer(Box::new(writer));
        self
    }

    /// Sets the limits of this run, instead of those of the configuration
    /// ([`InstanceConfig::limits`](crate::InstanceConfig::limits)).
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Sets a token that cancels the run: at once while it sleeps or waits, and within 10 ms while
    /// it computes. The run ends with [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled).
    ///
    /// ```
    /// # async fn example(session: &mut eryx_runtime::Session) {
    /// use eryx_runtime::{CancellationToken, ErrorKind, Program};
    ///
    /// let token = CancellationToken::new();
    /// let program = Program::new("while True: pass").cancelled_by(&token);
    /// let stop = async { token.cancel() }; // for example when the client disconnects
    /// let (result, ()) = tokio::join!(session.run(program), stop);
    /// assert_eq!(result.unwrap_err().kind, ErrorKind::Cancelled);
    /// # }
    /// ```
    #[must_use]
    pub fn cancelled_by(mut self, token: &CancellationToken) -> Self {
        self.token = Some(token.clone());
        self
    }

    /// Writes a file before the program runs, replacing any at this absolute path. Missing
    /// directories on the way are created.
    #[must_use]
    pub fn file(mut self, path: impl Into<String>, contents: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.into(), contents.into().into()));
        self
    }

    /// Requests a file, by its absolute path: if the program reaches its end, its contents are in
    /// [`ExecuteResult::files`](crate::ExecuteResult::files). At most
    /// [`Limits::result_bytes`](crate::Limits::result_bytes) bytes.
    #[must_use]
    pub fn return_file(mut self, path: impl Into<String>) -> Self {
        self.returned_files.push(path.into());
        self
    }

    /// Returns `sys.argv`, with these arguments unless the program has its own.
    pub(crate) fn argv(&self, arguments: &[String]) -> Vec<String> {
        // As with `python -c` and `python -`, `sys.argv[0]` is not a file.
        let own_name = match &*self.name {
            "<string>" => "-c",
            "<stdin>" => "-",
            name => name,
        };
        let arguments = self.arguments.as_deref().unwrap_or(arguments);
        let mut argv = vec![own_name.to_owned()];
        argv.extend_from_slice(arguments);
        argv
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("name", &self.name)
            .field("arguments", &self.arguments)
            .field("requested", &self.requested)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl<S: Into<String>> From<S> for Program {
    fn from(source: S) -> Self {
        Self::new(source)
    }
}
