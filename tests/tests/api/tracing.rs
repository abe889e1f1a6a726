//! Tracing of builds with their steps, of runs and of host calls, without any output or argument.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use eryx::{CallError, Function, Limits, Program, Sandbox};
use eryx_tests::TINY;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// A layer that records each span and event of eryx, with its fields.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Recorder {
    fn add(&self, target: &str, name: &str, fields: &Fields) {
        if target.starts_with("eryx") {
            let mut lines = self.0.lock().expect("the lock is not poisoned");
            lines.push(format!("{name}{}", fields.0));
        }
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().expect("the lock is not poisoned").clone()
    }
}

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let mut fields = Fields(String::new());
        attributes.record(&mut fields);
        let metadata = attributes.metadata();
        self.add(metadata.target(), metadata.name(), &fields);
    }

    fn on_record(&self, _: &Id, record: &Record<'_>, _: Context<'_, S>) {
        let mut fields = Fields(String::new());
        record.record(&mut fields);
        self.add("eryx", "recorded", &fields);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.add(event.metadata().target(), "event", &fields);
    }
}

/// Records the spans and events of this thread.
fn recorded(act: impl FnOnce()) -> Vec<String> {
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(recorder.clone());
    tracing::subscriber::with_default(subscriber, act);
    recorder.lines()
}

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(future)
}

#[track_caller]
fn has(lines: &[String], parts: &[&str]) {
    let found = lines
        .iter()
        .any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(found, "no line has all of {parts:?}: {lines:#?}");
}

#[test]
fn builds_and_their_steps() {
    let cache = eryx_test_support::directory(&[]);
    let build = || {
        let builder = Sandbox::builder().with_cache_dir(cache.path());
        builder.build().expect("the sandbox is built")
    };
    let first = recorded(|| drop(build()));
    for step in ["check", "link", "fuse", "compile layer=Base", "boot"] {
        has(&first, &[step]);
    }
    has(&first, &["recorded cached=false"]);
    let again = recorded(|| drop(build()));
    has(&again, &["build image="]);
    has(&again, &["recorded cached=true"]);
    assert!(
        !again.iter().any(|line| line.starts_with("link")),
        "{again:#?}"
    );
}

#[test]
fn runs_and_host_calls() {
    const SECRET: &str = "it-is-a-secret";

    let echo = Function::new(
        "echo",
        |value: std::collections::BTreeMap<String, Value>| async { Ok::<_, CallError>(value) },
    );
    let sandbox = TINY
        .clone()
        .with_function(echo)
        .expect("the setting is valid");
    let id = sandbox.image_id().to_owned();
    let lines = recorded(|| {
        let code = format!("print('{SECRET}', echo(value='{SECRET}'))");
        let program = Program::new(code).args([SECRET]).file("/tmp/in", SECRET);
        block_on(sandbox.run(program)).expect("the program succeeds");
        let program = Program::new("print('x' * 100)");
        let limits = Limits::default().output_bytes(10);
        block_on(sandbox.run(program.limits(limits))).expect_err("it prints too much");
    });
    has(&lines, &["run image=", &id]);
    has(&lines, &["host_call", "function=\"echo\""]);
    has(
        &lines,
        &["event", "end=\"done\"", "host_calls=1", "wall_us="],
    );
    has(&lines, &["event", "end=\"limit\"", "limit=OutputBytes"]);
    let all = lines.concat();
    assert!(!all.contains(SECRET), "{all}");
}
