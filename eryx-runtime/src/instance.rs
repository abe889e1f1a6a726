//! A fresh instance of an image: made, booted, run, dropped.

use std::path::Path;

use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine as Wasmtime, Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx, WasiCtxView, WasiView};

use crate::engine::Ticking;
use crate::error::{Engine, ImageError};
use crate::image::{Image, SITE_PACKAGES, STDLIB};
use crate::output::{Output, Sink, Stream};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "sandbox",
        exports: { default: async },
    });
}

use bindings::exports::eryx::sandbox::python::{Failure, Program as Source};
use bindings::{Sandbox, SandboxPre};

/// What an instance may use of linear memory, in bytes.
const MEMORY: usize = 1 << 30;

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
    component: SandboxPre<State>,
}

/// What the host keeps for an instance.
struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl Prepared {
    pub(crate) fn new(engine: &'static Wasmtime, component: &Component) -> wasmtime::Result<Self> {
        let mut linker = Linker::<State>::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
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
            let mut instance =
                Instance::new(&self.prepared, &self.folder, false, &stdout, &stderr).await?;
            if let Err(reason) = instance.boot(&self.preimports).await? {
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

/// Boots an instance to see that it can be done. If it may write, Python keeps what it compiles.
///
/// On a thread of its own, for whoever builds a sandbox may be in a runtime already.
pub(crate) fn try_boot(
    prepared: &Prepared,
    folder: &Path,
    preimports: &[String],
    write: bool,
) -> Result<(), ImageError> {
    let (stdout, stderr) = (Output::kept(), Output::kept());
    let boot = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let mut instance = Instance::new(prepared, folder, write, &stdout, &stderr).await?;
            instance.boot(preimports).await
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
    store: Store<State>,
    exports: Sandbox,
    _ticking: Ticking,
}

impl Instance {
    async fn new(
        prepared: &Prepared,
        folder: &Path,
        write: bool,
        stdout: &Output,
        stderr: &Output,
    ) -> wasmtime::Result<Self> {
        let permissions = if write {
            FsPerms::ReadWrite
        } else {
            FsPerms::ReadOnly
        };
        let wasi = WasiCtx::builder()
            // The files are small and at hand; a thread for each call takes longer than it.
            .allow_blocking_current_thread(true)
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .preopened_dir(folder.join(STDLIB), "/python", permissions)?
            .preopened_dir(folder.join(SITE_PACKAGES), "/site-packages", permissions)?
            .build();
        let state = State {
            wasi,
            table: ResourceTable::new(),
            limits: StoreLimitsBuilder::new().memory_size(MEMORY).build(),
        };
        let mut store = Store::new(prepared.engine, state);
        store.limiter(|state| &mut state.limits);
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

    async fn boot(&mut self, preimports: &[String]) -> wasmtime::Result<Result<(), String>> {
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
            Err(error) => match error.downcast_ref::<I32Exit>() {
                Some(I32Exit(0)) => Ok(Outcome::Done),
                Some(I32Exit(status)) => Ok(Outcome::Exited(*status)),
                None => Err(error),
            },
        }
    }
}
