//! A line on the terminal while an image is made, which happens once.

use std::time::Duration;

use eryx::{Progress as Done, Step};
use indicatif::{ProgressBar, ProgressStyle};

/// Says what is being done and how far it is, if somebody can see it.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new() -> Self {
        // It draws to stderr, and only if that is a terminal.
        let bar = ProgressBar::new_spinner();
        set_style(&bar, "{spinner} {msg} ({elapsed})");
        Self(bar)
    }

    /// What the builder is to call.
    pub(crate) fn listener(&self) -> impl Fn(Done) + Send + Sync + 'static {
        let bar = self.0.clone();
        move |progress| {
            if progress.done > 0 {
                bar.set_position(progress.done as u64);
                return;
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar.set_message(match progress.step {
                Step::Check => "checking the native libraries",
                Step::Link => "linking them with Python",
                Step::Boot => "starting Python, once for all",
                Step::Fuse => "making one module of all of them",
                Step::Compile => "compiling: once for these packages, then never again",
                _ => "making the sandbox",
            });
            if progress.total > 0 {
                bar.set_length(progress.total as u64);
                set_style(&bar, "{spinner} {msg} [{bar:24}] {percent}% ({elapsed})");
            } else {
                set_style(&bar, "{spinner} {msg} ({elapsed})");
            }
        }
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn set_style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
}
