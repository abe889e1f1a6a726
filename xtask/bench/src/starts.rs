//! The time of a fresh instance from start to end, the time to load an image from the store, and whether
//! a hundred more images slow either down.

use std::sync::Arc;

use anyhow::Result;
use eryx_runtime::{Image, InstanceConfig, Program};
use tokio::runtime::Runtime;

use crate::Runs;
use crate::clock::{Moment, Time};
use crate::images::{BuiltImage, Images};
use crate::program;
use crate::table::{Table, duration};

const LOAD: &str = "load from the store";
const PRINT: &str = "fresh instance, print(1+1), drop";
const SUM: &str = "fresh instance, np.array([1,2,3]).sum(), drop";
const LOAD_MORE: &str = "the same, 100 images later: load";
const PRINT_MORE: &str = "the same, 100 images later: print(1+1)";
/// The rows, in order. Under each row of fresh instances, [`PARTS`] are rows as well.
const ROWS: [&str; 5] = [LOAD, PRINT, SUM, LOAD_MORE, PRINT_MORE];
const PARTS: [&str; 3] = ["  instantiate", "  execute", "  drop"];
const RATE: &str = "fresh instances a second, print(1+1), all cores";

/// The number of images that are loaded before the last rows.
const MORE: usize = 100;
/// The number of runs before the measured ones.
const WARM_UP: usize = 5;

/// The times of one row: of Python alone, and with numpy.
pub(crate) struct Row {
    name: &'static str,
    times: [Vec<Time>; 2],
}

/// Measures the selected rows.
pub(crate) fn measure(
    images: &Images,
    runs: &Runs,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let runtime = program::runtime()?;
    // They stay loaded to the end, for the last rows.
    let mut more = Vec::new();
    for name in ROWS.into_iter().filter(|name| wanted(name)) {
        eprintln!("measuring {name}");
        if [LOAD_MORE, PRINT_MORE].contains(&name) && more.is_empty() {
            for built in images.both() {
                for _ in 0..MORE {
                    more.push(built.load()?.0);
                }
            }
        }
        let mut times = [const { [Vec::new(), Vec::new()] }; 1 + PARTS.len()];
        for run in 0..WARM_UP + runs.fresh {
            // Alternate, so that load on the machine affects both equally.
            for (index, built) in images.both().into_iter().enumerate() {
                if name == SUM && index == 0 {
                    continue;
                }
                let once = once(name, built, &runtime)?;
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

/// Measures how many fresh instances per second run `print(1+1)`, with Python alone and with numpy, if
/// the row is selected.
pub(crate) fn measure_rate(
    images: &Images,
    runs: &Runs,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Option<[f64; 2]>> {
    if !wanted(RATE) {
        return Ok(None);
    }
    eprintln!("measuring {RATE}");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let count = runs.fresh * 20;
    let mut found = [0.0; 2];
    for (built, found) in images.both().into_iter().zip(&mut found) {
        let start = Moment::now();
        runtime.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..cores {
                let image = built.image.clone();
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

pub(crate) fn print_rate([python, numpy]: [f64; 2]) {
    println!("{RATE}: {python:.0}; with numpy {numpy:.0}");
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

/// Does one run of a row. Returns the time of the run, and of each of its [`PARTS`].
fn once(name: &str, built: &BuiltImage, runtime: &Runtime) -> Result<Vec<Time>> {
    match name {
        LOAD | LOAD_MORE => Ok(vec![built.load()?.1]),
        SUM => fresh(
            &built.image,
            "import numpy as np; print(np.array([1,2,3]).sum())",
            runtime,
        ),
        _ => fresh(&built.image, "print(1+1)", runtime),
    }
}

/// Runs a program in a fresh instance. Returns the time of the run, and of each of its [`PARTS`].
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
