//! How far the making of an image is.

use std::sync::Arc;

/// A step of making an image; they come in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The libraries are decompressed and looked at.
    Check,
    /// They become one component.
    Link,
    /// Its many modules become two: one of the base, and one of all others.
    Fuse,
    /// These become machine code. Each is counted for itself.
    Compile,
    /// Files are loaded, Python is started, modules are imported; and there it is frozen.
    Boot,
}

/// How far the making of an image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The step that is being taken.
    pub step: Step,
    /// How many parts of it are done: functions, where it compiles.
    pub done: usize,
    /// How many parts it has. A step that cannot be counted has 0.
    pub total: usize,
    /// How many of those that are done had been compiled before, for this or for another image.
    pub reused: usize,
}

/// What is told of progress. It may be called from several threads, at most a few hundred times.
pub type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

impl Progress {
    /// The beginning of a step.
    pub(crate) fn begin(step: Step) -> Self {
        Self {
            step,
            done: 0,
            total: 0,
            reused: 0,
        }
    }
}
