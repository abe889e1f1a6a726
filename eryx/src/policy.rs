//! What the programs of a sandbox are given, beside its image.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use eryx_runtime::{Image, Limits, Setup};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{ErrorKind, Function};

/// What the programs of a sandbox are given, beside its image.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) limits: Limits,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) functions: Vec<Function>,
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
    /// Starts an instance that may use so much. Waits while as many run as may.
    pub(crate) async fn start(&self, image: &Image, limits: &Limits) -> Result<Live, ErrorKind> {
        self.check()?;
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
            functions: self.functions.iter().map(Function::to_host).collect(),
            files: self.files.clone(),
            clock: self.clock,
            seed: self.seed,
        };
        Ok(Live {
            session: image.start(&setup).await?,
            _slot: slot,
        })
    }

    /// What is wrong with it, in words.
    fn check(&self) -> Result<(), ErrorKind> {
        for (name, value) in &self.environment {
            if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
                return Err(ErrorKind::Policy(format!(
                    "{name:?} cannot be set in the environment: a name is not empty and has no `=`, \
                     and neither it nor its value has a NUL"
                )));
            }
        }
        for (index, function) in self.functions.iter().enumerate() {
            function.check()?;
            let name = function.name();
            if self.functions[..index].iter().any(|it| it.name() == name) {
                return Err(ErrorKind::Policy(format!(
                    "there are two functions of the name {name}: leave one away"
                )));
            }
        }
        Ok(())
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
