//! The seeds of the fuzz target `program`: inputs worth starting from, and every past finding.

use eryx_tests::each_seed;
use eryx_tests::programs::Programs;

#[test]
fn program_seeds() {
    let programs = Programs::build();
    each_seed("program", |bytes| programs.run(bytes));
}
