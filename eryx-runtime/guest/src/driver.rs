//! Calls of the driver: the Python code of `driver/`, which runs programs.

use std::cell::{Cell, OnceCell};
use std::ffi::CStr;

use crate::bindings::exports::eryx::sandbox::python::{
    Failure, Function, Program, RequestedValue, Value,
};
use crate::native;
use crate::python::{Failed, Object};

/// Names a module of the driver with its source.
macro_rules! modules {
    ($($name:literal)+) => {
        &[$(($name, include_str!(concat!("../driver/", $name, ".py")))),+]
    };
}

/// The loader of the modules.
const LOADER: &str = concat!(include_str!("../driver/load.py"), "\0");
/// The modules, each after those that it imports.
const MODULES: &[(&str, &str)] = modules! {
    "text"
    "values"
    "exceptions"
    "source_lines"
    "host_calls"
    "execute"
    "startup"
    "preimport"
    "configure"
    "reseed"
    "warm_up"
};

/// The functions of the driver that are called in each run, and its modules.
struct Driver {
    /// Modules by name.
    modules: Object,
    configure: Object,
    execute: Object,
    reseed: Object,
}

thread_local! {
    static DRIVER: OnceCell<Driver> = const { OnceCell::new() };
    /// Whether the driver has seeds to replace.
    static HAS_SEEDS: Cell<bool> = const { Cell::new(false) };
}

/// Loads the driver into the interpreter, which must have been started.
pub(crate) fn load() -> Result<(), String> {
    let load = || {
        let loader = CStr::from_bytes_with_nul(LOADER.as_bytes()).map_err(|_| Failed)?;
        let loader = Object::evaluate(loader, c"<eryx/load>")?;
        let sources = MODULES.iter();
        let sources = sources.map(|(name, source)| Object::strings([name, source]));
        let (natives, sources) = (native::functions()?, Object::list(sources)?);
        let modules = loader.item(c"load")?.call([&natives, &sources])?;
        let function = |name| modules.item(name)?.attribute(name);
        Ok(Driver {
            configure: function(c"configure")?,
            execute: function(c"execute")?,
            reseed: function(c"reseed")?,
            modules,
        })
    };
    let driver = load().map_err(|Failed| "the driver cannot be loaded")?;
    DRIVER
        .with(|cell| cell.set(driver))
        .map_err(|_| "Python is started already".to_owned())
}

/// Imports modules by name. An error is the traceback of the first that failed.
pub(crate) fn preimport(modules: &[String]) -> Result<(), String> {
    let traceback = with(|driver| {
        let preimport = driver.function(c"preimport", c"preimport")?;
        let traceback = preimport.call([&Object::strings(modules)?])?;
        traceback.optional(Object::text)
    });
    traceback.map_or(Ok(()), Err)
}

/// Calls a function of the driver's module `warm_up`.
pub(crate) fn warm_up(step: &CStr) -> Result<(), String> {
    let call = |driver: &Driver| driver.function(c"warm_up", step)?.call_without();
    match DRIVER.with(|cell| cell.get().map(call)) {
        Some(Ok(_)) => Ok(()),
        _ => Err(format!(
            "the step {} of the driver failed",
            step.to_string_lossy()
        )),
    }
}

/// Finds what [`reseed`] will have to replace.
pub(crate) fn prepare_reseed() -> Result<(), String> {
    let prepare = |driver: &Driver| {
        let prepare = driver.function(c"reseed", c"prepare")?;
        prepare.call_without()?.number()
    };
    match DRIVER.with(|cell| cell.get().map(prepare)) {
        Some(Ok(count)) => {
            HAS_SEEDS.set(count > 0);
            Ok(())
        }
        _ => Err("the driver cannot find the random number generators".to_owned()),
    }
}

/// Reseeds the random number generators whose state was not found in memory.
pub(crate) fn reseed() {
    if HAS_SEEDS.get() {
        with(|driver| driver.reseed.call_without());
    }
}

/// Sets environment variables, and defines host functions for programs.
pub(crate) fn configure(environment: &[(String, String)], functions: &[Function]) {
    let variables = environment.iter();
    let variables = variables.map(|(name, value)| Object::strings([name, value]));
    let functions = functions.iter().map(|function| {
        Object::strings([&function.name, &function.signature, &function.documentation])
    });
    with(|driver| {
        let (variables, functions) = (Object::list(variables)?, Object::list(functions)?);
        driver.configure.call([&variables, &functions])
    });
}

/// Runs a program.
pub(crate) fn execute(program: &Program) -> Result<Option<Value>, Failure> {
    with(|driver| {
        let (wants_last, variable) = match &program.requested {
            RequestedValue::None => (false, Object::none()),
            RequestedValue::LastExpression => (true, Object::none()),
            RequestedValue::Variable(name) => (false, Object::string(name)),
        };
        let outcome = driver.execute.call([
            &Object::string(&program.source)?,
            &Object::string(&program.name)?,
            &Object::strings(&program.arguments)?,
            &Object::bool(wants_last)?,
            &variable?,
        ])?;
        read(&outcome)
    })
}

/// Reads the outcome of a program: `None`, or a tuple that begins with what it is.
fn read(outcome: &Object) -> Result<Result<Option<Value>, Failure>, Failed> {
    if outcome.is_none() {
        return Ok(Ok(None));
    }
    Ok(match outcome.at(0)?.text()?.as_str() {
        "value" => {
            let json = outcome.at(1)?.optional(Object::text)?;
            Ok(Some(Value {
                json: match json {
                    Some(json) => Ok(json),
                    None => Err(outcome.at(2)?.text()?),
                },
                repr: outcome.at(3)?.text()?,
            }))
        }
        "raised" => Err(Failure::Raised(outcome.at(1)?.text()?)),
        "exit" => Err(Failure::Exit(outcome.at(1)?.number()?)),
        _ => return Err(Failed),
    })
}

impl Driver {
    fn function(&self, module: &CStr, name: &CStr) -> Result<Object, Failed> {
        self.modules.item(module)?.attribute(name)
    }
}

/// Calls the driver. Its functions return, whatever a program does. If one does not, or was never
/// loaded, nothing in this instance can be trusted, and it ends.
fn with<T>(call: impl FnOnce(&Driver) -> Result<T, Failed>) -> T {
    match DRIVER.with(|cell| cell.get().map(call)) {
        Some(Ok(result)) => result,
        _ => std::process::abort(),
    }
}
