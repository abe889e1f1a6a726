//! The Python that runs the build: a virtual environment with pinned tools.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::tools::output;
use super::{create, remove};
use crate::workspace::{run, write};

/// The minor versions of Python 3 that can run the build, in order of preference.
const VERSIONS: [u32; 3] = [14, 13, 12];

/// A virtual environment with the build's tools.
pub(super) struct Python {
    directory: PathBuf,
    requirements: &'static [&'static str],
}

impl Python {
    /// Creates the environment in `directory`, or reuses one with the same requirements.
    pub(super) fn make(directory: &Path, requirements: &'static [&'static str]) -> Result<Self> {
        let python = Self {
            directory: directory.to_path_buf(),
            requirements,
        };
        let done = directory.join("requirements.txt");
        let wanted = requirements.join("\n");
        if std::fs::read_to_string(&done).is_ok_and(|found| found == wanted) {
            return Ok(python);
        }
        remove(directory)?;
        if let Some(parent) = directory.parent() {
            create(parent)?;
        }
        let interpreter = interpreter()?;
        println!("  {}", interpreter.display());
        run(Command::new(interpreter)
            .args(["-m", "venv"])
            .arg(directory))?;
        run(python
            .command()
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(requirements))?;
        write(&done, wanted.as_bytes())?;
        Ok(python)
    }

    /// Returns the path of a program in the environment.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join("bin").join(name)
    }

    /// Returns a command that runs the environment's `python`, with the environment first on the PATH.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(self.program("python"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = [self.directory.join("bin")]
            .into_iter()
            .chain(std::env::split_paths(&path));
        if let Ok(path) = std::env::join_paths(path) {
            command.env("PATH", path);
        }
        // The user's settings must not influence the build.
        for variable in [
            "CC",
            "CXX",
            "CFLAGS",
            "CXXFLAGS",
            "CPPFLAGS",
            "LDFLAGS",
            "CPATH",
            "PYTHONPATH",
        ] {
            command.env_remove(variable);
        }
        command.env("LC_ALL", "C.UTF-8").env("PYTHONHASHSEED", "0");
        command
    }

    /// Returns the versions of Python and of the tools, for the lock.
    pub(super) fn versions(&self) -> Result<BTreeMap<String, String>> {
        let python = output(self.command().arg("--version"))?;
        let python = python.trim().trim_start_matches("Python ").to_owned();
        Ok(self
            .requirements
            .iter()
            .filter_map(|requirement| requirement.split_once("=="))
            .map(|(name, version)| (name.to_owned(), version.to_owned()))
            .chain([("python".to_owned(), python)])
            .collect())
    }
}

/// Finds a Python that is new enough, on the PATH or in pyenv.
fn interpreter() -> Result<PathBuf> {
    let works = |path: &PathBuf| output(Command::new(path).args(["-c", "import venv"])).is_ok();
    let pyenv = output(Command::new("pyenv").arg("root"))
        .map(|root| Path::new(root.trim()).join("versions"))
        .ok();
    for minor in VERSIONS {
        let name = format!("python3.{minor}");
        // pyenv's installations first: its shims on the PATH may point to nothing.
        let mut found: Vec<PathBuf> = pyenv
            .iter()
            .filter_map(|versions| std::fs::read_dir(versions).ok())
            .flatten()
            .flatten()
            .map(|version| version.path().join("bin").join(&name))
            .filter(|path| path.exists())
            .collect();
        found.sort();
        found.push(PathBuf::from(&name));
        if let Some(python) = found.into_iter().find(works) {
            return Ok(python);
        }
    }
    bail!(
        "the build runs on Python 3.12 or newer, and there is none: neither python3.14, python3.13 \
         and python3.12 on the PATH, nor one of them among pyenv's versions; install one, for \
         example with `pyenv install 3.13`"
    )
}
