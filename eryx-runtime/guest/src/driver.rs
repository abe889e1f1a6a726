//! Carrying values between the exports and the functions of `driver.py`.

use std::cell::OnceCell;
use std::ffi::CStr;

use crate::exports::eryx::sandbox::python::{Failure, Program, Raised};
use crate::python::{Definition, Failed, Object};

const SOURCE: &str = concat!(include_str!("driver.py"), "\0");

struct Driver {
    preimport: Object,
    warm_up: Object,
    gather: Object,
    renew: Object,
    execute: Object,
}

thread_local! {
    static DRIVER: OnceCell<Driver> = const { OnceCell::new() };
}

/// Loads the driver into the interpreter, which must have been started.
pub(crate) fn load() -> Result<(), String> {
    let load = || {
        let source = CStr::from_bytes_with_nul(SOURCE.as_bytes()).map_err(|_| Failed)?;
        let given = [(c"end_process", Object::function(&END_PROCESS)?)];
        let names = Object::evaluate(source, c"<eryx>", &given)?;
        Ok(Driver {
            preimport: names.get(c"preimport")?,
            warm_up: names.get(c"warm_up")?,
            gather: names.get(c"gather")?,
            renew: names.get(c"renew")?,
            execute: names.get(c"execute")?,
        })
    };
    let driver = load().map_err(|Failed| "the driver could not be loaded")?;
    DRIVER
        .with(|cell| cell.set(driver))
        .map_err(|_| "Python was already started".to_owned())
}

/// Imports modules by name; an error is the traceback of the first that failed.
pub(crate) fn preimport(modules: &[String]) -> Result<(), String> {
    let answer = with(|driver| driver.preimport.call(modules.iter().map(String::as_str)));
    answer.into_iter().next().map_or(Ok(()), Err)
}

/// Uses what programs will use.
pub(crate) fn warm_up() {
    with(|driver| driver.warm_up.call([]));
}

/// Puts what each run needs into one place.
pub(crate) fn gather() {
    with(|driver| driver.gather.call([]));
}

/// Makes new what a snapshot has frozen in Python.
pub(crate) fn renew() {
    with(|driver| driver.renew.call([]));
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
static END_PROCESS: Definition = Definition::ending_process(c"_exit");

/// Calls the driver. It answers whatever a program does; if it cannot, or was never loaded,
/// nothing in this instance can be trusted, and it ends.
fn with(call: impl FnOnce(&Driver) -> Result<Vec<String>, Failed>) -> Vec<String> {
    let answer = DRIVER.with(|cell| cell.get().map(call));
    let Some(Ok(answer)) = answer else {
        std::process::abort();
    };
    answer
}
