//! The benchmark: the time of each step from libraries to a result, and the speed of Python and numpy in
//! the sandbox, compared with native Python.
//!
//! It prints numbers and never fails because of them, since they depend on the machine's load.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command prints"
)]

mod calls;
mod clock;
mod compare;
mod hostile;
mod images;
mod memory;
mod native;
mod program;
mod snippets;
mod starts;
mod steps;
mod table;

use anyhow::Result;
use clap::Parser;
use eryx_runtime::Runtime;

use crate::compare::Comparison;
use crate::images::Images;
use crate::native::Native;
use crate::snippets::Group;

/// Measure builds, runs and memory, and compare snippets with native Python
///
/// The environment variable `ERYX_BENCH_PYTHON` names the native Python; otherwise it is python3.14 or
/// python3 of the PATH. The numpy snippets need a native numpy, ideally of the same release.
#[derive(Parser)]
#[command(name = "cargo xtask bench")]
pub(crate) struct Arguments {
    /// Do fewer runs, which takes about 2 minutes
    #[arg(long)]
    quick: bool,

    /// Measure only the rows whose name contains this text
    #[arg(long, value_name = "NAME", default_value = "")]
    filter: String,

    /// Let free slots keep this much memory resident, in total
    #[arg(long, value_name = "BYTES")]
    resident: Option<usize>,
}

/// The number of repetitions of each measurement.
pub(crate) struct Runs {
    /// The builds of each image, which take many seconds.
    pub(crate) builds: usize,
    /// The starts of an instance whose steps are measured.
    pub(crate) starts: usize,
    /// The fresh instances that are measured as a whole.
    pub(crate) fresh: usize,
    /// The runs over which the process must not grow.
    pub(crate) executes: usize,
    /// The processes, and the instances, for each snippet.
    pub(crate) rounds: usize,
    /// The runs of a snippet in each process or instance.
    pub(crate) repeats: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let runtime = arguments.resident.map_or_else(Runtime::default, |bytes| {
        Runtime::builder().resident_memory(bytes).build()
    });
    let runs = if arguments.quick {
        Runs {
            builds: 1,
            starts: 11,
            fresh: 50,
            executes: 200,
            rounds: 1,
            repeats: 3,
        }
    } else {
        Runs {
            builds: 3,
            starts: 51,
            fresh: 300,
            executes: 1000,
            rounds: 5,
            repeats: 3,
        }
    };
    let wanted = |name: &str| name.contains(&arguments.filter);

    let images = Images::build(&runtime, &runs, &wanted)?;
    let native = Native::find()?;
    println!(
        "eryx {}, {} cores\nsandbox: {}\nnative:  {}\n",
        env!("CARGO_PKG_VERSION"),
        std::thread::available_parallelism().map_or(1, usize::from),
        images.versions()?,
        native
            .as_ref()
            .map_or("no Python found".to_owned(), Native::to_string),
    );

    let rows = steps::measure(&images, &runs, &wanted)?;
    if !rows.is_empty() {
        steps::print(&rows, &images);
        println!();
    }
    let rows = starts::measure(&images, &runs, &wanted)?;
    if !rows.is_empty() {
        starts::print(&rows, &runs);
        println!();
    }
    if let Some(rate) = starts::measure_rate(&images, &runs, &wanted)? {
        starts::print_rate(rate);
        println!();
    }
    let rows = calls::measure(&images, &runs, &wanted)?;
    if !rows.is_empty() {
        calls::print(&rows, &runs);
        println!();
    }
    let times = hostile::measure(&runs, &wanted)?;
    if !times.is_empty() {
        hostile::print(&times);
        println!();
    }
    let rows = memory::measure(&images, &runs, &wanted)?;
    if !rows.is_empty() {
        memory::print(&rows, &runs);
        println!();
    }
    for group in Group::ALL {
        let image = images.of(group);
        let snippets = group.snippets().iter();
        let measured: Vec<Comparison> = snippets
            .filter(|snippet| wanted(snippet.name))
            .map(|snippet| {
                eprintln!("measuring {}", snippet.name);
                compare::measure(snippet, group, image, native.as_ref(), &runs)
            })
            .collect();
        if !measured.is_empty() {
            compare::print(group, &measured, &runs);
            println!();
        }
    }
    Ok(())
}
