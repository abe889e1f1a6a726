//! Going the way of an image up to the compiler, and no further.

use std::error::Error;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use eryx_runtime::{Image, ImageError, ImageStore, OnProgress, Progress, Recipe, Runtime, Step};

/// What is thrown to leave before the compiler starts.
struct Enough;

/// Checks and links what is in a recipe, as for an image, and gives up before it is compiled.
///
/// Whatever panics on the way comes out of here as a panic.
pub(crate) fn link_only(recipe: &Recipe) -> Result<(), ImageError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = ImageStore::at(folder.path());
    let stop: OnProgress = Arc::new(|progress: Progress| {
        if progress.step == Step::Compile {
            // Unlike `panic!`, this prints nothing.
            panic::resume_unwind(Box::new(Enough));
        }
    });
    let make = AssertUnwindSafe(|| Image::make(recipe, &store, &Runtime::default(), &stop));
    match panic::catch_unwind(make) {
        Ok(Ok(_)) => unreachable!("it cannot be made without having been compiled"),
        Ok(Err(error)) => Err(error),
        Err(thrown) if thrown.is::<Enough>() => Ok(()),
        Err(thrown) => panic::resume_unwind(thrown),
    }
}

/// The text of an error and of its causes, one a line, each that the one before does not say.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = format!("{error}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        let line = error.to_string();
        if !text.contains(&line) {
            text.extend(["  because: ", &line, "\n"]);
        }
        cause = error.source();
    }
    text
}
