//! Carrying values between the exports and the functions of `driver.py`.

use std::cell::{Cell, OnceCell};
use std::ffi::CStr;
use std::ptr::null_mut;

use crate::exports::eryx::sandbox::python::{Failure, Program, Raised};
use crate::generators;
use crate::python::{Definition, Failed, Object, ffi};

const SOURCE: &str = concat!(include_str!("driver.py"), "\0");

struct Driver {
    /// All that it defines, by name.
    names: Object,
    renew: Object,
    execute: Object,
}

thread_local! {
    static DRIVER: OnceCell<Driver> = const { OnceCell::new() };
    /// Whether there is something that `driver.py` has to renew.
    static IS_LEFT: Cell<bool> = const { Cell::new(false) };
}

/// Loads the driver into the interpreter, which must have been started.
pub(crate) fn load() -> Result<(), String> {
    let load = || {
        let source = CStr::from_bytes_with_nul(SOURCE.as_bytes()).map_err(|_| Failed)?;
        let given = [
            (c"end_process", Object::function(&END_PROCESS)?),
            (c"find_state", Object::function(&generators::FIND)?),
        ];
        let names = Object::evaluate(source, c"<eryx>", &given)?;
        Ok(Driver {
            renew: names.get(c"renew")?,
            execute: names.get(c"execute")?,
            names,
        })
    };
    let driver = load().map_err(|Failed| "the driver could not be loaded")?;
    DRIVER
        .with(|cell| cell.set(driver))
        .map_err(|_| "Python was already started".to_owned())
}

/// Imports modules by name; an error is the traceback of the first that failed.
pub(crate) fn preimport(modules: &[String]) -> Result<(), String> {
    let modules = modules.iter().map(String::as_str);
    let answer = with(|driver| driver.names.get(c"preimport")?.call(modules));
    answer.into_iter().next().map_or(Ok(()), Err)
}

/// Takes a step of what is done before a snapshot, by the name of its function.
pub(crate) fn prepare(step: &CStr) -> Result<Vec<String>, String> {
    let answer = DRIVER.with(|cell| cell.get().map(|driver| driver.names.get(step)?.call([])));
    match answer {
        Some(Ok(answer)) => Ok(answer),
        _ => Err(format!("the step {} failed", step.to_string_lossy())),
    }
}

/// Prepares what [`renew`] is to do.
pub(crate) fn prepare_renewal() -> Result<(), String> {
    IS_LEFT.set(!prepare(c"prepare_renewal")?.is_empty());
    Ok(())
}

/// Makes new what a snapshot has frozen in Python, beside the generators.
pub(crate) fn renew() {
    if IS_LEFT.get() {
        with(|driver| driver.renew.call([]));
    }
}

/// Runs a program.
pub(crate) fn execute(program: &Program) -> Result<(), Failure> {
    let strings = [&program.source, &program.name];
    let strings = strings
        .into_iter()
        .chain(&program.arguments)
        .map(String::as_str);
    let mut answer = with(|driver| driver.execute.call(strings)).into_iter();
    match (answer.next(), answer.next(), answer.next()) {
        (None, ..) => Ok(()),
        (Some(status), None, _) => Err(Failure::Exit(status.parse().unwrap_or(1))),
        (Some(type_name), Some(message), traceback) => Err(Failure::Raised(Raised {
            type_name,
            message,
            traceback: traceback.unwrap_or_default(),
        })),
    }
}

/// What `driver.py` ends the instance with: WASI's own `exit` would lose the status.
static END_PROCESS: Definition = Definition::new(c"_exit", end_process);

extern "C" fn end_process(
    _this: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python passes a live tuple, and runs nothing else meanwhile.
    unsafe {
        let status = ffi::PyTuple_GetItem(arguments, 0);
        if !status.is_null() {
            let status = ffi::PyLong_AsInt(status);
            if ffi::PyErr_Occurred().is_null() {
                crate::system::exit(status);
            }
        }
    }
    null_mut()
}

/// Calls the driver. It answers whatever a program does; if it cannot, or was never loaded,
/// nothing in this instance can be trusted, and it ends.
fn with(call: impl FnOnce(&Driver) -> Result<Vec<String>, Failed>) -> Vec<String> {
    let answer = DRIVER.with(|cell| cell.get().map(call));
    let Some(Ok(answer)) = answer else {
        std::process::abort();
    };
    answer
}
