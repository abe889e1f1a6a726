//! Functions of the host's that programs can call.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use eryx_runtime::{BeginCall, Calling, Failure, HostFunction};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::ErrorKind;
use crate::answer::to_json;
use crate::parameters::Parameters;

/// An async function of the host's, as a Python function in a sandbox.
///
/// Its one argument is a struct that serde can read, whose fields are the Python function's parameters;
/// or `()`, for none; or a map, for any that are given by name. What it returns is anything that serde
/// can write. Both go as JSON.
///
/// ```
/// use eryx::{CallError, Function};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Lookup {
///     id: u32,
///     #[serde(default)]
///     fields: Vec<String>,
/// }
///
/// let lookup = Function::new("lookup", |Lookup { id, fields }| async move {
///     match id {
///         3 => Ok(format!("Ada, with {} fields", fields.len())),
///         _ => Err(CallError::of("LookupError", format!("nobody has the id {id}"))),
///     }
/// })
/// .doc("Looks a person up.")
/// .optional("fields", [""; 0]);
/// ```
///
/// In Python this is `lookup(id, fields=[])`: `lookup(3)` and `lookup(id=3)` call it, and `help(lookup)`
/// tells of it. In `async` code, an `async def` or a program with an `await` at its top level, the call
/// has to be awaited: `await lookup(3)`; and `asyncio.gather(lookup(3), lookup(4))` has both under way
/// at once, each as a task of the tokio runtime.
///
/// An error of the function's raises an exception: a `RuntimeError`, or what [`CallError::of`] names.
/// Wrong arguments raise a `TypeError`. A panic ends the run that called it, with
/// [`ErrorKind::HostPanic`]; nothing else is harmed by it.
#[derive(Clone)]
pub struct Function {
    name: String,
    doc: String,
    parameters: Parameters,
    time_out: Option<Duration>,
    call: Arc<BeginCall>,
}

/// Why a function of the host's gave no result: an exception for Python to raise.
///
/// Every error becomes one by `?`, as a `RuntimeError` with all that it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError(Failure);

impl CallError {
    /// A `RuntimeError`.
    pub fn new(message: impl Into<String>) -> Self {
        Self::of("RuntimeError", message)
    }

    /// An exception of a class of Python's own: `ValueError`, `KeyError`, `PermissionError` and the
    /// like. A name that is none is taken for `RuntimeError`.
    pub fn of(type_name: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Failure {
            type_name: type_name.into(),
            message: message.into(),
        })
    }

    /// Its class, and what it says.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn told(&self) -> (&str, &str) {
        (&self.0.type_name, &self.0.message)
    }
}

impl<E: std::error::Error> From<E> for CallError {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let _ = write!(message, ": {error}");
            cause = error.source();
        }
        Self::new(message)
    }
}

impl Function {
    /// A function of this name, a Python identifier; its parameters are the fields of `A`.
    pub fn new<A, R, E, F>(
        name: impl Into<String>,
        function: impl Fn(A) -> F + Send + Sync + 'static,
    ) -> Self
    where
        A: DeserializeOwned,
        R: Serialize,
        E: Into<CallError>,
        F: Future<Output = Result<R, E>> + Send + 'static,
    {
        let name = name.into();
        let own_name = name.clone();
        let parameters = Parameters::of::<A>();
        let names = parameters.clone();
        let call = move |arguments: &str, most: u64| -> Calling {
            let arguments = match read(&own_name, &names, arguments) {
                Ok(arguments) => arguments,
                Err(error) => return Box::pin(std::future::ready(Err(error.0))),
            };
            let running = function(arguments);
            Box::pin(async move {
                let result = running.await.map_err(|error| error.into().0)?;
                to_json(&result, most).map_err(|error| CallError::from(error).0)
            })
        };
        Self {
            name,
            doc: String::new(),
            parameters,
            time_out: None,
            call: Arc::new(call),
        }
    }

    /// Its documentation in Python.
    #[must_use]
    pub fn doc(mut self, text: impl Into<String>) -> Self {
        self.doc = text.into();
        self
    }

    /// Says that a parameter may be left away, and what stands for it then in the signature that
    /// `help()` shows. Such parameters come after the others. The struct has to have a default for it
    /// as well (`#[serde(default)]`, or an `Option`).
    #[must_use]
    pub fn optional(mut self, parameter: &str, default: impl Serialize) -> Self {
        let default = serde_json::to_value(default);
        self.parameters.make_optional(parameter, default);
        self
    }

    /// How long a call may take; then it is dropped, and Python raises a `TimeoutError`.
    #[must_use]
    pub fn time_out(mut self, time: Duration) -> Self {
        self.time_out = Some(time);
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What is wrong with it, in words.
    pub(crate) fn check(&self) -> Result<(), ErrorKind> {
        let mut characters = self.name.chars();
        let starts = characters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
        let goes_on = characters.all(|it| it.is_ascii_alphanumeric() || it == '_');
        if !(starts && goes_on) {
            return Err(ErrorKind::Policy(format!(
                "{:?} cannot be the name of a function: give one of letters, digits and `_`",
                self.name
            )));
        }
        let checked = self.parameters.check();
        checked.map_err(|reason| ErrorKind::Policy(format!("{}: {reason}", self.name)))
    }

    /// The same for the runtime.
    pub fn to_host(&self) -> HostFunction {
        HostFunction {
            name: self.name.clone(),
            signature: self.parameters.signature(),
            documentation: self.doc.clone(),
            time_out: self.time_out,
            call: self.call.clone(),
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.name)
            .field("parameters", &self.parameters)
            .field("time_out", &self.time_out)
            .finish_non_exhaustive()
    }
}

/// Arguments as Python gives them: those by place, and those by name.
type Given<'a> = (Vec<&'a RawValue>, BTreeMap<String, &'a RawValue>);

/// The argument of the host's function, from what a program that nobody trusts has given.
pub(crate) fn read<A: DeserializeOwned>(
    name: &str,
    parameters: &Parameters,
    arguments: &str,
) -> Result<A, CallError> {
    let type_error = |reason: String| CallError::of("TypeError", format!("{name}() {reason}"));
    let given: Given<'_> = serde_json::from_str(arguments)
        .map_err(|error| type_error(format!("was given what is no JSON: {error}")))?;
    let json = parameters.bind(given.0, given.1).map_err(type_error)?;
    serde_json::from_str(&json).map_err(|error| {
        let text = error.to_string();
        // Where in our own JSON it is says nothing to a program.
        let text = text
            .rsplit_once(" at line ")
            .map_or(&*text, |(text, _)| text);
        type_error(format!("cannot take this: {text}"))
    })
}
