//! Compares snippets in the sandbox with native Python, in alternating runs.

use std::time::Duration;

use anyhow::{Context, Result};
use eryx_runtime::Image;

use crate::Runs;
use crate::clock::Time;
use crate::native::Native;
use crate::program;
use crate::snippets::{Group, Snippet};
use crate::table::{Table, duration};

/// A snippet's best time and its result.
struct Best {
    time: Time,
    result: String,
}

/// The measurements of a snippet: in the sandbox, and natively if a Python was found.
pub(crate) struct Comparison {
    name: &'static str,
    native: Option<Result<Best>>,
    sandbox: Result<Best>,
}

/// Measures a snippet. Its errors are part of the result.
pub(crate) fn measure(
    snippet: &Snippet,
    group: Group,
    image: &Image,
    native: Option<&Native>,
    runs: &Runs,
) -> Comparison {
    let program = snippet.program(runs.repeats);
    let native = native.filter(|native| group == Group::Python || native.has_numpy());
    let mut outside = Vec::new();
    let mut inside = Vec::new();
    for _ in 0..runs.rounds {
        if let Some(native) = native {
            outside.push(run_native(native, &program));
        }
        inside.push(run_sandboxed(image, &program));
    }
    Comparison {
        name: snippet.name,
        native: native.map(|_| best(outside)),
        sandbox: best(inside),
    }
}

pub(crate) fn print(group: Group, comparisons: &[Comparison], runs: &Runs) {
    let title = format!("best of {} runs", runs.rounds * runs.repeats);
    let mut table = Table::new(&[
        &title,
        "native wall",
        "sandbox wall",
        "ratio",
        "CPU ratio",
        "result",
    ]);
    let mut ratios = Vec::new();
    for comparison in comparisons {
        let (native, sandbox) = (&comparison.native, &comparison.sandbox);
        let wall = |best: &Result<Best>| match best {
            Ok(best) => duration(best.time.wall),
            Err(_) => "failed".to_owned(),
        };
        let ratio = match (native, sandbox) {
            (Some(Ok(native)), Ok(sandbox)) => Some([
                ratio(sandbox.time.wall, native.time.wall),
                ratio(sandbox.time.cpu, native.time.cpu),
            ]),
            _ => None,
        };
        let shown = |index: usize| ratio.map(|ratio| format!("{:.2}", ratio[index]));
        table.add(vec![
            comparison.name.to_owned(),
            native.as_ref().map(wall).unwrap_or_default(),
            wall(sandbox),
            shown(0).unwrap_or_default(),
            shown(1).unwrap_or_default(),
            result(native.as_ref(), sandbox).to_owned(),
        ]);
        ratios.extend(ratio);
    }
    if !ratios.is_empty() {
        let mean = |index| {
            format!(
                "{:.2}",
                geometric_mean(ratios.iter().map(|pair| pair[index]))
            )
        };
        let name = match group {
            Group::Python => "geometric mean, Python",
            Group::Numpy => "geometric mean, numpy",
        };
        let empty = String::new();
        table.add(vec![
            name.to_owned(),
            empty.clone(),
            empty.clone(),
            mean(0),
            mean(1),
            empty,
        ]);
    }
    table.print();
    for comparison in comparisons {
        explain(comparison);
    }
}

/// Summarizes the comparison of the results in a word.
fn result(native: Option<&Result<Best>>, sandbox: &Result<Best>) -> &'static str {
    match (native, sandbox) {
        (_, Err(_)) | (Some(Err(_)), _) => "see below",
        (None, Ok(_)) => "",
        (Some(Ok(native)), Ok(sandbox)) if native.result == sandbox.result => "equal",
        (Some(Ok(_)), Ok(_)) => "DIFFERS",
    }
}

/// Prints the errors, or the results if they differ.
fn explain(comparison: &Comparison) {
    let Comparison {
        name,
        native,
        sandbox,
    } = comparison;
    if let Some(Err(error)) = native {
        println!("{name}, native: {error:#}");
    }
    match (native, sandbox) {
        (_, Err(error)) => println!("{name}, in the sandbox: {error:#}"),
        (Some(Ok(native)), Ok(sandbox)) if native.result != sandbox.result => {
            println!("{name}, native: the result is {}", native.result);
            println!("{name}, in the sandbox: the result is {}", sandbox.result);
        }
        _ => {}
    }
}

fn run_native(native: &Native, program: &str) -> Result<Best> {
    let printed = native.run(program)?;
    let lines = printed.lines().filter(|line| *line != "start");
    best(lines.map(Line::parse).map(|line| {
        let Line { wall, cpu, result } = line?;
        let time = Time { wall, cpu };
        Ok(Best { time, result })
    }))
}

fn run_sandboxed(image: &Image, program: &str) -> Result<Best> {
    let timed = program::run(image, program)?;
    best(timed.flushes.chunks(2).map(|pair| {
        let [(start, _), (end, line)] = pair else {
            anyhow::bail!("a run started and did not end");
        };
        let Line { wall, result, .. } = Line::parse(line.trim_end())?;
        // A guest has no CPU clock: take the CPU time of the host.
        let cpu = end.since(*start).cpu;
        let time = Time { wall, cpu };
        Ok(Best { time, result })
    }))
}

/// Returns the best times of several runs, whose results must be equal.
fn best(runs: impl IntoIterator<Item = Result<Best>>) -> Result<Best> {
    let mut best: Option<Best> = None;
    for run in runs {
        let run = run?;
        best = Some(match best {
            None => run,
            Some(best) => {
                anyhow::ensure!(
                    best.result == run.result,
                    "the results of two runs differ: {} and {}",
                    best.result,
                    run.result
                );
                let time = best.time.least(run.time);
                Best { time, ..best }
            }
        });
    }
    best.context("it printed nothing")
}

/// The line that `timer.py` prints after each run.
struct Line {
    wall: Duration,
    cpu: Duration,
    result: String,
}

impl Line {
    fn parse(line: &str) -> Result<Self> {
        let parse = || {
            let (wall, rest) = line.split_once(' ')?;
            let (cpu, result) = rest.split_once(' ')?;
            let seconds = |text: &str| Duration::try_from_secs_f64(text.parse().ok()?).ok();
            Some(Self {
                wall: seconds(wall)?,
                cpu: seconds(cpu)?,
                result: result.to_owned(),
            })
        };
        parse().with_context(|| format!("it printed {line:?}"))
    }
}

fn ratio(one: Duration, other: Duration) -> f64 {
    // A time of zero is one below the clock's resolution.
    one.as_secs_f64() / other.as_secs_f64().max(1e-9)
}

fn geometric_mean(ratios: impl ExactSizeIterator<Item = f64>) -> f64 {
    let mut count = 0.0;
    let mut sum = 0.0;
    for ratio in ratios {
        count += 1.0;
        sum += ratio.max(1e-9).ln();
    }
    (sum / f64::max(count, 1.0)).exp()
}
