//! Carrying values between the exports and the functions of `driver.py`.

use std::cell::{Cell, OnceCell};
use std::ffi::CStr;
use std::ptr::null_mut;

use crate::exports::eryx::sandbox::python::{Failure, Function, Program, Value, Want};
use crate::python::{Definition, Failed, Object, ffi};
use crate::{calls, generators};

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
        let mut given = Vec::new();
        for definition in [&END_PROCESS, &generators::FIND]
            .into_iter()
            .chain(&calls::FUNCTIONS)
        {
            given.push((definition.name(), Object::function(definition)?));
        }
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

/// Sets variables of the environment, and gives programs functions of the host's.
pub(crate) fn equip(environment: &[(String, String)], functions: &[Function]) {
    let count = environment.len().to_string();
    let variables = environment.iter().flat_map(|(name, value)| [name, value]);
    let functions = functions.iter().flat_map(|function| {
        [
            &function.name,
            &function.signature,
            &function.documentation,
        ]
    });
    let strings = [&count].into_iter().chain(variables).chain(functions);
    let strings = strings.map(String::as_str);
    with(|driver| driver.names.get(c"equip")?.call(strings));
}

/// Runs a program.
pub(crate) fn execute(program: &Program) -> Result<Option<Value>, Failure> {
    let want = match &program.want {
        Want::Nothing => "",
        Want::LastExpression => "=",
        Want::Variable(name) => name,
    };
    let strings = [&*program.source, &program.name, want];
    let arguments = program.arguments.iter().map(String::as_str);
    let answer = with(|driver| driver.execute.call(strings.into_iter().chain(arguments)));
    let mut answer = answer.into_iter();
    let kind = answer.next();
    let mut next = || answer.next().unwrap_or_default();
    match kind.as_deref() {
        Some("value") => {
            let (json, reason) = (next(), next());
            Ok(Some(Value {
                json: if json.is_empty() { Err(reason) } else { Ok(json) },
                repr: next(),
            }))
        }
        Some("raised") => Err(Failure::Raised(next())),
        Some(_) => Err(Failure::Exit(next().parse().unwrap_or(1))),
        None => Ok(None),
    }
}

/// What `driver.py` ends the instance with: WASI's own `exit` would lose the status.
static END_PROCESS: Definition = Definition::new(c"end_process", end_process);

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
