//! The functions that the driver calls and Python code cannot implement. It imports them from its
//! module `native`.

mod exit;
mod host_calls;
pub(crate) mod random_state;

use crate::python::{Definition, Failed, Object};

/// All native functions.
static FUNCTIONS: [&Definition; 6] = [
    &exit::END_PROCESS,
    &host_calls::CALL,
    &host_calls::BEGIN,
    &host_calls::NEXT,
    &host_calls::CANCEL,
    &random_state::FIND,
];

/// Returns the native functions as a `list`.
pub(crate) fn functions() -> Result<Object, Failed> {
    Object::list(FUNCTIONS.into_iter().map(Object::function))
}
