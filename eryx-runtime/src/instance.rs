//! A fresh instance: made, and either given its files and booted, or run; then dropped.

use wasmtime::component::{Component, Instance as Raw, Linker};
use wasmtime::{Engine as Wasmtime, Module, Store};

use crate::engine::{MEMORY, Ticking, slots};
use crate::error::Engine;
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
    engine: Wasmtime,
    component: SandboxPre<Host>,
}

impl Prepared {
    /// `libraries` are what the component imports of itself.
    pub(crate) fn new(
        engine: &Wasmtime,
        component: &Component,
        libraries: &[(String, Module)],
    ) -> wasmtime::Result<Self> {
        let mut linker = Linker::<Host>::new(engine);
        Host::add_to(&mut linker)?;
        for (name, library) in libraries {
            linker.root().module(name, library)?;
        }
        let component = SandboxPre::new(linker.instantiate_pre(component)?)?;
        Ok(Self {
            engine: engine.clone(),
            component,
        })
    }

    /// The machine code, as it can be loaded again.
    pub(crate) fn code(&self) -> wasmtime::Result<Vec<u8>> {
        self.component.instance_pre().component().serialize()
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
            // Held until the instance is gone.
            let _slot = slots().acquire().await?;
            let mut instance = Instance::new(&self.prepared, &stdout, &stderr).await?;
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

/// A live instance.
pub(crate) struct Instance {
    store: Store<Host>,
    raw: Raw,
    exports: Sandbox,
    _ticking: Ticking,
}

impl Instance {
    pub(crate) async fn new(
        prepared: &Prepared,
        stdout: &Output,
        stderr: &Output,
    ) -> wasmtime::Result<Self> {
        let host = Host::new(stdout.clone(), stderr.clone());
        let mut store = Store::new(&prepared.engine, host);
        store.limiter(|host| &mut host.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let ticking = Ticking::start();
        let component = prepared.component.instance_pre();
        let raw = component.instantiate_async(&mut store).await?;
        let exports = Sandbox::new(&mut store, &raw)?;
        Ok(Self {
            store,
            raw,
            exports,
            _ticking: ticking,
        })
    }

    /// Loads the files and starts Python.
    pub(crate) async fn boot(
        &mut self,
        trees: &[Tree],
        preimports: &[String],
    ) -> wasmtime::Result<Result<(), String>> {
        // All of its memory goes to the host, when it is frozen: more than a program may pass on.
        self.store.set_hostcall_fuel(MEMORY);
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

    /// What is left when nothing more is to be called by name.
    pub(crate) fn into_raw(self) -> (Store<Host>, Raw) {
        (self.store, self.raw)
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
