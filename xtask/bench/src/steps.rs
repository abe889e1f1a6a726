//! The time of each step, from libraries to the result of a small program.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::Runs;
use crate::clock::Time;
use crate::images::{ALL_STEPS, BuiltImage, Images, REBUILDS, STEPS};
use crate::program;
use crate::table::{Table, duration};

/// The times of a step: of Python alone, and with numpy.
pub(crate) struct Row {
    name: &'static str,
    runs: usize,
    times: [Option<Time>; 2],
}

const BOOT: &str = "start an instance";
const EMPTY: &str = "execute an empty program";
const IMPORT: &str = "  first import numpy";
const SUM: &str = "  np.array([1,2,3]).sum()";

/// The rows after those of building the image, in order.
const RUNNING: [&str; 4] = [BOOT, EMPTY, IMPORT, SUM];

/// The times of rows, by name.
type Times = BTreeMap<&'static str, Vec<Time>>;

/// Measures the selected rows.
pub(crate) fn measure(
    images: &Images,
    runs: &Runs,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let build_row = |name, of: &dyn Fn(&BuiltImage) -> Vec<Time>| Row {
        name,
        runs: runs.builds,
        times: images.both().map(|built| Time::median(&of(built))),
    };
    for (index, (name, _)) in STEPS.into_iter().enumerate() {
        if wanted(name) {
            let times = |built: &BuiltImage| built.steps.iter().map(|steps| steps[index]).collect();
            rows.push(build_row(name, &times));
        }
    }
    for (index, name) in [ALL_STEPS].into_iter().chain(REBUILDS).enumerate() {
        if wanted(name) {
            let times = |built: &BuiltImage| built.whole.iter().map(|whole| whole[index]).collect();
            rows.push(build_row(name, &times));
        }
    }
    if !RUNNING.iter().any(|name| wanted(name)) {
        return Ok(rows);
    }
    eprintln!("measuring starts");
    let mut times = [Times::new(), Times::new()];
    for _ in 0..runs.starts {
        // Alternate, so that load on the machine affects both equally.
        for (index, built) in images.both().into_iter().enumerate() {
            start_once(built, &mut times[index])?;
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
    for (built, name) in images
        .both()
        .into_iter()
        .zip(["Python", "Python with numpy"])
    {
        if let Some((compiled, all)) = built.functions {
            println!("{name}, tiny added: {compiled} of {all} functions were compiled");
        }
        if let Some(added) = built.added {
            let steps = STEPS.iter().zip(added);
            let steps = steps.map(|((step, _), time)| format!("{step} {}", duration(time.cpu)));
            let steps: Vec<String> = steps.collect();
            println!("  of that, CPU: {}", steps.join(", "));
        }
    }
}

/// Measures the rows that need no packages.
fn start_once(built: &BuiltImage, times: &mut Times) -> Result<()> {
    let mut record = |name, time| times.entry(name).or_default().push(time);
    let timed = program::run(&built.image, "")?;
    record(EMPTY, timed.end.since(timed.start));

    // The first print of the program marks the end of the start.
    let timed = program::run(&built.image, "print('booted', flush=True)")?;
    let (booted, _) = timed.flushes.first().context("it printed nothing")?;
    record(BOOT, booted.since(timed.start));
    Ok(())
}

/// Measures the rows that need numpy.
fn import_once(built: &BuiltImage, times: &mut Times) -> Result<()> {
    let source = "print('booted', flush=True)\n\
                  import numpy as np\n\
                  print('imported', flush=True)\n\
                  print(np.array([1,2,3]).sum(), flush=True)";
    let timed = program::run(&built.image, source)?;
    let [(booted, _), (imported, _), (summed, _)] = timed.flushes[..] else {
        anyhow::bail!("expected three lines of output, got {:?}", timed.text());
    };
    let mut record = |name, time| times.entry(name).or_default().push(time);
    record(IMPORT, imported.since(booted));
    record(SUM, summed.since(imported));
    Ok(())
}
