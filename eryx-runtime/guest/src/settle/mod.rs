//! Settling: what is done when all is imported, so that an instance touches less of its snapshot.
//!
//! The pages of an instance are the snapshot's until it writes to them; then each is copied, which
//! takes longer than most of what a small program does. So what a program would write to, though it
//! has no need to, is brought to rest before the snapshot is taken:
//!
//! 1. The driver runs some small programs, so that what CPython notes down in code and types when
//!    it is first used is noted down already. (`warm_up` of `driver.py`)
//! 2. Objects become immortal: references to them are no longer counted. ([`immortal`])
//! 3. The collector no longer looks at them: it would leave marks.
//! 4. The holes of the heap are filled, so that what a program makes is in one place. ([`heap`])
//!
//! None of it changes what a program can do or see, but for the counts of `sys.getrefcount`.

mod heap;
mod immortal;

use crate::python::{Failed, Object};
use crate::{driver, system};

/// Brings all to rest. Python is started, and no Python code is running.
pub(crate) fn settle() -> Result<(), String> {
    let gc = Gc::find()?;
    system::silently(driver::warm_up);
    gc.collect()?;
    immortal::all().map_err(|Failed| "the objects cannot be made immortal")?;
    heap::fill();
    driver::gather();
    system::silently(driver::warm_up);
    // What is garbage is not to stay; and with it go the blocks that CPython keeps for later,
    // which are all over the heap.
    gc.collect()?;
    gc.freeze()?;
    heap::fill();
    Ok(())
}

/// The module `gc`.
struct Gc {
    collect: Object,
    freeze: Object,
}

impl Gc {
    fn find() -> Result<Self, String> {
        let find = || {
            let gc = Object::module(c"gc")?;
            Ok(Self {
                collect: gc.attribute(c"collect")?,
                freeze: gc.attribute(c"freeze")?,
            })
        };
        find().map_err(|Failed| "the module gc is missing".to_owned())
    }

    fn collect(&self) -> Result<(), String> {
        let collected = self.collect.call_without();
        collected.map_err(|Failed| "garbage cannot be collected")?;
        Ok(())
    }

    fn freeze(&self) -> Result<(), String> {
        let frozen = self.freeze.call_without();
        frozen.map_err(|Failed| "the collector cannot be kept away")?;
        Ok(())
    }
}
