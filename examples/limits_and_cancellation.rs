//! Limits what programs use, and stops one from outside.
//!
//! `cargo run --release -p eryx-examples --bin limits_and_cancellation`
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Duration;

use eryx::{CancellationToken, ErrorKind, Limits, Program, Sandbox};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder()
        .with_embedded_runtime()
        .build()?
        .with_limits(
            Limits::default()
                .wall_time(Duration::from_millis(200))
                .memory(128 << 20)
                .output_bytes(1024),
        );

    // Each of these passes one limit. Limits hold in Python, in C code and in sleep alike.
    for code in [
        "while True: pass",
        "10 ** 10 ** 8",
        "import time; time.sleep(60)",
        "data = bytearray(1 << 30)",
        "while True: print('spam')",
    ] {
        let error = sandbox.execute(code).await.expect_err("the program fails");
        match error.kind {
            ErrorKind::Limit(reached) => println!("{code}: {:?}", reached.limit),
            other => println!("{code}: {other}"),
        }
    }

    // A program may bring limits of its own.
    let patient = Limits::default().wall_time(Duration::from_secs(30));
    let program = Program::new("import time; time.sleep(0.3); print('done')").limits(patient);
    print!("{}", sandbox.run(program).await?.stdout);

    // A token stops a run from anywhere; dropping the future does, too.
    let token = CancellationToken::new();
    let program = Program::new("while True: pass").cancelled_by(&token);
    let run = tokio::spawn(async move { sandbox.run(program).await });
    token.cancel();
    println!("{}", run.await?.expect_err("the program fails"));
    Ok(())
}
