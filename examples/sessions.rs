//! Keeps one interpreter alive between programs, as a notebook does, and copies it.
//!
//! `cargo run --release -p eryx-examples --bin sessions`
#![expect(clippy::print_stdout, reason = "an example prints")]

use eryx::{Program, Sandbox};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().with_embedded_runtime().build()?;
    let mut session = sandbox.session().await?;

    // Variables, imports and files stay.
    session
        .write("/tmp/sales.csv", b"north,3\nsouth,5\n")
        .await?;
    session
        .execute("import csv; rows = list(csv.reader(open('/tmp/sales.csv')))")
        .await?;
    session
        .execute("total = sum(int(count) for _, count in rows)")
        .await?;

    // The value of the last line, as a notebook shows it.
    let result = session.run(Program::new("total").return_value()).await?;
    let total: u32 = result.value.ok_or("the last line is an expression")?.to()?;
    println!("total: {total}");

    // An exception ends the program, not the session.
    let error = session
        .execute("rows[7]")
        .await
        .expect_err("the program fails");
    println!("{error}");

    // A copy goes on from the same state, apart from the first.
    let mut copy = session.copy().await?;
    copy.execute("total *= 100").await?;
    for (name, session) in [("first", &mut session), ("copy", &mut copy)] {
        print!("{name}: {}", session.execute("print(total)").await?.stdout);
    }

    // As new, in a fraction of a millisecond.
    session.reset().await?;
    let error = session
        .execute("total")
        .await
        .expect_err("the program fails");
    println!("{error}");
    Ok(())
}
