//! The progress report on stderr while the command builds an image.
//!
//! On a terminal it is a heading and a progress bar; in a log or a pipe, one plain line for each
//! step. If the image is in the cache, nothing is printed.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eryx::{Progress as Done, Step};
use indicatif::{ProgressBar, ProgressStyle};

/// The progress report of one build.
pub(crate) struct Progress(Arc<Reporter>);

struct Reporter {
    /// The line that announces the build, printed before the first step.
    heading: String,
    output: Output,
    started: Instant,
}

enum Output {
    /// No output, for `--quiet`.
    Nothing,
    /// Plain lines, for a stderr that is a file or a pipe.
    Lines,
    /// A progress bar, for a stderr that is a terminal.
    Bar(ProgressBar),
}

impl Progress {
    /// Creates a report that begins with the line `heading`; with `quiet`, it prints nothing.
    pub(crate) fn new(heading: String, quiet: bool) -> Self {
        let output = match () {
            () if quiet => Output::Nothing,
            () if !io::stderr().is_terminal() => Output::Lines,
            () => Output::Bar(ProgressBar::new_spinner()),
        };
        Self(Arc::new(Reporter {
            heading,
            output,
            started: Instant::now(),
        }))
    }

    /// Returns the callback for [`SandboxBuilder::on_progress`](eryx::SandboxBuilder::on_progress).
    pub(crate) fn listener(&self) -> impl Fn(Done) + Send + Sync + 'static {
        let reporter = self.0.clone();
        move |progress| reporter.report(progress)
    }

    /// Clears the progress bar.
    pub(crate) fn finish(&self) {
        if let Output::Bar(bar) = &self.0.output {
            bar.finish_and_clear();
        }
    }
}

impl Reporter {
    fn report(&self, progress: Done) {
        let begins = progress.done == 0;
        let first = begins && progress.step == Step::Check;
        match &self.output {
            Output::Lines if first => {
                print(&self.heading);
                self.print_step(progress);
            }
            Output::Lines if begins => self.print_step(progress),
            Output::Nothing | Output::Lines => {}
            Output::Bar(bar) if begins => {
                if first {
                    bar.println(format!("eryx: {}", self.heading));
                }
                begin_step(bar, progress);
            }
            Output::Bar(bar) => bar.set_position(progress.done as u64),
        }
    }

    fn print_step(&self, progress: Done) {
        let (seconds, step) = (self.started.elapsed().as_secs_f64(), name(progress.step));
        if progress.total > 0 {
            let total = progress.total;
            print(&format_args!("[{seconds:5.1} s] {step}: {total} functions"));
        } else {
            print(&format_args!("[{seconds:5.1} s] {step}"));
        }
    }
}

/// Prints one line to stderr. A closed stderr does not stop the build.
fn print(line: &dyn Display) {
    let _ = writeln!(io::stderr().lock(), "eryx: {line}");
}

fn begin_step(bar: &ProgressBar, progress: Done) {
    bar.enable_steady_tick(Duration::from_millis(100));
    bar.set_message(name(progress.step));
    if progress.total > 0 {
        bar.set_length(progress.total as u64);
        set_style(bar, "{spinner} {msg} [{bar:24}] {percent}% ({elapsed})");
    } else {
        set_style(bar, "{spinner} {msg} ({elapsed})");
    }
}

fn name(step: Step) -> &'static str {
    match step {
        Step::Check => "check the native libraries",
        Step::Link => "link them with Python",
        Step::Fuse => "fuse them into two modules",
        Step::Compile => "compile to machine code",
        Step::Boot => "start Python and take the snapshot",
        _ => "build the image",
    }
}

fn set_style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
}
