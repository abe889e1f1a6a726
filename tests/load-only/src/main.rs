//! Runs a program in a sandbox that is loaded from an image file: `eryx-load-only IMAGE CODE`.

use std::error::Error;

use eryx::Sandbox;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(image), Some(code)) = (arguments.next(), arguments.next()) else {
        return Err("usage: eryx-load-only IMAGE CODE".into());
    };
    let sandbox = Sandbox::from_image_file(image)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let result = runtime.block_on(sandbox.execute(&code))?;
    print!("{}", result.stdout);
    Ok(())
}
