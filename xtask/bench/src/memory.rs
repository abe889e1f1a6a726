//! The memory that a live instance takes in the host, and the growth of the process over many runs.
//!
//! The figures come from Linux's `/proc`; on other systems the cells are empty.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Result;
use eryx_runtime::{Image, Program};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::Runs;
use crate::images::Images;
use crate::program;
use crate::starts::fresh;
use crate::table::Table;

const WRITTEN: &str = "pages that print(1+1) changes";
const WRITTEN_SUM: &str = "pages that np.array([1,2,3]).sum() changes";
const FAULTS: &str = "page faults of print(1+1)";
const RESIDENT: &str = "resident memory of a live instance";
const PRIVATE: &str = "  of that, its own alone";
const GROWTH: &str = "growth of the process";
/// The rows, in order.
const ROWS: [&str; 6] = [WRITTEN, WRITTEN_SUM, FAULTS, RESIDENT, PRIVATE, GROWTH];

/// The number of instances that are live at the same time.
const LIVE: u32 = 50;
/// The programs of live instances: they print, and then sleep until they are dropped.
const LIVE_PROGRAMS: [&str; 2] = [
    "import time; print(1+1, flush=True); time.sleep(3600)",
    "import time; import numpy as np; print(np.array([1,2,3]).sum(), flush=True); time.sleep(3600)",
];

/// A row: the figures of Python alone, and with numpy.
pub(crate) struct Row {
    name: &'static str,
    cells: [String; 2],
}

/// Measures the selected rows.
pub(crate) fn measure(
    images: &Images,
    runs: &Runs,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    if !ROWS.into_iter().any(wanted) {
        return Ok(rows);
    }
    eprintln!("measuring memory");
    let runtime = program::runtime()?;
    let mut cells: [[Option<String>; ROWS.len()]; 2] = Default::default();
    for (index, built) in images.both().into_iter().enumerate() {
        // Warm up: the process allocates what it keeps.
        execute(&built.image, runs.fresh, &runtime)?;
        let faults = faults(&built.image, runs.fresh, &runtime)?;
        let grown = growth(&built.image, runs.executes, &runtime)?;
        let live = live(&built.image, LIVE_PROGRAMS[index], &runtime)?;
        let written = written_of(&built.image, "print(1+1)", &runtime)?;
        let sum = "import numpy as np; print(np.array([1,2,3]).sum())";
        let written_sum = (index == 1).then(|| written_of(&built.image, sum, &runtime));
        cells[index] = [
            Some(written.to_string()),
            written_sum.transpose()?.map(|written| written.to_string()),
            faults.map(|faults| faults.to_string()),
            live.map(|live| mebibytes(live.resident / LIVE)),
            live.map(|live| mebibytes(live.private / LIVE)),
            grown.map(|grown| format!("{grown:+.1} %")),
        ];
    }
    let [python, numpy] = cells;
    for (name, cells) in ROWS.into_iter().zip(python.into_iter().zip(numpy)) {
        if wanted(name) {
            let cells = [cells.0, cells.1].map(Option::unwrap_or_default);
            rows.push(Row { name, cells });
        }
    }
    Ok(rows)
}

pub(crate) fn print(rows: &[Row], runs: &Runs) {
    let title = format!("memory: {LIVE} live, {} executes", runs.executes);
    let mut table = Table::new(&[&title, "Python", "with numpy"]);
    for Row { name, cells } in rows {
        table.add(vec![(*name).to_owned(), cells[0].clone(), cells[1].clone()]);
    }
    table.print();
}

fn execute(image: &Image, runs: usize, runtime: &Runtime) -> Result<()> {
    for _ in 0..runs {
        fresh(image, "print(1+1)", runtime)?;
    }
    Ok(())
}

/// Returns the number of pages that a program changes in a fresh instance.
fn written_of(image: &Image, source: &str, runtime: &Runtime) -> Result<usize> {
    runtime.block_on(async {
        let mut session = image.session(&Arc::default()).await?;
        session.execute(source).await?;
        Ok(session.changed_pages())
    })
}

/// Returns the average number of minor page faults of a fresh instance.
fn faults(image: &Image, runs: usize, runtime: &Runtime) -> Result<Option<u64>> {
    let before = minor_faults();
    execute(image, runs, runtime)?;
    let difference = before.zip(minor_faults()).map(|(one, two)| two - one);
    Ok(difference.map(|faults| faults / runs as u64))
}

/// Returns the growth of the process over consecutive runs, in per cent.
fn growth(image: &Image, runs: usize, runtime: &Runtime) -> Result<Option<f64>> {
    let before = Memory::now();
    execute(image, runs, runtime)?;
    Ok(before.zip(Memory::now()).map(|(before, after)| {
        (f64::from(after.resident) / f64::from(before.resident) - 1.0) * 100.0
    }))
}

/// Returns the memory that all instances take while they run a program at the same time.
fn live(image: &Image, source: &str, runtime: &Runtime) -> Result<Option<Memory>> {
    let printed = Arc::new(AtomicU32::new(0));
    runtime.block_on(async {
        let before = Memory::now();
        let mut instances = JoinSet::new();
        for _ in 0..LIVE {
            let (image, counter) = (image.clone(), printed.clone());
            let program = Program::new(source).on_output(move |_, _| {
                counter.fetch_add(1, Ordering::Relaxed);
            });
            instances.spawn(async move { image.run(program, &Arc::default()).await });
        }
        while printed.load(Ordering::Relaxed) < LIVE {
            if let Some(run) = instances.try_join_next() {
                anyhow::bail!("an instance ended: {:?}", run?);
            }
            tokio::task::yield_now().await;
        }
        let during = Memory::now();
        instances.shutdown().await;
        Ok(before.zip(during).map(|(before, during)| Memory {
            resident: during.resident.saturating_sub(before.resident),
            private: during.private.saturating_sub(before.private),
        }))
    })
}

/// The memory of this process, in KiB.
#[derive(Clone, Copy)]
struct Memory {
    /// The resident pages. A page that two instances map counts twice.
    resident: u32,
    /// The resident pages that only this process maps.
    private: u32,
}

impl Memory {
    fn now() -> Option<Self> {
        let text = fs::read_to_string("/proc/self/smaps_rollup").ok()?;
        let field = |name: &str| -> Option<u32> {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix(" kB")?.parse().ok()
        };
        Some(Self {
            resident: field("Rss:")?,
            private: field("Private_Clean:")? + field("Private_Dirty:")?,
        })
    }
}

/// Returns the number of minor page faults of this process.
fn minor_faults() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    // The process name, in brackets, may contain anything. After it come: state, parent, group, session,
    // terminal, the terminal's group, flags, minor faults.
    text.rsplit(')')
        .next()?
        .split_whitespace()
        .nth(7)?
        .parse()
        .ok()
}

fn mebibytes(kibibytes: u32) -> String {
    format!("{:.2} MiB", f64::from(kibibytes) / 1024.0)
}
