use std::fs;
use std::time::Duration;

use eryx::{Program, Sandbox};
use libtest_mimic::Failed;
use tokio::runtime::Runtime;

use super::case::Case;
use super::corpora::{Companion, Corpus};
use super::end::End;
use super::header::{Header, Image};
use super::outcome::Outcome;
use super::output;
use crate::sandboxes::{BARE, NUMPY, with_host_functions};

/// A run that takes longer hangs. Nothing here measures how late a limit on time comes: that is
/// what `cargo xtask bench` does.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Runs a case in this process.
pub(super) fn run(case: &Case) -> Result<(), Failed> {
    let corpus = case.corpus;
    let source = case.source()?;
    let header = Header::parse(corpus, &source)?;
    let runner = Runner::new(corpus, header.image)?;

    if let Some(before) = &corpus.before {
        runner.run_companion("the program before the case", corpus, before)?;
    }
    let mut program = Program::new(source).name(case.program_name());
    if let Some(limits) = header.limits {
        program = program.limits(limits);
    }
    if let Some(file) = &header.file {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        program = program.file(format!("/tmp/{name}"), fs::read(file)?);
    }
    let outcome = runner.run(program)?;
    if !header.ends.allows(&outcome.end) {
        let Outcome {
            end,
            error,
            stdout,
            stderr,
            ..
        } = outcome;
        let expected = header.ends;
        return Err(
            format!("expected: {expected}\nactual: {end}\n{error}\n{stdout}{stderr}").into(),
        );
    }
    let differences = output::compare(case, header.compare, &outcome)?;
    if !differences.is_empty() {
        return Err(differences.into());
    }
    let next = Program::new("print(sum(range(10)))");
    runner.run_to_end("the next program", next, "45\n")?;
    if let Some(after) = &corpus.after {
        runner.run_companion("the program after the case", corpus, after)?;
    }
    Ok(())
}

/// Runs programs in the sandbox of a case. All cases share their image and its instance slots.
struct Runner {
    sandbox: Sandbox,
    runtime: Runtime,
}

impl Runner {
    fn new(corpus: &Corpus, image: Image) -> Result<Self, Failed> {
        let sandbox = match image {
            Image::Bare => BARE.clone(),
            Image::Numpy => NUMPY.clone(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok(Self {
            sandbox: if corpus.has_host_functions {
                with_host_functions(sandbox)
            } else {
                sandbox
            },
            runtime,
        })
    }

    fn run(&self, program: Program) -> Result<Outcome, Failed> {
        let run = async { tokio::time::timeout(TIMEOUT, self.sandbox.run(program)).await };
        match self.runtime.block_on(run) {
            Ok(result) => Ok(result.into()),
            Err(_) => Err(format!("the run has not ended after {TIMEOUT:?}").into()),
        }
    }

    fn run_companion(
        &self,
        what: &str,
        corpus: &Corpus,
        companion: &Companion,
    ) -> Result<(), Failed> {
        let source = fs::read_to_string(corpus.directory().join(companion.file))?;
        self.run_to_end(what, Program::new(source), companion.stdout)
    }

    /// Runs a program of the harness, which must print this.
    fn run_to_end(&self, what: &str, program: Program, expected: &str) -> Result<(), Failed> {
        let Outcome {
            end, stdout, error, ..
        } = self.run(program)?;
        if end == End::Done && stdout == expected {
            return Ok(());
        }
        Err(format!("{what} ended with {end} and printed {stdout:?}\n{error}").into())
    }
}
