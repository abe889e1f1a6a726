//! Host functions, and the host calls that are under way.

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

/// How many calls of an instance may be under way at a time, or done and not asked for. The guest
/// begins no more; one that does is broken.
const OPEN: usize = 64;

/// An exception that Python raises in place of a host call's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostException {
    /// The name of a class of `builtins`; any other is taken for `RuntimeError`.
    pub type_name: String,
    /// What `str()` is to give for it.
    pub message: String,
}

/// What comes of a host call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The result, as JSON.
    Json(String),
    /// An exception.
    Exception(HostException),
    /// The result has more bytes than it may; this ends the run.
    TooLarge,
}

/// A call that is under way.
pub type Calling = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Begins a host call. The arguments are `[[positional, …], {name: value, …}]` as JSON, and come from an
/// untrusted program; the number is how many bytes the result may have as JSON.
pub type BeginCall = dyn Fn(&str, u64) -> Calling + Send + Sync;

/// A host function: one that programs can call.
#[derive(Clone)]
pub struct HostFunction {
    /// Its name, as a global of programs: a Python identifier.
    pub name: String,
    /// Its parameters as Python writes them, for `help()`: `(id, limit=10)`.
    pub signature: String,
    /// Its documentation, for `help()`; may be empty.
    pub documentation: String,
    /// How long a call may take; then Python raises a `TimeoutError`.
    pub timeout: Option<Duration>,
    /// Begins a call.
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

/// A host function has panicked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the host function {function} panicked: {message}")]
pub(crate) struct Panicked {
    pub(crate) function: String,
    pub(crate) message: String,
}

/// The functions that an instance can call, and the calls that it has begun.
#[derive(Default)]
pub(crate) struct Calls {
    pub(crate) functions: Arc<[HostFunction]>,
    under_way: JoinSet<Result<Answer, Panicked>>,
    /// Those that came to their end when they were begun.
    at_once: VecDeque<(u32, Result<Answer, Panicked>)>,
    /// By the number that the guest knows it by.
    open: HashMap<u32, AbortHandle>,
    numbers: HashMap<Id, u32>,
    last: u32,
}

impl Calls {
    pub(crate) fn new(functions: Arc<[HostFunction]>) -> Self {
        Self {
            functions,
            ..Self::default()
        }
    }

    /// A call, to be waited for.
    pub(crate) fn call(
        &self,
        function: u32,
        arguments: &str,
        most: u64,
    ) -> wasmtime::Result<impl Future<Output = Result<Answer, Panicked>> + Send + use<>> {
        let function = usize::try_from(function).ok();
        let function = function.and_then(|index| self.functions.get(index));
        let function = function.ok_or_else(|| {
            wasmtime::Error::msg("the guest called a host function that does not exist")
        })?;
        let (name, timeout) = (function.name.clone(), function.timeout);
        let begun = std::panic::catch_unwind(AssertUnwindSafe(|| (function.call)(arguments, most)));
        let span = tracing::info_span!("host_call", function = function.name);
        let calling = async move {
            let panicked = |panic: Box<dyn std::any::Any + Send>| Panicked {
                message: message(&*panic),
                function: name.clone(),
            };
            let calling = Caught(begun.map_err(panicked)?);
            let answer = match timeout {
                Some(time) => tokio::time::timeout(time, calling).await,
                None => Ok(calling.await),
            };
            match answer {
                Ok(answer) => answer.map_err(panicked),
                Err(_) => Ok(Answer::Exception(HostException {
                    type_name: "TimeoutError".to_owned(),
                    message: format!("{name}() took too long"),
                })),
            }
        };
        Ok(calling.instrument(span))
    }

    /// Begins a call, and gives its number.
    pub(crate) fn begin(
        &mut self,
        function: u32,
        arguments: &str,
        most: u64,
    ) -> wasmtime::Result<u32> {
        if self.open.len() + self.at_once.len() >= OPEN {
            return Err(wasmtime::Error::msg(
                "the guest has too many host calls under way",
            ));
        }
        let mut call = Box::pin(self.call(function, arguments, most)?);
        self.last = self.last.wrapping_add(1);
        // Many have nothing to wait for, and another thread would take longer to begin with them.
        match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => self.at_once.push_back((self.last, answer)),
            Poll::Pending => {
                let handle = self.under_way.spawn(call);
                self.numbers.insert(handle.id(), self.last);
                self.open.insert(self.last, handle);
            }
        }
        Ok(self.last)
    }

    /// The next call that has come to its end. For ever, if none is under way.
    pub(crate) async fn next(&mut self) -> Result<(u32, Answer), Panicked> {
        if let Some((number, answer)) = self.at_once.pop_front() {
            return Ok((number, answer?));
        }
        loop {
            let Some(joined) = self.under_way.join_next_with_id().await else {
                return std::future::pending().await;
            };
            let (id, answer) = match joined {
                Ok((id, answer)) => (id, Some(answer)),
                // It was cancelled.
                Err(error) => (error.id(), None),
            };
            let number = self.numbers.remove(&id).unwrap_or_default();
            // One that was cancelled may still have come to its end.
            if let (Some(_), Some(answer)) = (self.open.remove(&number), answer) {
                return Ok((number, answer?));
            }
        }
    }

    /// Ends a call.
    pub(crate) fn cancel(&mut self, call: u32) {
        self.at_once.retain(|(number, _)| *number != call);
        if let Some(handle) = self.open.remove(&call) {
            handle.abort();
        }
    }

    /// Ends all calls.
    pub(crate) fn end(&mut self) {
        self.at_once.clear();
        self.open.clear();
        self.numbers.clear();
        self.under_way = JoinSet::new();
    }
}

/// A future that ends with a panic where it panics.
struct Caught(Calling);

impl Future for Caught {
    type Output = Result<Answer, Box<dyn std::any::Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let poll = AssertUnwindSafe(|| self.0.as_mut().poll(context));
        match std::panic::catch_unwind(poll) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

/// What a panic says.
fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without a message".to_owned())
}
