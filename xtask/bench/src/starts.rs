//! How long a fresh instance takes from its start to its end, how long an image takes from the
//! store, and whether either gets slower the more there are.

use anyhow::{Context, Result};
use eryx_runtime::{Image, Outcome};
use tokio::runtime::Runtime;

use crate::Runs;
use crate::clock::{Moment, Time};
use crate::images::{Images, Made};
use crate::program;
use crate::table::{Table, duration};

const LOAD: &str = "load from the store";
const PRINT: &str = "fresh instance, print(1+1), drop";
const SUM: &str = "fresh instance, np.array([1,2,3]).sum(), drop";
const LOAD_MORE: &str = "the same, 100 images later: load";
const PRINT_MORE: &str = "the same, 100 images later: print(1+1)";
/// The rows, in their order.
const ROWS: [&str; 5] = [LOAD, PRINT, SUM, LOAD_MORE, PRINT_MORE];

/// How many images "later" is.
const MORE: usize = 100;
/// Runs that are not counted, before those that are.
const WARM_UP: usize = 5;

/// The times of one row, with Python alone and with numpy.
pub(crate) struct Row {
    name: &'static str,
    times: [Vec<Time>; 2],
}

/// Measures the rows that are wanted.
pub(crate) fn measure(
    images: &Images,
    runs: &Runs,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let runtime = program::runtime()?;
    // Held to the end: they are what the last rows are about.
    let mut more = Vec::new();
    for name in ROWS.into_iter().filter(|name| wanted(name)) {
        eprintln!("measuring {name}");
        if [LOAD_MORE, PRINT_MORE].contains(&name) && more.is_empty() {
            for made in images.both() {
                for _ in 0..MORE {
                    more.push(made.load()?.0);
                }
            }
        }
        let mut times = [Vec::new(), Vec::new()];
        for run in 0..WARM_UP + runs.fresh {
            // By turns, so that a busy moment of the machine is shared.
            for (index, made) in images.both().into_iter().enumerate() {
                if name == SUM && index == 0 {
                    continue;
                }
                let time = once(name, made, &runtime)?;
                if run >= WARM_UP {
                    times[index].push(time);
                }
            }
        }
        rows.push(Row { name, times });
    }
    Ok(rows)
}

pub(crate) fn print(rows: &[Row], runs: &Runs) {
    let title = format!("wall time of {} runs", runs.fresh);
    let mut table = Table::new(&[&title, "Python: p50", "p95", "with numpy: p50", "p95"]);
    for row in rows {
        let mut cells = vec![row.name.to_owned()];
        for times in &row.times {
            for percent in [50, 95] {
                let wall = Time::percentile(times, percent).map(|time| duration(time.wall));
                cells.push(wall.unwrap_or_default());
            }
        }
        table.add(cells);
    }
    table.print();
}

/// Does once what a row is about.
fn once(name: &str, made: &Made, runtime: &Runtime) -> Result<Time> {
    match name {
        LOAD | LOAD_MORE => Ok(made.load()?.1),
        SUM => fresh(
            &made.image,
            "import numpy as np; print(np.array([1,2,3]).sum())",
            runtime,
        ),
        _ => fresh(&made.image, "print(1+1)", runtime),
    }
}

/// Runs a program in a fresh instance; it is to reach its end.
pub(crate) fn fresh(image: &Image, source: &str, runtime: &Runtime) -> Result<Time> {
    let program = program::of(source);
    let start = Moment::now();
    let run = runtime.block_on(image.run(program, None));
    let time = Moment::now().since(start);
    let outcome = run.outcome.context("the instance ended")?;
    anyhow::ensure!(outcome == Outcome::Done, "{source} ended with {outcome:?}");
    Ok(time)
}
