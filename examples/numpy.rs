//! Gives numpy some data, and takes the results as Rust types and as bytes.
//!
//! `cargo run --release -p eryx-examples --bin numpy`
#![expect(clippy::print_stdout, reason = "an example prints")]

use eryx::{Program, Sandbox};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Fit {
    slope: f64,
    intercept: f64,
    shape: Vec<usize>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().with_embedded_runtime().build()?;

    // Large data travels best as a file of raw bytes.
    let samples: Vec<u8> = (0..100)
        .flat_map(|x| (2.5 * f64::from(x) + 1.0).to_le_bytes())
        .collect();
    let code = "
import numpy as np

y = np.fromfile('/data/samples')
slope, intercept = np.polyfit(np.arange(y.size), y, 1)
np.flip(y).tofile('/tmp/reversed')
{'slope': round(slope, 6), 'intercept': round(intercept, 6), 'shape': y.shape}
";
    let program = Program::new(code)
        .file("/data/samples", samples)
        .return_value() // numpy's numbers and arrays come as JSON
        .return_file("/tmp/reversed");
    let mut result = sandbox.run(program).await?;

    let fit: Fit = result.value.ok_or("the last line is an expression")?.to()?;
    println!(
        "y = {} x + {}, from {:?} samples",
        fit.slope, fit.intercept, fit.shape
    );

    let file = result
        .files
        .remove("/tmp/reversed")
        .ok_or("it was asked for")??;
    let (first, _) = file.split_first_chunk().ok_or("it holds samples")?;
    println!("the last sample is {}", f64::from_le_bytes(*first));
    Ok(())
}
