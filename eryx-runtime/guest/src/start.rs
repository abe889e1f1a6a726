//! Starting CPython, with the configuration API of PEP 741: by names, without struct layouts.

use std::ffi::{CStr, c_char, c_int};
use std::ptr::null;

use crate::python::ffi;

/// Where the standard library is in the sandbox.
const HOME: &CStr = c"/python";
/// Where the extensions and the other packages are.
const SITE_PACKAGES: &CStr = c"/site-packages";

/// As in Python's isolated configuration, which is where this starts from, but for these.
const NUMBERS: &[(&CStr, i64)] = &[
    // Output is flushed when a program ends; the host has no use for it line by line.
    (c"buffered_stdio", 1),
    // A sandbox has no signals to handle.
    (c"install_signal_handlers", 0),
    // The search path is given below; `site` would look for more.
    (c"site_import", 0),
    (c"pathconfig_warnings", 0),
    (c"parse_argv", 0),
    (c"utf8_mode", 1),
    // The trees that Python imports from cannot be written to.
    (c"write_bytecode", 0),
];

/// Starts the interpreter.
pub(crate) fn interpreter() -> Result<(), String> {
    let config = Config::new()?;
    for (name, value) in NUMBERS {
        // SAFETY: the configuration is live and the name is a C string.
        config.check(unsafe { ffi::PyInitConfig_SetInt(config.0, name.as_ptr(), *value) })?;
    }
    config.set(c"home", HOME)?;
    config.set(c"program_name", c"python")?;
    config.set(c"executable", c"/python/bin/python3")?;
    // As Python's own defaults, but for undecodable bytes in what a program prints.
    config.set(c"stdio_encoding", c"utf-8")?;
    config.set(c"stdio_errors", c"surrogateescape")?;
    config.set_list(c"module_search_paths", &[HOME, SITE_PACKAGES])?;
    // SAFETY: the configuration is live, and Python is started once: `boot` is called once.
    config.check(unsafe { ffi::Py_InitializeFromInitConfig(config.0) })
}

/// A `PyInitConfig`, freed when dropped.
struct Config(*mut ffi::PyInitConfig);

impl Config {
    fn new() -> Result<Self, String> {
        // SAFETY: it takes nothing and gives null or a configuration.
        let config = unsafe { ffi::PyInitConfig_Create() };
        if config.is_null() {
            return Err("no memory for Python's configuration".to_owned());
        }
        Ok(Self(config))
    }

    fn set(&self, name: &CStr, value: &CStr) -> Result<(), String> {
        // SAFETY: the configuration is live; both are C strings, which the call copies.
        self.check(unsafe { ffi::PyInitConfig_SetStr(self.0, name.as_ptr(), value.as_ptr()) })
    }

    fn set_list(&self, name: &CStr, values: &[&CStr]) -> Result<(), String> {
        let values: Vec<*const c_char> = values.iter().map(|value| value.as_ptr()).collect();
        // SAFETY: the configuration is live; the call copies the list and its C strings.
        self.check(unsafe {
            ffi::PyInitConfig_SetStrList(self.0, name.as_ptr(), values.len(), values.as_ptr())
        })
    }

    /// Turns a status of the API into a result with the API's own message.
    fn check(&self, status: c_int) -> Result<(), String> {
        if status >= 0 {
            return Ok(());
        }
        let mut message = null();
        // SAFETY: the configuration is live; the message lives as long as it does.
        let found = unsafe { ffi::PyInitConfig_GetError(self.0, &raw mut message) };
        if found != 1 || message.is_null() {
            return Err("Python did not start, and does not say why".to_owned());
        }
        // SAFETY: the API gave a C string.
        let message = unsafe { CStr::from_ptr(message) };
        Err(format!(
            "Python did not start: {}",
            message.to_string_lossy()
        ))
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        // SAFETY: it is live, and nobody uses it after this.
        unsafe { ffi::PyInitConfig_Free(self.0) }
    }
}
