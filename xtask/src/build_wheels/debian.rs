//! Headers from Debian packages of the unstable suite, which are unpacked but not installed.
//!
//! apt runs with separate directories, on the machine's mirror with the suite replaced.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::tools::output;
use super::{create, remove};
use crate::workspace::{read, run, sha256, write};

/// The Debian suite of the packages.
const SUITE: &str = "sid";
/// The keys that sign the suite, for machines whose apt does not trust them already.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Unpacks `packages` into `root`, and updates their versions and hashes in `build`.
///
/// Uses the recorded version while the mirror has it, and otherwise the current one with a warning.
pub(super) fn unpack(
    packages: &[&str],
    work: &Path,
    root: &Path,
    build: &mut BTreeMap<String, String>,
) -> Result<()> {
    remove(root)?;
    create(root)?;
    let downloads = work.join("downloads");
    create(&downloads)?;
    let mut apt = None;
    for package in packages {
        let recorded = build.get(*package).cloned();
        let pinned = build.get(&format!("{package}-sha256")).cloned();
        let path = downloads.join(format!("{package}.deb"));
        let is_pinned = |path: &Path| -> Result<bool> {
            Ok(path.exists() && Some(sha256(&read(path)?)) == pinned)
        };
        if !is_pinned(&path)? {
            let apt = match &apt {
                Some(apt) => apt,
                None => apt.insert(Apt::start(&work.join("apt"))?),
            };
            apt.download(package, recorded.as_deref(), &path)?;
        }
        let version = output(
            Command::new("dpkg-deb")
                .arg("--field")
                .arg(&path)
                .arg("Version"),
        )?;
        let (version, found) = (version.trim().to_owned(), sha256(&read(&path)?));
        println!("  {package} {version}");
        match (recorded, pinned) {
            (Some(recorded), _) if recorded != version => {
                println!(
                    "  warning: wheel.lock records {package} {recorded}; the wheel may differ"
                );
            }
            (Some(_), Some(pinned)) if pinned != found => bail!(
                "{package} {version} is not the file that wheel.lock records\n  \
                 found:    {found}\n  recorded: {pinned}"
            ),
            _ => {}
        }
        build.insert((*package).to_owned(), version);
        build.insert(format!("{package}-sha256"), found);
        run(Command::new("dpkg-deb")
            .arg("--extract")
            .arg(&path)
            .arg(root))?;
    }
    Ok(())
}

/// An apt with its own state, separate from the machine's.
struct Apt {
    directory: PathBuf,
}

impl Apt {
    fn start(directory: &Path) -> Result<Self> {
        for name in ["state/lists/partial", "cache/archives/partial", "new"] {
            create(&directory.join(name))?;
        }
        write(&directory.join("sources.list"), source()?.as_bytes())?;
        let configuration = format!(
            "Dir::Etc::sourcelist \"{0}/sources.list\";\n\
             Dir::Etc::sourceparts \"-\";\n\
             Dir::State \"{0}/state\";\n\
             Dir::State::status \"/dev/null\";\n\
             Dir::Cache \"{0}/cache\";\n\
             Acquire::Languages \"none\";\n\
             APT::Sandbox::User \"\";\n",
            directory.display()
        );
        write(&directory.join("apt.conf"), configuration.as_bytes())?;
        let apt = Self {
            directory: directory.to_path_buf(),
        };
        output(apt.command().args(["--quiet", "update"]))?;
        Ok(apt)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("apt-get");
        command.env("APT_CONFIG", self.directory.join("apt.conf"));
        command
    }

    /// Downloads a package, in the given version if the mirror still has it.
    fn download(&self, package: &str, version: Option<&str>, to: &Path) -> Result<()> {
        let directory = self.directory.join("new");
        remove(&directory)?;
        create(&directory)?;
        let fetch = |what: &str| {
            output(
                self.command()
                    .current_dir(&directory)
                    .args(["--quiet", "download", what]),
            )
        };
        let exact = version.map(|version| fetch(&format!("{package}={version}")));
        if exact.is_none_or(|result| result.is_err()) {
            fetch(package)?;
        }
        let file = std::fs::read_dir(&directory)
            .ok()
            .and_then(|mut files| files.find_map(Result::ok))
            .with_context(|| format!("apt downloaded nothing for {package}"))?;
        std::fs::rename(file.path(), to)
            .with_context(|| format!("cannot move {}", file.path().display()))
    }
}

/// Returns a line for `sources.list`: the machine's Debian mirror, with the suite replaced.
fn source() -> Result<String> {
    let targets = output(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(ORIGIN)\t$(LABEL)\t$(REPO_URI)",
        "Created-By: Packages",
    ]))?;
    let Some(mirror) = targets
        .lines()
        .find_map(|line| line.strip_prefix("Debian\tDebian\t"))
    else {
        bail!("apt: no Debian mirror is configured; run `apt-get update` first");
    };
    let options = if Path::new(KEYRING).exists() {
        format!("[signed-by={KEYRING}] ")
    } else {
        String::new()
    };
    Ok(format!("deb {options}{mirror} {SUITE} main\n"))
}
