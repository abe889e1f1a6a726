//! Gives a program host functions: what it can do outside its sandbox is what they do.
//!
//! `cargo run --release -p eryx-examples --bin host_functions`
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eryx::{CallError, Function, Sandbox};
use serde::{Deserialize, Serialize};

/// The parameters of the Python function are the fields of a struct.
#[derive(Deserialize)]
struct Price {
    item: String,
    #[serde(default = "one")]
    count: u32,
}

fn one() -> u32 {
    1
}

#[derive(Serialize)]
struct Quote {
    item: String,
    cents: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // What the functions share is yours: here a table, elsewhere a pool of database connections.
    let prices = Arc::new(BTreeMap::from([("apple", 40), ("pear", 55)]));
    let price = Function::new("price", move |Price { item, count }| {
        let prices = prices.clone();
        async move {
            // An error becomes a Python exception of this class.
            let cents = prices.get(&*item).ok_or_else(|| {
                CallError::of("LookupError", format!("there is no price for {item}"))
            })?;
            // While a call waits, other calls and other programs go on.
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok::<_, CallError>(Quote {
                cents: cents * count,
                item,
            })
        }
    })
    .doc("Returns what some pieces of an item cost.")
    .optional("count", 1)
    .timeout(Duration::from_secs(1));

    let sandbox = Sandbox::builder()
        .with_embedded_runtime()
        .build()?
        .with_function(price)?;

    let code = r#"
import asyncio

# A plain call in plain code. This program awaits at its top level, so it awaits the calls too;
# gathered, they run at the same time.
quotes = await asyncio.gather(price("apple"), price("pear", count=3))
print(sum(quote["cents"] for quote in quotes), "cents")

try:
    await price("plum")
except LookupError as error:
    print("no such item:", error)

help(price)
"#;
    print!("{}", sandbox.execute(code).await?.stdout);
    Ok(())
}
