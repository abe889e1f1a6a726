//! Host functions, with arguments and results that serde knows.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use eryx_runtime::{Answer, BeginCall, Calling, ConfigError, HostException, HostFunction};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::answer::to_answer;
use crate::parameters::Parameters;

/// An async host function, as a Python function in a sandbox.
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
/// [`ErrorKind::HostPanic`](crate::ErrorKind::HostPanic); nothing else is harmed by it.
#[derive(Clone)]
pub struct Function {
    name: String,
    doc: String,
    parameters: Parameters,
    timeout: Option<Duration>,
    call: Arc<BeginCall>,
}

/// An exception that Python raises in place of a host function's result.
///
/// Every error becomes one by `?`, as a `RuntimeError` with all that it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError(HostException);

impl CallError {
    /// A `RuntimeError`.
    pub fn new(message: impl Into<String>) -> Self {
        Self::of("RuntimeError", message)
    }

    /// An exception of a class of Python's own: `ValueError`, `KeyError`, `PermissionError` and the
    /// like. A name that is none is taken for `RuntimeError`.
    pub fn of(type_name: impl Into<String>, message: impl Into<String>) -> Self {
        Self(HostException {
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
                Err(error) => return Box::pin(std::future::ready(Answer::Exception(error.0))),
            };
            let running = function(arguments);
            Box::pin(async move {
                match running.await {
                    Ok(result) => to_answer(&result, most),
                    Err(error) => Answer::Exception(error.into().0),
                }
            })
        };
        Self {
            name,
            doc: String::new(),
            parameters,
            timeout: None,
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

    /// Limits how long a call may take; then it is dropped, and Python raises a `TimeoutError`.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    /// The function, as the runtime takes it.
    pub(crate) fn into_host(self) -> Result<HostFunction, ConfigError> {
        let checked = self.parameters.check();
        checked.map_err(|reason| ConfigError::Parameter {
            function: self.name.clone(),
            reason,
        })?;
        Ok(HostFunction {
            signature: self.parameters.signature(),
            name: self.name,
            documentation: self.doc,
            timeout: self.timeout,
            call: self.call,
        })
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.name)
            .field("parameters", &self.parameters)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Arguments as Python gives them: those by place, and those by name.
type Given<'a> = (Vec<&'a RawValue>, BTreeMap<String, &'a RawValue>);

/// The argument of a host function, from what an untrusted program has given.
pub(crate) fn read<A: DeserializeOwned>(
    name: &str,
    parameters: &Parameters,
    arguments: &str,
) -> Result<A, CallError> {
    let type_error = |reason: String| CallError::of("TypeError", format!("{name}() {reason}"));
    let given: Given<'_> = serde_json::from_str(arguments)
        .map_err(|error| type_error(format!("was given what is no JSON: {error}")))?;
    let bound = parameters.bind(given.0, given.1).map_err(type_error)?;
    A::deserialize(bound).map_err(|error| {
        let text = error.to_string();
        // Where in our own JSON it is says nothing to a program.
        let text = text
            .rsplit_once(" at line ")
            .map_or(&*text, |(text, _)| text);
        type_error(format!("cannot take this: {text}"))
    })
}
