//! Builds a sandbox, runs a program in it, and looks at one that fails.
//!
//! `cargo run --release -p eryx-examples --bin first_run`
#![expect(clippy::print_stdout, reason = "an example prints")]

use eryx::{ErrorKind, Sandbox};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Python and the packages whose features are on. The first build takes seconds, for everything is
    // compiled; later ones take milliseconds, from the cache.
    let sandbox = Sandbox::builder().with_embedded_runtime().build()?;

    // Every run gets a fresh instance.
    let result = sandbox
        .execute("import sys; print('hello from', sys.platform)")
        .await?;
    print!("{}", result.stdout);
    println!("peak memory: {} MiB", result.stats.peak_memory >> 20);

    // What goes wrong in the sandbox is a value here, with all that was printed until then.
    let error = sandbox
        .execute("print('so far'); open('/etc/passwd')")
        .await
        .expect_err("the program fails");
    print!("{}", error.stdout());
    match &error.kind {
        ErrorKind::Exception(raised) => println!("{}: {}", raised.type_name, raised.message),
        other => println!("{other}"),
    }
    Ok(())
}
