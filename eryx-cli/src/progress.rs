//! A line on the terminal while an image is made, which happens once.

use std::time::Duration;

use eryx::Step;
use indicatif::{ProgressBar, ProgressStyle};

/// Says what is being done, if it takes long enough to be noticed and somebody can see it.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new() -> Self {
        // It draws to stderr, and only if that is a terminal.
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// What the builder is to call.
    pub(crate) fn listener(&self) -> impl Fn(Step) + 'static {
        let bar = self.0.clone();
        move |step| {
            bar.enable_steady_tick(Duration::from_millis(100));
            bar.set_message(match step {
                Step::Check => "checking the native libraries",
                Step::Link => "linking them with Python",
                Step::Compile => "compiling: once for these packages, then never again",
                Step::Boot => "starting Python, once for all",
                _ => "making the sandbox",
            });
        }
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
