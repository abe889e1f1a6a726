//! Host functions: Rust functions that programs call, with arguments and results of serde's types.

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

/// An async host function, which programs in a sandbox call as a Python function.
///
/// The Rust function takes one argument of a type that implements `Deserialize`: a struct, whose fields
/// are the parameters of the Python function; `()`, for no parameters; or a map, for any keyword
/// arguments. It returns any type that implements `Serialize`. Arguments and results cross as JSON.
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
///         _ => Err(CallError::of("LookupError", format!("no person has the id {id}"))),
///     }
/// })
/// .doc("Looks up a person.")
/// .optional("fields", [""; 0]);
/// ```
///
/// In Python this is `lookup(id, fields=[])`. Programs call it as `lookup(3)` or `lookup(id=3)`, and
/// `help(lookup)` describes it.
///
/// In async code (an `async def`, or a program with `await` at its top level) the call returns an
/// awaitable: `await lookup(3)`. `await asyncio.gather(lookup(3), lookup(4))` runs both calls
/// concurrently, each as a tokio task.
///
/// If the Rust function returns an error, the call raises a `RuntimeError`, or the exception that
/// [`CallError::of`] names. Wrong arguments raise a `TypeError`. A panic ends only the run that made the
/// call, with [`ErrorKind::HostPanic`](crate::ErrorKind::HostPanic).
#[derive(Clone)]
pub struct Function {
    name: String,
    doc: String,
    parameters: Parameters,
    timeout: Option<Duration>,
    call: Arc<BeginCall>,
}

/// The error of a host function, which its caller gets as a Python exception.
///
/// The operator `?` converts any error to a `RuntimeError` whose message includes the error's sources.
///
/// ```
/// use eryx::CallError;
///
/// fn parse(text: &str) -> Result<u32, CallError> {
///     if text.is_empty() {
///         return Err(CallError::of("ValueError", "the text is empty"));
///     }
///     Ok(text.parse()?)
/// }
/// assert_eq!(parse("3"), Ok(3));
/// assert_eq!(parse("x"), Err(CallError::new("invalid digit found in string")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError(HostException);

impl CallError {
    /// Creates a `RuntimeError` with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self::of("RuntimeError", message)
    }

    /// Creates an exception of a built-in class, such as `ValueError`, `KeyError` or `PermissionError`.
    /// A name that is not a built-in exception stands for `RuntimeError`.
    pub fn of(type_name: impl Into<String>, message: impl Into<String>) -> Self {
        Self(HostException {
            type_name: type_name.into(),
            message: message.into(),
        })
    }

    /// Returns the exception's class name and its message.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn parts(&self) -> (&str, &str) {
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
    /// Creates a host function. `name` is a Python identifier, and the fields of `A` are its parameters.
    ///
    /// ```
    /// use eryx::{CallError, Function};
    ///
    /// let version = Function::new("version", |()| async { Ok::<_, CallError>("1.0") });
    /// ```
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
        let function_name = name.clone();
        let parameters = Parameters::of::<A>();
        let declared = parameters.clone();
        let call = move |arguments: &str, max_bytes: u64| -> Calling {
            let arguments = match read(&function_name, &declared, arguments) {
                Ok(arguments) => arguments,
                Err(error) => return Box::pin(std::future::ready(Answer::Exception(error.0))),
            };
            let running = function(arguments);
            Box::pin(async move {
                match running.await {
                    Ok(result) => to_answer(&result, max_bytes),
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

    /// Sets the function's docstring, which `help()` prints.
    #[must_use]
    pub fn doc(mut self, text: impl Into<String>) -> Self {
        self.doc = text.into();
        self
    }

    /// Makes a parameter optional, and sets the default that the signature in `help()` shows.
    ///
    /// Optional parameters follow the required ones, in the order of these calls. The struct must have
    /// a default for the field as well: `#[serde(default)]`, or the type `Option`.
    ///
    /// ```
    /// use eryx::{CallError, Function};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Search {
    ///     query: String,
    ///     limit: Option<usize>,
    /// }
    ///
    /// // In Python: search(query, limit=None)
    /// let search = Function::new("search", |Search { query, limit }| async move {
    ///     Ok::<_, CallError>(query.split(' ').take(limit.unwrap_or(10)).count())
    /// })
    /// .optional("limit", ());
    /// ```
    #[must_use]
    pub fn optional(mut self, parameter: &str, default: impl Serialize) -> Self {
        let default = serde_json::to_value(default);
        self.parameters.make_optional(parameter, default);
        self
    }

    /// Limits the time of one call. After that the call's future is dropped, and the call raises a
    /// `TimeoutError`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use eryx::{CallError, Function};
    ///
    /// let fetch = Function::new("fetch", |()| async { Ok::<_, CallError>("data") })
    ///     .timeout(Duration::from_secs(5));
    /// ```
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    /// Checks the parameters and converts the function to the runtime's type.
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

/// The positional and the keyword arguments of a call, each as unparsed JSON.
type RawArguments<'a> = (Vec<&'a RawValue>, BTreeMap<String, &'a RawValue>);

/// Deserializes the argument of a host function from the JSON that the untrusted guest passed.
pub(crate) fn read<A: DeserializeOwned>(
    name: &str,
    parameters: &Parameters,
    arguments: &str,
) -> Result<A, CallError> {
    let type_error = |reason: String| CallError::of("TypeError", format!("{name}() {reason}"));
    let (positional, keyword): RawArguments<'_> = serde_json::from_str(arguments)
        .map_err(|error| type_error(format!("got arguments that are not JSON: {error}")))?;
    let bound = parameters.bind(positional, keyword).map_err(type_error)?;
    A::deserialize(bound).map_err(|error| {
        let text = error.to_string();
        // The position is one in eryx's JSON, which the program does not see.
        let text = text
            .rsplit_once(" at line ")
            .map_or(&*text, |(text, _)| text);
        type_error(format!("cannot take this: {text}"))
    })
}
