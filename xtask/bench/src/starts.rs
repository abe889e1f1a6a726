//! How long a fresh instance takes from its start to its end, how long an image takes from the
//! store, and whether either gets slower the more there are.

use std::sync::Arc;

use anyhow::Result;
use eryx_runtime::{Image, InstanceConfig, Program};
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
/// The rows, in their order; of those of fresh instances, each part has a row as well.
const ROWS: [&str; 5] = [LOAD, PRINT, SUM, LOAD_MORE, PRINT_MORE];
const PARTS: [&str; 3] = ["  instantiate", "  execute", "  drop"];
const A_SECOND: &str = "fresh instances a second, print(1+1), all cores";

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
        let mut times = [const { [Vec::new(), Vec::new()] }; 1 + PARTS.len()];
        for run in 0..WARM_UP + runs.fresh {
            // By turns, so that a busy moment of the machine is shared.
            for (index, made) in images.both().into_iter().enumerate() {
                if name == SUM && index == 0 {
                    continue;
                }
                let once = once(name, made, &runtime)?;
                if run >= WARM_UP {
                    for (times, time) in times.iter_mut().zip(once) {
                        times[index].push(time);
                    }
                }
            }
        }
        for (part, times) in [name].into_iter().chain(PARTS).zip(times) {
            if times.iter().any(|times| !times.is_empty()) {
                rows.push(Row { name: part, times });
            }
        }
    }
    Ok(rows)
}

/// How many fresh instances run `print(1+1)` in a second, with Python alone and with numpy, if that is
/// wanted.
pub(crate) fn a_second(
    images: &Images,
    runs: &Runs,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Option<[f64; 2]>> {
    if !wanted(A_SECOND) {
        return Ok(None);
    }
    eprintln!("measuring {A_SECOND}");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let count = runs.fresh * 20;
    let mut found = [0.0; 2];
    for (made, found) in images.both().into_iter().zip(&mut found) {
        let start = Moment::now();
        runtime.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..cores {
                let image = made.image.clone();
                let config = Arc::new(InstanceConfig::default());
                tasks.spawn(async move {
                    for _ in 0..count {
                        let run = image.run(Program::new("print(1+1)"), &config).await?;
                        anyhow::ensure!(run.stdout == "2\n", "it printed {:?}", run.stdout);
                    }
                    Ok(())
                });
            }
            while let Some(task) = tasks.join_next().await {
                task??;
            }
            anyhow::Ok(())
        })?;
        let wall = Moment::now().since(start).wall;
        #[expect(clippy::cast_precision_loss, reason = "there are few")]
        let all = (count * cores) as f64;
        *found = all / wall.as_secs_f64();
    }
    Ok(Some(found))
}

pub(crate) fn print_a_second([python, numpy]: [f64; 2]) {
    println!("{A_SECOND}: {python:.0}; with numpy {numpy:.0}");
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

/// Does once what a row is about: how long all of it took, and each of its parts.
fn once(name: &str, made: &Made, runtime: &Runtime) -> Result<Vec<Time>> {
    match name {
        LOAD | LOAD_MORE => Ok(vec![made.load()?.1]),
        SUM => fresh(
            &made.image,
            "import numpy as np; print(np.array([1,2,3]).sum())",
            runtime,
        ),
        _ => fresh(&made.image, "print(1+1)", runtime),
    }
}

/// Runs a program in a fresh instance; it is to reach its end. Gives the time of all, and of
/// [`PARTS`].
pub(crate) fn fresh(image: &Image, source: &str, runtime: &Runtime) -> Result<Vec<Time>> {
    let program = Program::new(source);
    let config = Arc::new(InstanceConfig::default());
    let [start, started, ended, dropped] = runtime.block_on(async {
        let start = Moment::now();
        let mut session = image.session(&config).await?;
        let started = Moment::now();
        let result = session.run(program).await;
        let ended = Moment::now();
        drop(session);
        let dropped = Moment::now();
        result?;
        anyhow::Ok([start, started, ended, dropped])
    })?;
    Ok(vec![
        dropped.since(start),
        started.since(start),
        ended.since(started),
        dropped.since(ended),
    ])
}
