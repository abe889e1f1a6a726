//! The snapshot that new memories begin with. It is passed in a thread-local variable, because
//! wasmtime does not tell a `MemoryCreator` which instance it creates a memory for.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use super::Snapshot;

thread_local! {
    static CONTENTS: RefCell<Option<Arc<Snapshot>>> = const { RefCell::new(None) };
}

/// Calls a function. Memories that this thread creates meanwhile begin with `contents`, or with
/// zeros.
pub(crate) fn with_contents<R>(contents: Option<&Arc<Snapshot>>, act: impl FnOnce() -> R) -> R {
    let _restore = Restore(CONTENTS.replace(contents.cloned()));
    act()
}

/// Awaits a future. Memories that it creates begin with `contents`, on whichever thread it is
/// polled.
pub(crate) async fn with_contents_async<F: Future>(
    contents: Option<Arc<Snapshot>>,
    future: F,
) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| with_contents(contents.as_ref(), || future.as_mut().poll(context))).await
}

/// Returns the snapshot that memories created by this thread begin with now.
#[cfg(target_os = "linux")]
pub(super) fn contents() -> Option<Arc<Snapshot>> {
    CONTENTS.with_borrow(Clone::clone)
}

/// A guard that restores the previous contents when dropped, also by a panic.
struct Restore(Option<Arc<Snapshot>>);

impl Drop for Restore {
    fn drop(&mut self) {
        CONTENTS.set(self.0.take());
    }
}
