//! The delay with which a limit on time ends the hostile programs of `tests/corpus/hostile`.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use eryx::{Limits, Program, Sandbox};
use eryx_tests::corpus::Corpus;

use crate::Runs;
use crate::table::{Table, duration};

const NAME: &str = "hostile programs, ended after 100 ms";
/// The wall time that each program may take.
const LIMIT: Duration = Duration::from_millis(100);
/// The number of programs that the table shows, those with the longest delay.
const SHOWN: usize = 5;

/// Measures the time of each program. Returns names and times, the longest first, or nothing if the row
/// is not selected.
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
    // One of the host functions panics on purpose: do not print its panics.
    std::panic::set_hook(Box::new(|_| ()));
    for case in corpus.cases() {
        let source = case.source()?;
        let mut taken = Vec::new();
        for _ in 0..runs.rounds {
            let program = Program::new(&source);
            let start = Instant::now();
            // The tests check the result; this measures the time only.
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
