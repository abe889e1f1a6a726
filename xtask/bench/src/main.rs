//! Measures what eryx claims: how long each step takes from libraries to a result, and how fast
//! Python and numpy are in the sandbox against the same outside.
//!
//! Numbers are printed, never judged: what is measured on a busy machine is no reason to fail.
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

/// Measures eryx: each step from libraries to a result, then snippets against native Python.
///
/// Native Python is the one that `ERYX_BENCH_PYTHON` names, or else python3.14 or python3. For the
/// snippets with numpy it needs numpy, in the same release if the results are to mean much.
#[derive(Parser)]
#[command(name = "cargo xtask bench")]
pub(crate) struct Arguments {
    /// Fewer runs: a look, in some two minutes
    #[arg(long)]
    quick: bool,

    /// Only the rows whose names contain this
    #[arg(long, value_name = "NAME", default_value = "")]
    filter: String,

    /// How much memory free slots keep resident, over all slots, in bytes
    #[arg(long, value_name = "BYTES")]
    resident: Option<usize>,
}

/// How often each thing is done.
pub(crate) struct Runs {
    /// Making an image, which takes many seconds.
    pub(crate) makes: usize,
    /// Starting an instance, and looking at each of its steps.
    pub(crate) starts: usize,
    /// Fresh instances from their start to their end.
    pub(crate) fresh: usize,
    /// Executes after which the process should be as large as before.
    pub(crate) executes: usize,
    /// Processes and instances for each snippet.
    pub(crate) rounds: usize,
    /// Runs of a snippet in each of them.
    pub(crate) repeats: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let runtime = arguments.resident.map_or_else(Runtime::default, |bytes| {
        Runtime::builder().resident_memory(bytes).build()
    });
    let runs = if arguments.quick {
        Runs {
            makes: 1,
            starts: 11,
            fresh: 50,
            executes: 200,
            rounds: 1,
            repeats: 3,
        }
    } else {
        Runs {
            makes: 3,
            starts: 51,
            fresh: 300,
            executes: 1000,
            rounds: 5,
            repeats: 3,
        }
    };
    let wanted = |name: &str| name.contains(&arguments.filter);

    let images = Images::make(&runtime, &runs, &wanted)?;
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
    if let Some(found) = starts::a_second(&images, &runs, &wanted)? {
        starts::print_a_second(found);
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
