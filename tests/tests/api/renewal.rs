//! State in the snapshot that must be renewed for each run: random generators, clocks, the collector.

use eryx_tests::{NUMPY, stdout};
use std::time::{SystemTime, UNIX_EPOCH};

#[test]
fn nothing_random_repeats() {
    // All of these modules are in the snapshot, or use one that is.
    let code = "import random, secrets, tempfile, uuid\n\
                import numpy as np\n\
                print(random.random())\n\
                print(random.SystemRandom().random())\n\
                print(secrets.token_hex())\n\
                print(uuid.uuid4())\n\
                print(next(tempfile._get_candidate_names()))\n\
                print(np.random.rand())\n\
                print(np.random.default_rng().random())\n";
    let [one, other] = [(); 2].map(|()| stdout(&NUMPY, code));
    assert_eq!(one.lines().count(), 7, "{one}");
    for (one, other) in one.lines().zip(other.lines()) {
        assert_ne!(one, other);
    }
}

#[test]
fn clocks_follow_the_host() {
    let code = "import time\n\
                start = time.monotonic()\n\
                time.sleep(0.01)\n\
                print(time.time(), time.monotonic() - start >= 0.01, time.process_time() >= 0)";
    let printed = stdout(&NUMPY, code);
    let mut words = printed.split_whitespace();
    let time: f64 = words.next().expect("a time").parse().expect("a number");
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock");
    assert!((now.as_secs_f64() - time).abs() < 60.0, "{time}");
    assert_eq!(words.collect::<Vec<_>>(), ["True", "True"]);
}

#[test]
fn collections_see_only_the_programs_objects() {
    let code = "import gc\n\
                print(gc.isenabled(), len(gc.get_objects()) < 1000)\n\
                circle = []\n\
                circle.append(circle)\n\
                del circle\n\
                print(gc.collect())";
    assert_eq!(stdout(&NUMPY, code), "True True\n1\n");
}
