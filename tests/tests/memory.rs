//! A process that runs program after program does not grow.
#![cfg(target_os = "linux")]

use std::fs;

use eryx_tests::BARE;

/// Runs before the first measurement, in which the process allocates what it keeps.
const WARM_UP: usize = 200;
/// Runs between the two measurements.
const RUNS: usize = 1000;
/// The growth in KiB that is always allowed, since the allocator takes memory in large pieces.
const SLACK: u64 = 4 << 10;

#[test]
fn process_does_not_grow() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let run = |count| {
        for _ in 0..count {
            let result = runtime.block_on(BARE.execute("print(1+1)"));
            assert_eq!(result.expect("the program reaches its end").stdout, "2\n");
        }
    };
    run(WARM_UP);
    let (resident, threads) = (resident(), threads());
    run(RUNS);
    let after = self::resident();
    let allowed = resident + resident / 20 + SLACK;
    assert!(after <= allowed, "{resident} KiB became {after} KiB");
    assert_eq!(self::threads(), threads);
}

/// Returns the resident memory of this process in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("/proc can be read");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let number = number.and_then(|number| number.parse().ok());
    number.expect("a number of KiB")
}

/// Returns the number of threads of this process.
fn threads() -> usize {
    fs::read_dir("/proc/self/task")
        .expect("/proc can be read")
        .count()
}
