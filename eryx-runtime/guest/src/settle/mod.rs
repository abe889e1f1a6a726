//! Settling: what is done when all is imported, so that an instance touches little of its snapshot.
//!
//! The pages of an instance are the snapshot's until it writes to them; then each is copied, which
//! takes longer than most of what a small program does. So what would be written to without need
//! is brought to rest before the snapshot is taken:
//!
//! 1. Small programs run, so that what CPython makes, caches and notes down when something is
//!    first used is there already. (`warm_up` of `driver.py`)
//! 2. All objects become immortal: references to them are no longer counted. ([`immortal`])
//! 3. The holes of the heap are filled, so that what is made from now on is in one place. ([`heap`])
//! 4. What each run writes to is made anew, in that place. (`gather` of `driver.py`)
//! 5. The programs run again, for the code that is new, and the generators are prepared.
//! 6. The collector forgets what is there: it would leave marks in it. (`untrack` of `driver.py`)
//! 7. The holes are filled that this has left.
//!
//! None of it changes what a program can do, and all that it can see of it is what
//! `sys.getrefcount` and the module `gc` tell of objects that were there.

mod heap;
mod immortal;

use crate::python::Failed;
use crate::{driver, system};

/// Brings all to rest. Python is started, and no Python code is running.
pub(crate) fn settle() -> Result<(), String> {
    system::silently(|| driver::prepare(c"warm_up"))?;
    driver::prepare(c"collect")?;
    immortal::all().map_err(|Failed| "the objects cannot be made immortal")?;
    heap::fill();

    driver::prepare(c"gather")?;
    system::silently(|| driver::prepare(c"warm_up"))?;
    driver::prepare_renewal()?;
    driver::prepare(c"untrack")?;
    heap::fill();
    Ok(())
}
