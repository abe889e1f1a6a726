//! A fresh instance: made, and either given its files and booted, or run; then dropped.

use std::sync::Arc;

use wasmtime::Store;

use crate::abi::{Exports, Guest};
use crate::engine::{Ticking, engine, slots};
use crate::error::Engine;
use crate::fuse::{Boot, Value};
use crate::host::{Exit, Host};
use crate::image::Image;
use crate::linked::{Instances, Linked};
use crate::output::{Output, Sink, Stream};
use crate::pool::Frozen;
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

/// Modules, and the state in which their instances begin.
pub(crate) struct Prepared {
    pub(crate) linked: Arc<Linked>,
    exports: Exports,
    /// None before the modules were booted.
    pub(crate) state: Option<State>,
}

/// All that is an instance's own: what the memory begins with, and the values of the globals that
/// may change.
pub(crate) struct State {
    pub(crate) memory: Arc<Frozen>,
    pub(crate) globals: Vec<Value>,
}

impl Prepared {
    pub(crate) fn new(linked: Arc<Linked>, state: Option<State>) -> wasmtime::Result<Self> {
        Ok(Self {
            exports: Exports::find(&linked.base)?,
            linked,
            state,
        })
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
            instance.execute(&program).await
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
pub(crate) struct Instance<'p> {
    store: Store<Host>,
    prepared: &'p Prepared,
    instances: Instances,
    _ticking: Ticking,
}

impl<'p> Instance<'p> {
    pub(crate) async fn new(
        prepared: &'p Prepared,
        stdout: &Output,
        stderr: &Output,
    ) -> wasmtime::Result<Self> {
        let host = Host::new(stdout.clone(), stderr.clone());
        let mut store = Store::new(engine()?, host);
        store.limiter(|host| &mut host.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let ticking = Ticking::start();
        let (linked, state) = (&prepared.linked, &prepared.state);
        let memory = state.as_ref().map(|state| &state.memory);
        let instances = linked.instantiate(&mut store, memory).await?;
        if let Some(state) = state {
            instances.set_globals(linked, &mut store, &state.globals)?;
        }
        Ok(Self {
            store,
            prepared,
            instances,
            _ticking: ticking,
        })
    }

    /// Does what has to be done once, loads the files and starts Python.
    pub(crate) async fn boot(
        &mut self,
        boot: &Boot,
        trees: &[Tree],
        preimports: &[String],
    ) -> wasmtime::Result<Result<(), String>> {
        let linked = &self.prepared.linked;
        self.instances.begin(linked, &mut self.store, boot).await?;
        let mut guest = self.guest();
        for tree in trees {
            if let Err(reason) = guest.load(tree).await? {
                return Ok(Err(reason));
            }
        }
        guest.boot(preimports).await
    }

    /// All that is the instance's own, as long as it is not in the middle of a call.
    pub(crate) fn state(&mut self) -> wasmtime::Result<(&[u8], Vec<Value>)> {
        let linked = &self.prepared.linked;
        let globals = self.instances.globals(linked, &mut self.store)?;
        Ok((self.instances.memory.data(&self.store), globals))
    }

    fn guest(&mut self) -> Guest<'_> {
        Guest {
            store: &mut self.store,
            instances: &self.instances,
            exports: &self.prepared.exports,
        }
    }

    async fn execute(&mut self, program: &Program) -> wasmtime::Result<Outcome> {
        match self.guest().execute(program).await {
            Ok(outcome) => Ok(outcome),
            // `os._exit` ends the instance at once.
            Err(error) => match error.downcast_ref::<Exit>() {
                Some(Exit(0)) => Ok(Outcome::Done),
                Some(Exit(status)) => Ok(Outcome::Exited(*status)),
                None => Err(error),
            },
        }
    }
}
