//! Feeds a program line by line and reads what it prints while it runs.
//!
//! `cargo run --release -p eryx-examples --bin streaming`
#![expect(clippy::print_stdout, reason = "an example prints")]

use eryx::{Program, Sandbox, Stream};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, duplex};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().with_embedded_runtime().build()?;

    // Two pipes: one to the program's stdin, one from its stdout. The program waits where a pipe is
    // empty or full, so neither side runs ahead of the other.
    let (mut questions, stdin) = duplex(1024);
    let (stdout, answers) = duplex(1024);
    let program = Program::new("for line in open(0): print(int(line) ** 2, flush=True)")
        .stdin_from(stdin)
        .stdout_to(stdout);
    let talk = async {
        let mut answers = BufReader::new(answers).lines();
        for number in [3, 12] {
            questions
                .write_all(format!("{number}\n").as_bytes())
                .await?;
            let answer = answers.next_line().await?;
            println!("{number} squared is {}", answer.unwrap_or_default());
        }
        drop(questions); // the end of the program's stdin
        Ok::<_, std::io::Error>(())
    };
    let (result, talked) = tokio::join!(sandbox.run(program), talk);
    result?;
    talked?;

    // Or a function that is called with every piece of output.
    let code = "import sys; print('to stdout'); print('to stderr', file=sys.stderr)";
    let program = Program::new(code).on_output(|stream, bytes| {
        let name = if stream == Stream::Stdout {
            "stdout"
        } else {
            "stderr"
        };
        print!("{name}: {}", String::from_utf8_lossy(bytes));
    });
    sandbox.run(program).await?;
    Ok(())
}
