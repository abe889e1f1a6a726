use std::fs;
use std::path::Path;

/// Runs a fuzz target on each of its seeds, the files in `fuzz/seeds/TARGET`, sorted by name.
///
/// Prints the path of each seed first, so that the output of a failed test ends with the seed that
/// failed.
#[expect(
    clippy::print_stdout,
    reason = "the test runner shows it if a seed fails"
)]
pub fn each_seed(target: &str, run: impl Fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    let directory = directory.join(target);
    let seeds = fs::read_dir(&directory).expect("the directory of seeds can be read");
    let mut paths: Vec<_> = seeds
        .map(|seed| seed.expect("the directory of seeds can be read").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no seeds in {}", directory.display());
    for path in paths {
        println!("{}", path.display());
        run(&fs::read(path).expect("the seed can be read"));
    }
}
