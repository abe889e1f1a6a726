//! The time of a host call, sequentially and concurrently.

use std::time::Duration;

use anyhow::{Context, Result};
use eryx::{CallError, Function, Program, Sandbox, Session};
use serde::{Deserialize, Serialize};

use crate::Runs;
use crate::images::Images;
use crate::table::{Table, duration};

/// The rows in order: a name, and a program whose last expression is the time of all calls in seconds, by
/// the guest's clock.
const ROWS: [(&str, &str); 3] = [
    (
        "host call, 1,000 in a row: each",
        "
import time
start = time.perf_counter()
for number in range(1000):
    person = lookup(id=number)
assert person == {'id': 999, 'name': 'Ada'}
(time.perf_counter() - start) / 1000
",
    ),
    (
        "host call, 1,000 awaited in a row: each",
        "
import time
start = time.perf_counter()
for number in range(1000):
    person = await lookup(id=number)
assert person == {'id': 999, 'name': 'Ada'}
(time.perf_counter() - start) / 1000
",
    ),
    (
        "host call, 1,000 gathered: each",
        "
import asyncio, time
start = time.perf_counter()
people = await asyncio.gather(*[lookup(id=number) for number in range(1000)])
assert people[-1] == {'id': 999, 'name': 'Ada'}
(time.perf_counter() - start) / 1000
",
    ),
];

#[derive(Deserialize)]
struct Lookup {
    id: u32,
}

#[derive(Serialize)]
struct Person {
    id: u32,
    name: &'static str,
}

/// Measures the median of each selected row.
pub(crate) fn measure(
    images: &Images,
    runs: &Runs,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<(&'static str, Duration)>> {
    let mut rows = Vec::new();
    // A runtime with threads, since host calls run as tasks of their own.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let [python, _] = images.both();
    let lookup = Function::new("lookup", |Lookup { id }: Lookup| async move {
        Ok::<_, CallError>(Person { id, name: "Ada" })
    });
    let sandbox = Sandbox::from_image(python.image.clone()).with_function(lookup)?;
    for (name, source) in ROWS {
        if !wanted(name) {
            continue;
        }
        eprintln!("measuring {name}");
        let mut times = Vec::new();
        for _ in 0..runs.starts {
            let mut session = runtime.block_on(sandbox.session())?;
            times.push(runtime.block_on(once(&mut session, source))?);
        }
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied();
        rows.push((name, median.context("no run")?));
    }
    Ok(rows)
}

async fn once(session: &mut Session, source: &str) -> Result<Duration> {
    let result = session.run(Program::new(source).return_value()).await?;
    let seconds = result.value.context("it has no value")?.to()?;
    Ok(Duration::from_secs_f64(seconds))
}

pub(crate) fn print(rows: &[(&'static str, Duration)], runs: &Runs) {
    let title = format!("median of {} runs", runs.starts);
    let mut table = Table::new(&[&title, "Python"]);
    for (name, time) in rows {
        table.add(vec![(*name).to_owned(), duration(*time)]);
    }
    table.print();
}
