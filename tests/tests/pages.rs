//! An instance is quick because it touches little of its image: each page that it writes to is
//! copied. How much a small program touches is what this looks at.
#![cfg(target_os = "linux")]

use std::fs;

use eryx::Sandbox;

/// Runs before the first look: until then the process takes what it keeps.
const WARM_UP: u64 = 50;
/// Runs that are looked at.
const RUNS: u64 = 100;

#[test]
fn small_programs_touch_little() {
    let bare = Sandbox::builder;
    let numpy = || Sandbox::builder().with_embedded_runtime();
    let sum = "import numpy as np; print(np.array([1, 2, 3]).sum())";
    for (builder, code, printed, most) in [
        (bare(), "print(1+1)", "2\n", 100),
        (numpy(), "print(1+1)", "2\n", 110),
        (numpy(), sum, "6\n", 190),
    ] {
        let sandbox = builder
            .with_cache_dir(concat!(env!("CARGO_TARGET_TMPDIR"), "/images"))
            .build()
            .expect("the sandbox is built");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let run = |count| {
            for _ in 0..count {
                let result = runtime.block_on(sandbox.execute(code));
                assert_eq!(result.expect("it reaches its end").stdout, printed);
            }
        };
        run(WARM_UP);
        let before = faults();
        run(RUNS);
        let faults = (faults() - before) / RUNS;
        assert!(faults <= most, "{code}: {faults} page faults");
    }
}

/// Page faults of this process that read no disk: for each page of an image that an instance writes
/// to, and for some that it reads.
fn faults() -> u64 {
    let text = fs::read_to_string("/proc/self/stat").expect("Linux tells");
    // After the name in brackets, which may hold anything: state, parent, group, session, terminal,
    // its group, flags, minor faults.
    let fields = text.rsplit(')').next().expect("there is one");
    let number = fields.split_whitespace().nth(7);
    let number = number.and_then(|number| number.parse().ok());
    number.expect("a number of faults")
}
