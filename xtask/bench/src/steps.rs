//! How long each step takes, from libraries to the result of a small program.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::Runs;
use crate::clock::Time;
use crate::images::{AGAIN, ALL_STEPS, Images, MAKING, Made};
use crate::program;
use crate::table::{Table, duration};

/// A step that was measured, with Python alone and with numpy.
pub(crate) struct Row {
    name: &'static str,
    runs: usize,
    times: [Option<Time>; 2],
}

const BOOT: &str = "start an instance";
const EMPTY: &str = "execute an empty program";
const IMPORT: &str = "  first import numpy";
const SUM: &str = "  np.array([1,2,3]).sum()";

/// The rows after those of making the image, in their order.
const RUNNING: [&str; 4] = [BOOT, EMPTY, IMPORT, SUM];

/// The times of some rows, by name.
type Times = BTreeMap<&'static str, Vec<Time>>;

/// Measures the rows that are wanted.
pub(crate) fn measure(
    images: &Images,
    runs: &Runs,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let making = |name, of: &dyn Fn(&Made) -> Vec<Time>| Row {
        name,
        runs: runs.makes,
        times: images.both().map(|made| Time::median(&of(made))),
    };
    for (index, (name, _)) in MAKING.into_iter().enumerate() {
        if wanted(name) {
            let times = |made: &Made| made.steps.iter().map(|steps| steps[index]).collect();
            rows.push(making(name, &times));
        }
    }
    for (index, name) in [ALL_STEPS].into_iter().chain(AGAIN).enumerate() {
        if wanted(name) {
            let times = |made: &Made| made.whole.iter().map(|whole| whole[index]).collect();
            rows.push(making(name, &times));
        }
    }
    if !RUNNING.iter().any(|name| wanted(name)) {
        return Ok(rows);
    }
    eprintln!("measuring starts");
    let mut times = [Times::new(), Times::new()];
    for _ in 0..runs.starts {
        // By turns, so that a busy moment of the machine is shared.
        for (index, made) in images.both().into_iter().enumerate() {
            start_once(made, &mut times[index])?;
        }
        if [IMPORT, SUM].into_iter().any(wanted) {
            import_once(images.both()[1], &mut times[1])?;
        }
    }
    for name in RUNNING.into_iter().filter(|name| wanted(name)) {
        let median = |times: &Times| times.get(name).and_then(|times| Time::median(times));
        rows.push(Row {
            name,
            runs: runs.starts,
            times: [median(&times[0]), median(&times[1])],
        });
    }
    Ok(rows)
}

pub(crate) fn print(rows: &[Row], images: &Images) {
    let mut table = Table::new(&[
        "step, median",
        "runs",
        "Python: wall",
        "CPU",
        "with numpy: wall",
        "CPU",
    ]);
    for row in rows {
        let mut cells = vec![row.name.to_owned(), row.runs.to_string()];
        for time in row.times {
            cells.push(time.map(|time| duration(time.wall)).unwrap_or_default());
            cells.push(time.map(|time| duration(time.cpu)).unwrap_or_default());
        }
        table.add(cells);
    }
    table.print();
    for (made, name) in images
        .both()
        .into_iter()
        .zip(["Python", "Python with numpy"])
    {
        if let Some((compiled, all)) = made.functions {
            println!("{name}, tiny added: {compiled} of {all} functions were compiled");
        }
        if let Some(added) = made.added {
            let steps = MAKING.iter().zip(added);
            let steps = steps.map(|((step, _), time)| format!("{step} {}", duration(time.cpu)));
            let steps: Vec<String> = steps.collect();
            println!("  of that, CPU: {}", steps.join(", "));
        }
    }
}

/// What every image can do.
fn start_once(made: &Made, times: &mut Times) -> Result<()> {
    let mut note = |name, time| times.entry(name).or_default().push(time);
    let timed = program::run(&made.image, "")?;
    note(EMPTY, timed.end.since(timed.start));

    // The program's first act ends the start.
    let timed = program::run(&made.image, "print('booted', flush=True)")?;
    let (booted, _) = timed.flushes.first().context("it printed nothing")?;
    note(BOOT, booted.since(timed.start));
    Ok(())
}

/// What the image with numpy can do.
fn import_once(made: &Made, times: &mut Times) -> Result<()> {
    let source = "print('booted', flush=True)\n\
                  import numpy as np\n\
                  print('imported', flush=True)\n\
                  print(np.array([1,2,3]).sum(), flush=True)";
    let timed = program::run(&made.image, source)?;
    let [(booted, _), (imported, _), (summed, _)] = timed.flushes[..] else {
        anyhow::bail!("expected three lines of output, got {:?}", timed.text());
    };
    let mut note = |name, time| times.entry(name).or_default().push(time);
    note(IMPORT, imported.since(booted));
    note(SUM, summed.since(imported));
    Ok(())
}
