//! Generates the table of the extensions whose features are on.
//!
//! An extension crate has `links = "eryx-ext-NAME"` and publishes the name of its Rust crate; cargo
//! hands that to this script as `DEP_ERYX_EXT_NAME_CRATE`, for each such crate among the
//! dependencies that are switched on.

use std::env;
use std::fmt::Write as _;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut crates: Vec<String> = env::vars()
        .filter(|(name, _)| name.starts_with("DEP_ERYX_EXT_") && name.ends_with("_CRATE"))
        .map(|(_, value)| value)
        .collect();
    crates.sort();

    let mut table = String::from("const EMBEDDED: &[Extension] = &[\n");
    for name in crates {
        writeln!(table, "    {name}::EXTENSION,")?;
    }
    table.push_str("];\n");
    let file = Path::new(&env::var("OUT_DIR")?).join("extensions.rs");
    std::fs::write(file, table)?;
    Ok(())
}
