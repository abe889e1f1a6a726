//! The programs that `fuzz` starts from, and those that were ever a finding.

use std::fs;
use std::path::Path;

use eryx_tests::programs::Programs;

#[test]
#[expect(clippy::print_stdout, reason = "it is seen if the seed fails")]
fn program_seeds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/program");
    let seeds = fs::read_dir(&folder).expect("the folder of seeds");
    let mut paths: Vec<_> = seeds.flatten().map(|seed| seed.path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no seeds in {}", folder.display());
    let programs = Programs::new(Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/images")));
    for path in paths {
        println!("{}", path.display());
        programs.run(&fs::read(path).expect("a seed"));
    }
}
