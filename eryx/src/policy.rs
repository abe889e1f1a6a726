//! What the programs of a sandbox are given, beside its image.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use eryx_runtime::{HostFunction, Image, Limits, Setup};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{ErrorKind, Function};

/// What the programs of a sandbox are given, beside its image.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) limits: Limits,
    pub(crate) arguments: Vec<String>,
    environment: Vec<(String, String)>,
    functions: Arc<[HostFunction]>,
    /// What is wrong with these: it is said when something is to run.
    fault: Option<ErrorKind>,
    pub(crate) files: Vec<(String, Arc<[u8]>)>,
    pub(crate) clock: Option<SystemTime>,
    pub(crate) seed: Option<u64>,
    pub(crate) slots: Option<Slots>,
}

/// How many programs of a sandbox may run at a time.
#[derive(Clone, Debug)]
pub(crate) struct Slots(Arc<Semaphore>);

impl Slots {
    pub(crate) fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS))))
    }
}

/// A live instance, and its place among those of the sandbox.
pub(crate) struct Live {
    pub(crate) session: eryx_runtime::Session,
    /// Held until the instance is gone.
    _slot: Option<OwnedSemaphorePermit>,
}

impl Policy {
    pub(crate) fn add_variable(&mut self, name: String, value: String) {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            self.fault.get_or_insert(ErrorKind::Policy(format!(
                "{name:?} cannot be set in the environment: a name is not empty and has no `=`, \
                 and neither it nor its value has a NUL"
            )));
        }
        self.environment.push((name, value));
    }

    pub(crate) fn add_function(&mut self, function: &Function) {
        let name = function.name();
        if let Err(fault) = function.check() {
            self.fault.get_or_insert(fault);
        } else if self.functions.iter().any(|other| other.name == name) {
            self.fault.get_or_insert(ErrorKind::Policy(format!(
                "there are two functions of the name {name}: leave one away"
            )));
        }
        self.functions = self
            .functions
            .iter()
            .cloned()
            .chain([function.to_host()])
            .collect();
    }

    /// Starts an instance that may use so much, with some more files. Waits while as many run as may.
    pub(crate) async fn start(
        &self,
        image: &Image,
        limits: &Limits,
        files: Vec<(String, Arc<[u8]>)>,
    ) -> Result<Live, ErrorKind> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let begun = Instant::now();
        let slot = match &self.slots {
            Some(Slots(slots)) => Some(acquire(slots, limits.queue_time).await?),
            None => None,
        };
        let left = |time: Duration| time.saturating_sub(begun.elapsed());
        let queue_time = limits.queue_time.map(left);
        let setup = Setup {
            limits: limits.clone().queue_time(queue_time),
            environment: self.environment.clone(),
            functions: self.functions.clone(),
            files: self.files.iter().cloned().chain(files).collect(),
            clock: self.clock,
            seed: self.seed,
        };
        Ok(Live {
            session: image.start(&setup).await?,
            _slot: slot,
        })
    }
}

async fn acquire(
    slots: &Arc<Semaphore>,
    most: Option<Duration>,
) -> Result<OwnedSemaphorePermit, ErrorKind> {
    let acquire = slots.clone().acquire_owned();
    let permit = match most {
        Some(waited) => tokio::time::timeout(waited, acquire)
            .await
            .map_err(|_| ErrorKind::Busy { waited })?,
        None => acquire.await,
    };
    permit.map_err(|error| ErrorKind::Trap(error.to_string()))
}
