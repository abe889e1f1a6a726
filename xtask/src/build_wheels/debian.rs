//! Headers out of Debian packages of the unstable suite, which are unpacked and never installed.
//!
//! apt runs with folders of its own, on the machine's own mirror with the suite replaced.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::tools::output;
use super::{create, remove};
use crate::workspace::{read, run, sha256, write};

/// The suite that has the packages.
const SUITE: &str = "sid";
/// The keys that sign it, where the machine's apt does not trust them anyway.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Unpacks `packages` into `root`. Their versions and hashes are read from and written to `build`.
///
/// The recorded version is taken while the mirror has it; another one only with a warning.
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
            (Some(recorded), _) if recorded != version => println!(
                "  warning: wheel.lock was made with {package} {recorded}; the result may differ"
            ),
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

/// apt, kept away from the machine's own state.
struct Apt {
    folder: PathBuf,
}

impl Apt {
    fn start(folder: &Path) -> Result<Self> {
        for name in ["state/lists/partial", "cache/archives/partial", "new"] {
            create(&folder.join(name))?;
        }
        write(&folder.join("sources.list"), source()?.as_bytes())?;
        let configuration = format!(
            "Dir::Etc::sourcelist \"{0}/sources.list\";\n\
             Dir::Etc::sourceparts \"-\";\n\
             Dir::State \"{0}/state\";\n\
             Dir::State::status \"/dev/null\";\n\
             Dir::Cache \"{0}/cache\";\n\
             Acquire::Languages \"none\";\n\
             APT::Sandbox::User \"\";\n",
            folder.display()
        );
        write(&folder.join("apt.conf"), configuration.as_bytes())?;
        let apt = Self {
            folder: folder.to_path_buf(),
        };
        output(apt.command().args(["--quiet", "update"]))?;
        Ok(apt)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("apt-get");
        command.env("APT_CONFIG", self.folder.join("apt.conf"));
        command
    }

    /// Downloads a package, of the given version if it can still be had.
    fn download(&self, package: &str, version: Option<&str>, to: &Path) -> Result<()> {
        let folder = self.folder.join("new");
        remove(&folder)?;
        create(&folder)?;
        let fetch = |what: &str| {
            output(
                self.command()
                    .current_dir(&folder)
                    .args(["--quiet", "download", what]),
            )
        };
        let exact = version.map(|version| fetch(&format!("{package}={version}")));
        if exact.is_none_or(|result| result.is_err()) {
            fetch(package)?;
        }
        let file = std::fs::read_dir(&folder)
            .ok()
            .and_then(|mut files| files.find_map(Result::ok))
            .with_context(|| format!("apt downloaded nothing for {package}"))?;
        std::fs::rename(file.path(), to)
            .with_context(|| format!("cannot move {}", file.path().display()))
    }
}

/// A line for `sources.list`: the machine's Debian mirror, with the suite replaced.
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
        bail!("apt knows no Debian mirror here; run `apt-get update` first");
    };
    let options = if Path::new(KEYRING).exists() {
        format!("[signed-by={KEYRING}] ")
    } else {
        String::new()
    };
    Ok(format!("deb {options}{mirror} {SUITE} main\n"))
}
