//! A fresh instance of an image: made, given its files, booted, run, dropped.

use wasmtime::component::{Component, Linker};
use wasmtime::{Engine as Wasmtime, Store};

use crate::engine::Ticking;
use crate::error::{Engine, ImageError};
use crate::host::bindings::exports::eryx::sandbox::python::{Failure, Program as Source};
use crate::host::bindings::{Sandbox, SandboxPre};
use crate::host::{Exit, Host};
use crate::image::Image;
use crate::output::{Output, Sink, Stream};
use crate::tree::Tree;

/// A program to run.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its source code.
    pub source: String,
    /// What tracebacks call its file.
    pub name: String,
    /// `sys.argv`, the program's own name first.
    pub arguments: Vec<String>,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It reached its end, or exited with status 0.
    Done,
    /// It called `sys.exit` with a status other than 0.
    Exited(i32),
    /// It raised an exception and did not catch it.
    Raised(Exception),
}

/// An exception that a program did not catch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The class, with its module unless that is `builtins` or `__main__`: `ValueError`,
    /// `json.decoder.JSONDecodeError`.
    pub type_name: String,
    /// What `str()` gives for it.
    pub message: String,
    /// The traceback as Python prints it, with its last line end.
    pub traceback: String,
}

/// What a program printed, and how it ended.
#[derive(Debug)]
pub struct Run {
    /// All it printed to stdout, unless that was handed on.
    pub stdout: Vec<u8>,
    /// All it printed to stderr, unless that was handed on.
    pub stderr: Vec<u8>,
    /// How it ended; an error is the engine's, and says why the instance ended with it.
    pub outcome: Result<Outcome, Engine>,
}

/// A component that is ready to be instantiated.
#[derive(Clone)]
pub(crate) struct Prepared {
    engine: &'static Wasmtime,
    component: SandboxPre<Host>,
}

impl Prepared {
    pub(crate) fn new(engine: &'static Wasmtime, component: &Component) -> wasmtime::Result<Self> {
        let mut linker = Linker::<Host>::new(engine);
        Host::add_to(&mut linker)?;
        let component = SandboxPre::new(linker.instantiate_pre(component)?)?;
        Ok(Self { engine, component })
    }
}

impl Image {
    /// Runs a program in an instance of its own. With a sink, what it prints goes there.
    ///
    /// Dropping the future ends the program.
    pub async fn run(&self, program: Program, sink: Option<Sink>) -> Run {
        let output = |stream| match &sink {
            Some(sink) => Output::HandedOn(stream, sink.clone()),
            None => Output::kept(),
        };
        let (stdout, stderr) = (output(Stream::Stdout), output(Stream::Stderr));
        let outcome = async {
            let mut instance = Instance::new(&self.prepared, &stdout, &stderr).await?;
            let booted = instance.boot(&self.trees, &self.preimports).await?;
            if let Err(reason) = booted {
                return Err(wasmtime::Error::msg(reason));
            }
            instance.execute(program).await
        };
        let outcome = outcome.await.map_err(Engine);
        Run {
            stdout: stdout.take(),
            stderr: stderr.take(),
            outcome,
        }
    }
}

/// Boots an instance to see that it can be done.
///
/// On a thread of its own, for whoever builds a sandbox may be in a runtime already.
pub(crate) fn try_boot(
    prepared: &Prepared,
    trees: &[Tree],
    preimports: &[String],
) -> Result<(), ImageError> {
    let (stdout, stderr) = (Output::kept(), Output::kept());
    let boot = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let mut instance = Instance::new(prepared, &stdout, &stderr).await?;
            instance.boot(trees, preimports).await
        })
    };
    let booted = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, boot)?;
        match thread.join() {
            Ok(booted) => booted,
            Err(_) => Err(wasmtime::Error::msg("the engine panicked, which is a bug")),
        }
    });
    let reason = match booted {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(reason)) => reason,
        Err(error) => format!("{error:#}"),
    };
    let printed = stderr.take();
    Err(ImageError::Boot {
        reason: format!("{}{reason}", String::from_utf8_lossy(&printed)),
    })
}

struct Instance {
    store: Store<Host>,
    exports: Sandbox,
    _ticking: Ticking,
}

impl Instance {
    async fn new(prepared: &Prepared, stdout: &Output, stderr: &Output) -> wasmtime::Result<Self> {
        let host = Host::new(stdout.clone(), stderr.clone());
        let mut store = Store::new(prepared.engine, host);
        store.limiter(|host| &mut host.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let ticking = Ticking::start(prepared.engine);
        let exports = prepared.component.instantiate_async(&mut store).await?;
        Ok(Self {
            store,
            exports,
            _ticking: ticking,
        })
    }

    /// Loads the files and starts Python.
    async fn boot(
        &mut self,
        trees: &[Tree],
        preimports: &[String],
    ) -> wasmtime::Result<Result<(), String>> {
        let files = self.exports.eryx_sandbox_files();
        for tree in trees {
            let Tree {
                folder,
                files: list,
                contents,
            } = tree;
            let store = &mut self.store;
            if let Err(reason) = files.call_load(store, folder, list, contents).await? {
                return Ok(Err(reason));
            }
        }
        let python = self.exports.eryx_sandbox_python();
        python.call_boot(&mut self.store, preimports).await
    }

    async fn execute(&mut self, program: Program) -> wasmtime::Result<Outcome> {
        let source = Source {
            source: program.source,
            name: program.name,
            arguments: program.arguments,
        };
        let python = self.exports.eryx_sandbox_python();
        let answer = python.call_execute(&mut self.store, &source).await;
        match answer {
            Ok(Ok(())) => Ok(Outcome::Done),
            Ok(Err(Failure::Exit(status))) => Ok(Outcome::Exited(status)),
            Ok(Err(Failure::Raised(raised))) => Ok(Outcome::Raised(Exception {
                type_name: raised.type_name,
                message: raised.message,
                traceback: raised.traceback,
            })),
            // `os._exit` ends the instance at once.
            Err(error) => match error.downcast_ref::<Exit>() {
                Some(Exit(0)) => Ok(Outcome::Done),
                Some(Exit(status)) => Ok(Outcome::Exited(*status)),
                None => Err(error),
            },
        }
    }
}
