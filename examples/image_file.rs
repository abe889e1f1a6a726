//! Writes an image to a file, and starts from that file as a deployed program would.
//!
//! A program that only does the second half needs neither linker nor compiler:
//! `eryx = { …, default-features = false }`.
//!
//! `cargo run --release -p eryx-examples --bin image_file`
#![expect(clippy::print_stdout, reason = "an example prints")]

use eryx::{Image, Runtime, Sandbox};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("reports.eryx");

    // Once, where there is time: `eryx image build` does the same on the command line. What is
    // imported here is imported already when a program starts.
    let sandbox = Sandbox::builder()
        .with_embedded_runtime()
        .with_preimport("decimal")
        .build()?;
    sandbox.image().save(&file)?;

    // Wherever it is deployed. The file holds machine code: load only files that you trust.
    let runtime = Runtime::builder().slots(8).build(); // at most 8 instances at a time
    let deployed = Sandbox::from_image(Image::load(&file, &runtime)?);
    println!(
        "the same image: {}",
        deployed.image_id() == sandbox.image_id()
    );

    let code = "from decimal import Decimal; print(Decimal('0.1') + Decimal('0.2'))";
    print!("{}", deployed.execute(code).await?.stdout);
    Ok(())
}
