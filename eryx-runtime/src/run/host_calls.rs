//! Host functions, and the pending host calls of an instance.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinSet};
use tracing::Instrument as _;

/// The limit on the number of pending host calls of an instance, including finished ones whose
/// result the guest has not fetched. The guest library queues further calls; a guest that exceeds
/// the limit traps.
const PENDING_LIMIT: usize = 64;

/// A Python exception to raise in place of a host call's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostException {
    /// The name of an exception class of `builtins`, like `ValueError`. Any other name stands for
    /// `RuntimeError`.
    pub type_name: String,
    /// The exception's message: what `str()` returns for it.
    pub message: String,
}

/// The outcome of a host call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The result as JSON.
    Json(String),
    /// An exception to raise.
    Exception(HostException),
    /// The result is over the limit. The run ends with
    /// [`Limit::HostCallBytes`](crate::Limit::HostCallBytes).
    TooLarge,
}

/// The future of a host call.
pub type Calling = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// The implementation of a host function: takes the arguments and the limit on the size of the
/// result's JSON in bytes ([`Limits::host_call_bytes`](crate::Limits::host_call_bytes)), and
/// returns the call's future.
///
/// The arguments are JSON, `[[positional, …], {name: value, …}]`, from an untrusted program.
pub type BeginCall = dyn Fn(&str, u64) -> Calling + Send + Sync;

/// A host function: a function of the host that programs can call.
///
/// ```
/// use std::sync::Arc;
///
/// use eryx_runtime::{Answer, HostFunction, InstanceConfig};
///
/// let function = HostFunction {
///     name: "answer".to_owned(),
///     signature: "()".to_owned(),
///     documentation: "Returns the answer.".to_owned(),
///     timeout: None,
///     call: Arc::new(|_arguments, _limit| Box::pin(async { Answer::Json("42".to_owned()) })),
/// };
/// InstanceConfig::default().add_function(function)?;
/// # Ok::<(), eryx_runtime::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct HostFunction {
    /// The name: an ASCII Python identifier, a global variable of programs.
    pub name: String,
    /// The signature in Python, which `help()` shows: `(id, limit=10)`.
    pub signature: String,
    /// The documentation, which `help()` shows; may be empty.
    pub documentation: String,
    /// The time after which a call is cancelled and Python raises a `TimeoutError`. None for no
    /// timeout.
    pub timeout: Option<Duration>,
    /// The implementation.
    pub call: Arc<BeginCall>,
}

impl fmt::Debug for HostFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostFunction")
            .field("name", &self.name)
            .field("signature", &self.signature)
            .finish_non_exhaustive()
    }
}

/// The error of a host function that panicked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the host function {function} panicked: {message}")]
pub(crate) struct Panicked {
    pub(crate) function: String,
    pub(crate) message: String,
}

/// The host functions of an instance, and its pending calls.
#[derive(Default)]
pub(crate) struct Calls {
    pub(crate) functions: Arc<[HostFunction]>,
    tasks: JoinSet<Result<Answer, Panicked>>,
    /// The calls that finished at their first poll, in order.
    finished: VecDeque<(u32, Result<Answer, Panicked>)>,
    /// The tasks by the numbers that the guest got for them.
    pending: HashMap<u32, AbortHandle>,
    /// The numbers by the ids of the tasks.
    numbers: HashMap<Id, u32>,
    last_number: u32,
}

impl Calls {
    pub(crate) fn new(functions: Arc<[HostFunction]>) -> Self {
        Self {
            functions,
            ..Self::default()
        }
    }

    /// Returns the future of a host call.
    pub(crate) fn call(
        &self,
        function: u32,
        arguments: &str,
        limit: u64,
    ) -> wasmtime::Result<impl Future<Output = Result<Answer, Panicked>> + Send + use<>> {
        let function = usize::try_from(function).ok();
        let function = function.and_then(|index| self.functions.get(index));
        let function = function.ok_or_else(|| {
            wasmtime::Error::msg("the guest called a host function that does not exist")
        })?;
        let (name, timeout) = (function.name.clone(), function.timeout);
        let begin = AssertUnwindSafe(|| (function.call)(arguments, limit));
        let begun = std::panic::catch_unwind(begin);
        let span = tracing::info_span!("host_call", function = function.name);
        let call = async move {
            let panicked = |panic: Box<dyn std::any::Any + Send>| Panicked {
                message: message(&*panic),
                function: name.clone(),
            };
            let call = CatchPanic(begun.map_err(panicked)?);
            let answer = match timeout {
                Some(time) => tokio::time::timeout(time, call).await,
                None => Ok(call.await),
            };
            match answer {
                Ok(answer) => answer.map_err(panicked),
                Err(_) => Ok(Answer::Exception(HostException {
                    type_name: "TimeoutError".to_owned(),
                    message: format!("{name}() took too long"),
                })),
            }
        };
        Ok(call.instrument(span))
    }

    /// Begins a call and returns its number.
    pub(crate) fn begin(
        &mut self,
        function: u32,
        arguments: &str,
        limit: u64,
    ) -> wasmtime::Result<u32> {
        if self.pending.len() + self.finished.len() >= PENDING_LIMIT {
            return Err(wasmtime::Error::msg(
                "the guest has too many pending host calls",
            ));
        }
        let mut call = Box::pin(self.call(function, arguments, limit)?);
        self.last_number = self.last_number.wrapping_add(1);
        // Many calls finish at once; polling them here is faster than another thread's first poll.
        match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => self.finished.push_back((self.last_number, answer)),
            Poll::Pending => {
                let handle = self.tasks.spawn(call);
                self.numbers.insert(handle.id(), self.last_number);
                self.pending.insert(self.last_number, handle);
            }
        }
        Ok(self.last_number)
    }

    /// Waits for the next call to finish. Waits forever if there is none.
    pub(crate) async fn next(&mut self) -> Result<(u32, Answer), Panicked> {
        if let Some((number, answer)) = self.finished.pop_front() {
            return Ok((number, answer?));
        }
        loop {
            let Some(joined) = self.tasks.join_next_with_id().await else {
                return std::future::pending().await;
            };
            let (id, answer) = match joined {
                Ok((id, answer)) => (id, Some(answer)),
                // The call was cancelled.
                Err(error) => (error.id(), None),
            };
            let number = self.numbers.remove(&id);
            // A cancelled call may have finished all the same; it is no longer pending.
            let number = number.filter(|number| self.pending.remove(number).is_some());
            if let (Some(number), Some(answer)) = (number, answer) {
                return Ok((number, answer?));
            }
        }
    }

    /// Cancels a call. `next` does not return it.
    pub(crate) fn cancel(&mut self, call: u32) {
        self.finished.retain(|(number, _)| *number != call);
        if let Some(handle) = self.pending.remove(&call) {
            handle.abort();
        }
    }

    /// Cancels all calls, at the end of a run.
    pub(crate) fn cancel_all(&mut self) {
        self.finished.clear();
        self.pending.clear();
        self.numbers.clear();
        self.tasks = JoinSet::new();
    }
}

/// A future that returns the payload of a panic as an error.
struct CatchPanic(Calling);

impl Future for CatchPanic {
    type Output = Result<Answer, Box<dyn std::any::Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let poll = AssertUnwindSafe(|| self.0.as_mut().poll(context));
        match std::panic::catch_unwind(poll) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

/// Returns the message of a panic.
fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without a message".to_owned())
}
