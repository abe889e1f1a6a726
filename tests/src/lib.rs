//! Helpers for the end-to-end tests in `tests/tests`, and the harness of the programs in `tests/corpus`.
//!
//! `tests/README.md` says which suites there are and how to add a case.

pub mod corpus;
pub mod host_functions;
pub mod programs;

mod assertions;
mod packages;
mod progress;
mod run;
mod sandboxes;

pub use assertions::{limit_of, passed, raised};
pub use eryx_test_support::{directory, each_seed, image_cache};
pub use packages::{PACKAGES, TINY_PATH, tiny_library, tiny_source};
pub use progress::Steps;
pub use run::{block_on, execute, fails, run, runtime, stdout};
pub use sandboxes::{BARE, NUMPY, TINY, build, with_host_functions};
