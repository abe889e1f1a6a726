//! Running programs: the runtime, instances, their imports and exports, limits and results.
//!
//! **Invariant:** nothing here links or compiles. `run` works without the feature `build`, and
//! never imports `make` or `image`.

mod canonical_abi;
pub(crate) mod captured_output;
pub(crate) mod clock_and_rng;
pub(crate) mod config;
pub(crate) mod epoch_ticker;
pub(crate) mod exports;
pub(crate) mod host_calls;
pub(crate) mod imports;
pub(crate) mod instance;
pub(crate) mod instantiate;
pub(crate) mod limits;
mod machine;
pub(crate) mod meter;
pub(crate) mod outcome;
pub(crate) mod pool;
pub(crate) mod program;
pub(crate) mod runtime;
pub(crate) mod session;
pub(crate) mod stdio;
pub(crate) mod trap;
