//! How late a limit on time ends programs that nobody should run: those of `tests/corpus/hostile`.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use eryx::{Limits, Program, Sandbox};
use eryx_tests::corpus::Corpus;

use crate::Runs;
use crate::table::{Table, duration};

const NAME: &str = "hostile programs, ended after 100 ms";
/// What each of them may take.
const LIMIT: Duration = Duration::from_millis(100);
/// How many of the latest are shown.
const SHOWN: usize = 5;

/// The names of all programs with how long each took, the longest first; nothing unless it is wanted.
pub(crate) fn measure(
    runs: &Runs,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<(String, Duration)>> {
    let mut times = Vec::new();
    if !wanted(NAME) {
        return Ok(times);
    }
    eprintln!("measuring {NAME}");
    let sandbox = Sandbox::builder().with_embedded_runtime().build()?;
    let limits = Limits::default()
        .wall_time(LIMIT)
        .memory(256 << 20)
        .output_bytes(1 << 20);
    let sandbox = eryx_tests::with_host_functions(sandbox).with_limits(limits);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let corpus = Corpus::find("hostile").context("there is a corpus of hostile programs")?;
    // One of the functions is there to panic; what a panic prints is not to be read here.
    std::panic::set_hook(Box::new(|_| ()));
    for case in corpus.cases() {
        let source = case.source()?;
        let mut taken = Vec::new();
        for _ in 0..runs.rounds {
            let program = Program::new(&source);
            let start = Instant::now();
            // What comes of it is what the tests look at.
            let _ = runtime.block_on(sandbox.run(program));
            taken.push(start.elapsed());
        }
        taken.sort_unstable();
        let median = taken.get(taken.len() / 2).copied();
        times.push((case.name(), median.unwrap_or_default()));
    }
    let _ = std::panic::take_hook();
    times.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
    Ok(times)
}

pub(crate) fn print(times: &[(String, Duration)]) {
    let title = format!("{NAME}: the latest of {}", times.len());
    let mut table = Table::new(&[&title, "wall"]);
    for (name, time) in times.iter().take(SHOWN) {
        table.add(vec![name.clone(), duration(*time)]);
    }
    table.print();
}
