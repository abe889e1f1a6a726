use anyhow::{Result, bail};

#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_arguments: &Arguments) -> Result<()> {
    bail!("not written yet")
}
