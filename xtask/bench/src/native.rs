//! Python outside the sandbox.

use std::ffi::OsString;
use std::fmt;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::program::VERSIONS;

/// The environment variable that names the native Python.
const VARIABLE: &str = "ERYX_BENCH_PYTHON";

pub(crate) struct Native {
    executable: OsString,
    versions: String,
}

impl Native {
    /// Finds the Python that the user names, or python3.14, or python3.
    pub(crate) fn find() -> Result<Option<Self>> {
        if let Some(executable) = std::env::var_os(VARIABLE) {
            let native = Self::at(executable);
            return native
                .map(Some)
                .with_context(|| format!("{VARIABLE}: not a Python; give the path of one"));
        }
        let executables = ["python3.14", "python3"].into_iter();
        Ok(executables
            .map(Into::into)
            .find_map(|name| Self::at(name).ok()))
    }

    fn at(executable: OsString) -> Result<Self> {
        let mut native = Self {
            executable,
            versions: String::new(),
        };
        let versions = native.run(VERSIONS)?;
        versions.trim().clone_into(&mut native.versions);
        Ok(native)
    }

    pub(crate) fn has_numpy(&self) -> bool {
        self.versions.contains("numpy")
    }

    /// Runs a program and returns its output.
    pub(crate) fn run(&self, source: &str) -> Result<String> {
        let mut command = Command::new(&self.executable);
        command.args(["-c", source]);
        // A sandbox has one thread, so native Python gets one as well.
        for variable in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(variable, "1");
        }
        let output = command
            .output()
            .with_context(|| format!("cannot start {}", self.executable.display()))?;
        if !output.status.success() {
            let printed = String::from_utf8_lossy(&output.stderr);
            bail!("{}", printed.lines().last().unwrap_or("it failed"));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl fmt::Display for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let without = if self.has_numpy() {
            ""
        } else {
            " without numpy"
        };
        let Self {
            executable,
            versions,
        } = self;
        write!(
            f,
            "{versions}{without}, one thread ({})",
            executable.display()
        )
    }
}
