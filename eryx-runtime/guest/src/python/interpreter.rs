//! Starting CPython with the configuration API of PEP 741: options by name, without struct layouts.

use std::ffi::{CStr, c_char, c_int};
use std::ptr::null;

use super::ffi;

/// The directory of the standard library.
const HOME: &CStr = c"/python";
/// The directory of extensions and other packages.
const SITE_PACKAGES: &CStr = c"/site-packages";

/// Options that differ from Python's isolated configuration.
const NUMBERS: &[(&CStr, i64)] = &[
    // Output is flushed when a program ends.
    (c"buffered_stdio", 1),
    // A sandbox has no signals to handle.
    (c"install_signal_handlers", 0),
    // The search path is set below; `site` would extend it.
    (c"site_import", 0),
    (c"pathconfig_warnings", 0),
    (c"parse_argv", 0),
    (c"utf8_mode", 1),
    // The directories that Python imports from are read-only.
    (c"write_bytecode", 0),
];

/// Starts the interpreter.
pub(crate) fn start() -> Result<(), String> {
    let config = Config::new()?;
    for (name, value) in NUMBERS {
        // SAFETY: the configuration is live and the name is a C string.
        config.check(unsafe { ffi::PyInitConfig_SetInt(config.0, name.as_ptr(), *value) })?;
    }
    config.set(c"home", HOME)?;
    config.set(c"program_name", c"python")?;
    config.set(c"executable", c"/python/bin/python3")?;
    // Python's defaults, except that undecodable bytes are printed as they are.
    config.set(c"stdio_encoding", c"utf-8")?;
    config.set(c"stdio_errors", c"surrogateescape")?;
    config.set_list(c"module_search_paths", &[HOME, SITE_PACKAGES])?;
    // SAFETY: the configuration is live. `boot` is called once, so that Python starts once.
    config.check(unsafe { ffi::Py_InitializeFromInitConfig(config.0) })
}

/// A `PyInitConfig`, freed when dropped.
struct Config(*mut ffi::PyInitConfig);

impl Config {
    fn new() -> Result<Self, String> {
        // SAFETY: the call takes nothing and returns null or a configuration.
        let config = unsafe { ffi::PyInitConfig_Create() };
        if config.is_null() {
            return Err("no memory is left for Python's configuration".to_owned());
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

    /// Turns a status of the API into a result that has the API's message.
    fn check(&self, status: c_int) -> Result<(), String> {
        if status >= 0 {
            return Ok(());
        }
        let mut message = null();
        // SAFETY: the configuration is live; the message lives as long as it does.
        let found = unsafe { ffi::PyInitConfig_GetError(self.0, &raw mut message) };
        if found != 1 || message.is_null() {
            return Err("Python did not start, and reported no reason".to_owned());
        }
        // SAFETY: the API returned a C string.
        let message = unsafe { CStr::from_ptr(message) };
        Err(format!(
            "Python did not start: {}",
            message.to_string_lossy()
        ))
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        // SAFETY: the configuration is live, and nothing uses it afterwards.
        unsafe { ffi::PyInitConfig_Free(self.0) }
    }
}
