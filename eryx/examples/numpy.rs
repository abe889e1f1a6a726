//! Builds a sandbox with numpy, runs a program in it, and looks at one that fails.
//!
//! `cargo run --release -p eryx --features numpy --example numpy`
#![expect(clippy::print_stdout, reason = "an example prints")]

use eryx::{ErrorKind, Sandbox};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder()
        .with_embedded_runtime() // Python and the packages whose features are on
        .build()?; // linked and compiled the first time, then taken from the cache

    let result = sandbox
        .execute("import numpy as np; print(np.arange(12).reshape(3, 4).sum(axis=0))")
        .await?;
    print!("{}", result.stdout);

    // An exception of the program's is a value here, with all that was printed before it.
    let code = "import numpy as np; np.linalg.inv(np.zeros((2, 2)))";
    if let Err(error) = sandbox.execute(code).await {
        match error.kind {
            ErrorKind::Exception(raised) => println!("{}: {}", raised.type_name, raised.message),
            other => println!("{other}"),
        }
    }
    Ok(())
}
