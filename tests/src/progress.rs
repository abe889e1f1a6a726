//! A record of the progress of a build.

use std::sync::{Arc, Mutex};

use eryx::{Progress, Step};

/// The progress that a builder reports.
#[derive(Clone, Default)]
pub struct Steps(Arc<Mutex<Vec<Progress>>>);

impl Steps {
    /// Returns a listener that records what it is called with.
    pub fn listener(&self) -> impl Fn(Progress) + Send + Sync + 'static {
        let steps = self.0.clone();
        move |progress| steps.lock().expect("no listener panics").push(progress)
    }

    /// Returns the steps in the order in which they were taken.
    pub fn taken(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = self.all().iter().map(|progress| progress.step).collect();
        steps.dedup();
        steps
    }

    /// Returns the last report of a step.
    pub fn last(&self, step: Step) -> Progress {
        let of_step = self.all().into_iter().filter(|it| it.step == step);
        of_step
            .max_by_key(|progress| progress.done)
            .expect("the step was taken")
    }

    fn all(&self) -> Vec<Progress> {
        self.0.lock().expect("no listener panics").clone()
    }
}
