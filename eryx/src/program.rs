//! A program and how it is to be run.

use std::fmt;
use std::sync::Arc;

use eryx_runtime::{Sink, Stream};

/// A Python program, with what it is told and where its output goes.
///
/// ```
/// use eryx::Program;
///
/// let program = Program::new("import sys; print(sys.argv)")
///     .name("report.py")
///     .arguments(["--year", "2026"]);
/// ```
#[derive(Clone)]
pub struct Program {
    source: String,
    name: String,
    arguments: Vec<String>,
    sink: Option<Sink>,
}

impl Program {
    /// A program with this source code, whose file is called `<string>`, without arguments.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            name: "<string>".to_owned(),
            arguments: Vec::new(),
            sink: None,
        }
    }

    /// What tracebacks, `__file__` and `sys.argv[0]` call the program. No such file needs to exist.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// What `sys.argv` holds after the name.
    #[must_use]
    pub fn arguments<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// Hands on what the program prints, as it comes, instead of keeping it for the result.
    ///
    /// The function runs between two steps of the program, so it should not take long. Python
    /// flushes its own buffers when they are full and when the program ends.
    #[must_use]
    pub fn on_output(mut self, sink: impl Fn(Stream, &[u8]) + Send + Sync + 'static) -> Self {
        self.sink = Some(Arc::new(sink));
        self
    }

    pub(crate) fn into_parts(self) -> (eryx_runtime::Program, Option<Sink>) {
        // As in `python -c`, where `sys.argv[0]` is no file either.
        let own_name = match &*self.name {
            "<string>" => "-c",
            "<stdin>" => "-",
            name => name,
        };
        let mut arguments = vec![own_name.to_owned()];
        arguments.extend(self.arguments);
        let program = eryx_runtime::Program {
            source: self.source,
            name: self.name,
            arguments,
        };
        (program, self.sink)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("name", &self.name)
            .field("arguments", &self.arguments)
            .finish_non_exhaustive()
    }
}

impl<S: Into<String>> From<S> for Program {
    fn from(source: S) -> Self {
        Self::new(source)
    }
}
