//! The warm-up: what is done after all imports and before the snapshot, so that a run touches little
//! of it.
//!
//! The pages of an instance are the snapshot's until the instance writes to them. Then the host
//! copies the page, which takes longer than most of what a small program does. So what a run would
//! write without need is written before the snapshot:
//!
//! 1. Small programs run, so that CPython creates, caches and specialises what it does when
//!    something is first used. (`warm_up` of the driver)
//! 2. All objects become immortal: references to them are no longer counted. ([`immortal`])
//! 3. The holes of the heap are filled, so that what a run allocates lies together. ([`heap`])
//! 4. What each run writes to is created again, there. (`gather_code` of the driver)
//! 5. The programs run again, for the code that is new, and the random number generators are found.
//! 6. The garbage collector forgets the objects: it would write marks to them. (`untrack` of the
//!    driver)
//! 7. The holes that this has left are filled.
//!
//! None of it changes what a program can do. A program can only observe it through
//! `sys.getrefcount` and the module `gc`.

mod heap;
mod immortal;

use crate::python::Failed;
use crate::{driver, system};

/// Warms the interpreter up. It must have been started, and no Python code may be running.
pub(crate) fn warm_up() -> Result<(), String> {
    system::discard_output(|| driver::warm_up(c"warm_up"))?;
    driver::warm_up(c"collect_garbage")?;
    immortal::make_all().map_err(|Failed| "the objects cannot be made immortal")?;
    heap::fill();

    driver::warm_up(c"gather_code")?;
    system::discard_output(|| driver::warm_up(c"warm_up"))?;
    driver::prepare_reseed()?;
    driver::warm_up(c"untrack")?;
    heap::fill();
    Ok(())
}
