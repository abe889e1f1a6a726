//! `check-platforms`: type-checks eryx for other systems and processors.
//!
//! A check links nothing, so it needs no C compilers for those systems: a script replaces them and writes
//! empty archives.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::root;

/// The targets, by rustc's names. A test on Linux runs the fallback that the other systems use instead of
/// the pool of memories (`contract::runtimes::without_a_pool`).
const TARGETS: [&str; 3] = [
    "aarch64-unknown-linux-gnu",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
];

/// A replacement for a C compiler and an archiver, which only creates the archive.
const TOOL: &str = "#!/bin/sh\n\
    for argument; do\n\
    case \"$argument\" in\n\
    -out:*) : > \"${argument#-out:}\" ;;\n\
    *.a) : > \"$argument\" ;;\n\
    esac\n\
    done\n";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Check only these targets
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let directory = root().join("target/platforms");
    fs::create_dir_all(&directory)?;
    let tool = directory.join("tool.sh");
    fs::write(&tool, TOOL)?;
    #[cfg(unix)]
    fs::set_permissions(&tool, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;

    let all = TARGETS.map(str::to_owned);
    let targets = match &*arguments.targets {
        [] => &all[..],
        some => some,
    };
    for target in targets {
        let mut install = Command::new("rustup");
        succeed(install.args(["target", "add", target]))?;
        let suffix = target.replace('-', "_");
        let mut check = Command::new("cargo");
        check
            .current_dir(root())
            .args(["check", "--target", target, "--target-dir"])
            .arg(&directory)
            .args(["-p", "eryx", "-p", "eryx-runtime", "-p", "eryx-cli"])
            .env(format!("CC_{suffix}"), &tool)
            .env(format!("AR_{suffix}"), &tool)
            .env("RUSTFLAGS", "-D warnings");
        succeed(&mut check)?;
        println!("{target}: checked");
    }
    Ok(())
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status();
    let status =
        status.with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}
