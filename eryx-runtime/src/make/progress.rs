//! Progress reports of making an image.

use std::sync::Arc;

/// A step of making an image, in the order of the variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Native libraries are decompressed and checked.
    Check,
    /// The libraries are linked into one component.
    Link,
    /// The component's many modules are merged into two: one for the base, one for all extensions.
    Fuse,
    /// The two modules are compiled to machine code. This step counts functions.
    Compile,
    /// Files are loaded, Python starts and imports modules, and a snapshot is taken.
    Boot,
}

/// How far making an image has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The current step.
    pub step: Step,
    /// How many parts of the step are done: functions, in [`Step::Compile`].
    pub done: usize,
    /// How many parts the step has; 0 if it cannot be counted.
    pub total: usize,
    /// How many of the parts that are done came from the cache, compiled earlier for this or another
    /// image.
    pub reused: usize,
}

/// A callback that receives progress reports. Several threads may call it, at most a few hundred times
/// in all.
pub type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

impl Progress {
    /// Returns the report that begins a step.
    pub(crate) fn begin(step: Step) -> Self {
        Self {
            step,
            done: 0,
            total: 0,
            reused: 0,
        }
    }
}
