//! Packs files into a wheel, reproducibly: sorted, without dates, and with one compressor.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::path::Path;

use anyhow::{Context, Result, bail};
use eryx_artifact::Digest;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::Files;
use super::lock::Wheel;
use crate::workspace::read;

/// Adds the `.dist-info` directory with METADATA, WHEEL, and the licences that METADATA names.
pub(super) fn add_metadata(files: &mut Files, source: &Path, wheel: &Wheel) -> Result<()> {
    let directory = format!("{}-{}.dist-info", wheel.name, wheel.version);
    let metadata = read(&source.join("PKG-INFO"))?;
    let headers = String::from_utf8_lossy(&metadata).into_owned();
    for licence in headers
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("License-File: "))
    {
        files.insert(
            format!("{directory}/licenses/{licence}"),
            read(&source.join(licence))?,
        );
    }
    files.insert(format!("{directory}/METADATA"), metadata);
    files.insert(format!("{directory}/WHEEL"), description(wheel)?);
    Ok(())
}

/// Adds the `.dist-info` directory of a wheel that contains only the package's tests.
pub(super) fn add_tests_metadata(files: &mut Files, wheel: &Wheel) -> Result<()> {
    let directory = format!("{}_tests-{}.dist-info", wheel.name, wheel.version);
    let metadata = format!(
        "Metadata-Version: 2.1\nName: {0}-tests\nVersion: {1}\nSummary: The tests of {0}\n\
         Requires-Dist: {0}=={1}\n",
        wheel.name, wheel.version
    );
    files.insert(format!("{directory}/METADATA"), metadata.into_bytes());
    files.insert(format!("{directory}/WHEEL"), description(wheel)?);
    Ok(())
}

/// Packs the files into a wheel, with a RECORD in the `.dist-info` directory.
pub(super) fn wheel(mut files: Files) -> Result<Vec<u8>> {
    let Some(directory) = files.keys().find_map(|name| name.strip_suffix("/WHEEL")) else {
        bail!("the files contain no WHEEL");
    };
    let record = format!("{directory}/RECORD");
    let mut lines = String::new();
    for (name, bytes) in &files {
        if name.contains([',', '"', '\n']) {
            bail!("{name:?}: RECORD would have to quote this name");
        }
        writeln!(
            lines,
            "{name},sha256={},{}",
            Digest::of(bytes).to_base64(),
            bytes.len()
        )?;
    }
    writeln!(lines, "{record},,")?;
    files.insert(record, lines.into_bytes());

    // By PEP 427 the .dist-info directory comes last in the archive.
    let (metadata, content): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|(name, _)| name.contains(".dist-info/"));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in content.into_iter().chain(metadata) {
        archive
            .start_file(name.as_str(), options)
            .and_then(|()| Ok(archive.write_all(&bytes)?))
            .with_context(|| format!("cannot pack {name}"))?;
    }
    Ok(archive
        .finish()
        .context("cannot finish the wheel")?
        .into_inner())
}

/// Generates the WHEEL file.
fn description(wheel: &Wheel) -> Result<Vec<u8>> {
    let mut text = String::from(
        "Wheel-Version: 1.0\nGenerator: eryx-build-wheels 1\nRoot-Is-Purelib: false\n",
    );
    for tag in &wheel.tags {
        writeln!(text, "Tag: {tag}")?;
    }
    Ok(text.into_bytes())
}
