//! A process that runs program after program stays as large as it was.
#![cfg(target_os = "linux")]

use std::fs;

use eryx::Sandbox;

/// Runs before the first look: until then the process takes what it keeps.
const WARM_UP: usize = 200;
/// Runs between the first look and the last.
const RUNS: usize = 1000;
/// What it may grow by in any case, in KiB: the allocator takes memory in pieces of that size.
const SLACK: u64 = 4 << 10;

#[test]
fn thousand_programs_leave_nothing() {
    let sandbox = Sandbox::builder()
        .with_cache_dir(concat!(env!("CARGO_TARGET_TMPDIR"), "/images"))
        .build()
        .expect("the sandbox is built");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let run = |count| {
        for _ in 0..count {
            let result = runtime.block_on(sandbox.execute("print(1+1)"));
            assert_eq!(result.expect("it reaches its end").stdout, "2\n");
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

/// How much of this process is in memory, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let number = number.and_then(|number| number.parse().ok());
    number.expect("a number of KiB")
}

/// How many threads this process has.
fn threads() -> usize {
    fs::read_dir("/proc/self/task")
        .expect("Linux tells")
        .count()
}
