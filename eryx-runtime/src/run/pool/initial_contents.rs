//! What the memories that a thread creates begin with: wasmtime asks for one without saying for
//! whom it is.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use super::Snapshot;

thread_local! {
    static CONTENTS: RefCell<Option<Arc<Snapshot>>> = const { RefCell::new(None) };
}

/// Does something, and has the memories that this thread creates meanwhile begin with `contents`,
/// or with zeros.
pub(crate) fn with_contents<R>(contents: Option<&Arc<Snapshot>>, act: impl FnOnce() -> R) -> R {
    let _before = Before(CONTENTS.replace(contents.cloned()));
    act()
}

/// A future that creates its memories with `contents`, whichever threads it is polled by.
pub(crate) async fn created_with<F: Future>(
    contents: Option<Arc<Snapshot>>,
    future: F,
) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| with_contents(contents.as_ref(), || future.as_mut().poll(context))).await
}

/// What memories that this thread creates now begin with.
#[cfg(target_os = "linux")]
pub(super) fn contents() -> Option<Arc<Snapshot>> {
    CONTENTS.with_borrow(Clone::clone)
}

/// What it was before, and is again: after a panic too.
struct Before(Option<Arc<Snapshot>>);

impl Drop for Before {
    fn drop(&mut self) {
        CONTENTS.set(self.0.take());
    }
}
