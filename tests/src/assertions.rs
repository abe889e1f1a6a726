//! Assertions about how a run ended.

use eryx::{ErrorKind, ExecuteError, Limit, LimitReached};

/// Returns the limit that ended a run.
#[track_caller]
pub fn limit_of(error: &ExecuteError) -> LimitReached {
    match &error.kind {
        ErrorKind::Limit(reached) => *reached,
        kind => panic!("no limit: {kind:?}, with {:?}", error.stdout()),
    }
}

/// Asserts which limit ended a run, and that the run went past it.
#[track_caller]
pub fn passed(error: &ExecuteError, limit: Limit) -> LimitReached {
    let reached = limit_of(error);
    assert_eq!(reached.limit, limit, "{reached}");
    assert!(reached.used > reached.allowed, "{reached}");
    reached
}

/// Returns the class and the message of the exception that ended a run.
#[track_caller]
pub fn raised(error: &ExecuteError) -> (&str, &str) {
    let exception = error.exception();
    let exception = exception.unwrap_or_else(|| panic!("no exception: {error:?}"));
    (&exception.type_name, &exception.message)
}
