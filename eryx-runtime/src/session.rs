//! Running programs: one in an instance of its own, or several in one after the other.

use tokio::sync::SemaphorePermit;

use crate::engine::slots;
use crate::error::Engine;
use crate::image::Image;
use crate::instance::Instance;
use crate::output::{Output, Sink, Stream};
use crate::program::{Program, Run};

/// One live instance, which keeps what its programs leave in it.
pub struct Session {
    instance: Instance,
    /// Whether a program has begun and not ended, or ended with the instance.
    is_lost: bool,
    /// Held until the instance is gone.
    _slot: SemaphorePermit<'static>,
}

impl Image {
    /// Runs a program in an instance of its own. With a sink, what it prints goes there.
    ///
    /// Dropping the future ends the program.
    pub async fn run(&self, program: Program, sink: Option<Sink>) -> Run {
        match self.start().await {
            Ok(mut session) => session.run(&program, sink).await,
            Err(error) => Run {
                stdout: Vec::new(),
                stderr: Vec::new(),
                outcome: Err(error),
            },
        }
    }

    /// Starts an instance. Waits while there are as many as there can be.
    ///
    /// # Errors
    ///
    /// If there is no memory left for one.
    pub async fn start(&self) -> Result<Session, Engine> {
        let slot = slots().acquire().await;
        let slot = slot.map_err(|error| Engine(error.into()))?;
        Ok(Session {
            instance: Instance::new(&self.prepared).await.map_err(Engine)?,
            is_lost: false,
            _slot: slot,
        })
    }
}

impl Session {
    /// Runs a program, which finds what those before it have left. With a sink, what it prints goes
    /// there.
    ///
    /// Dropping the future ends the program, and the session with it: nobody can say what state the
    /// instance is in. So does an error of the engine's.
    pub async fn run(&mut self, program: &Program, sink: Option<Sink>) -> Run {
        let output = |stream| match &sink {
            Some(sink) => Output::HandedOn(stream, sink.clone()),
            None => Output::kept(),
        };
        let (stdout, stderr) = (output(Stream::Stdout), output(Stream::Stderr));
        let outcome = if self.is_lost {
            Err(wasmtime::Error::msg("what this session was is lost"))
        } else {
            self.is_lost = true;
            let host = self.instance.host();
            host.stdout = stdout.clone();
            host.stderr = stderr.clone();
            let outcome = self.instance.execute(program).await;
            self.is_lost = outcome.is_err() || self.instance.host().has_exited;
            outcome
        };
        Run {
            stdout: stdout.take(),
            stderr: stderr.take(),
            outcome: outcome.map_err(Engine),
        }
    }

    /// How many pages of 4 KiB of its memory are not as the image has them: what its programs wrote
    /// to, unless they wrote what was there. It reads all of the memory, which takes milliseconds.
    pub fn changed_pages(&self) -> usize {
        self.instance.changed_pages()
    }

    /// A second session in the same state, which goes on for itself from there. Its clock goes on
    /// as well; what is random in one is so in the other.
    ///
    /// # Errors
    ///
    /// If this one is lost, or there is no memory left for another.
    pub async fn copy(&mut self) -> Result<Self, Engine> {
        if self.is_lost {
            let lost = wasmtime::Error::msg("what this session was is lost");
            return Err(Engine(lost));
        }
        let slot = slots().acquire().await;
        let slot = slot.map_err(|error| Engine(error.into()))?;
        Ok(Self {
            instance: self.instance.copy().await.map_err(Engine)?,
            is_lost: false,
            _slot: slot,
        })
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("is_lost", &self.is_lost)
            .finish_non_exhaustive()
    }
}
