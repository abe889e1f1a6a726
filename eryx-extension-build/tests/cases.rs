//! Each directory in `cases` is one run of a build script: `case.toml` describes the archive and its
//! lock, and `ok.txt` or `error.txt` is the expected output. `BLESS=1` rewrites the outputs.
//!
//! Each case runs in a process of its own, which is this program again, with the environment
//! variables that cargo sets for a build script.

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use eryx_extension_build::Digest;
use flate2::bufread::DeflateDecoder;
use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use support::Entry;

/// Set in a process that is to be the build script.
const CHILD: &str = "ERYX_EXTENSION_BUILD_CHILD";

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    /// What the case shows.
    #[expect(dead_code, reason = "for the reader of the file")]
    about: String,
    /// The archive's file name; a good wheel's, if not given.
    file: Option<String>,
    /// The tags in WHEEL, if not the usual one.
    #[serde(default)]
    tags: Vec<String>,
    /// Leave out the metadata of a wheel.
    #[serde(default)]
    bare: bool,
    /// Take this instead of what the entries give.
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    entry: Vec<Entry>,
    /// Bytes before and after the archive.
    #[serde(default)]
    prepend: String,
    #[serde(default)]
    append: String,
    /// Keep so many bytes only, from the start, or but for so many at the end.
    cut: Option<i64>,
    /// The same, after the lock was written.
    cut_later: Option<i64>,
    /// Flip the bits of the byte at this place, after the lock was written.
    flip_later: Option<usize>,
    /// Fields of `[wheel]` that differ from what the archive gives.
    #[serde(default)]
    lock: toml::Table,
    #[serde(default)]
    lock_without: Vec<String>,
    /// The whole text of `wheel.lock`.
    lock_text: Option<String>,
    /// The directory that the archive is put into, or "" for none: `crate`, if not given.
    place: Option<String>,
    /// Environment variables, in which ROOT stands for the directory around all others.
    #[serde(default)]
    environment: BTreeMap<String, String>,
}

fn main() -> ExitCode {
    if std::env::var_os(CHILD).is_some() {
        return eryx_extension_build::generate();
    }
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut folders: Vec<PathBuf> = fs::read_dir(cases)
        .expect("the directory of cases")
        .map(|entry| entry.expect("an entry of it").path())
        .collect();
    folders.sort();
    let trial = |folder: PathBuf| {
        let name = folder.file_name().unwrap_or_default();
        Trial::test(name.to_string_lossy().into_owned(), move || run(&folder))
    };
    let trials = folders.into_iter().map(trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Runs one case and compares what came of it with what is on file.
fn run(folder: &Path) -> Result<(), Failed> {
    let case: Case = toml::from_str(&fs::read_to_string(folder.join("case.toml"))?)?;
    let root = tempfile::tempdir()?;
    let root = root.path().canonicalize()?;
    for name in ["crate", "out", "wheels", "cache"] {
        fs::create_dir(root.join(name))?;
    }
    set_up(&case, &root)?;

    let output = Command::new(std::env::current_exe()?)
        .env_clear()
        .env(CHILD, "1")
        .env("CARGO_MANIFEST_DIR", root.join("crate"))
        .env("CARGO_MANIFEST_LINKS", "eryx-ext-demo")
        .env("CARGO_PKG_NAME", "eryx-ext-demo")
        .env("OUT_DIR", root.join("out"))
        .env("ERYX_CACHE_DIR", root.join("cache"))
        .envs(
            case.environment
                .iter()
                .map(|(name, value)| (name, value.replace("ROOT", &root.display().to_string()))),
        )
        .current_dir(root.join("crate"))
        .output()?;
    let mut came = String::from_utf8(output.stdout)?;
    let (name, other) = match output.status.code() {
        Some(0) => ("ok.txt", "error.txt"),
        Some(1) => ("error.txt", "ok.txt"),
        _ => return Err(String::from_utf8(output.stderr)?.into()),
    };
    if name == "error.txt" {
        // What was printed before the error is not what the case is about.
        let errors = came
            .lines()
            .filter(|line| line.starts_with("cargo::error="));
        came = errors.flat_map(|line| [line, "\n"]).collect();
    } else {
        came += &listing(&root.join("out"))?;
    }
    let came = came.replace(&root.display().to_string(), "ROOT");

    let expected = folder.join(name);
    if std::env::var_os("BLESS").is_some() {
        let _ = fs::remove_file(folder.join(other));
        return Ok(fs::write(expected, came)?);
    }
    let expected = fs::read_to_string(&expected)
        .map_err(|error| format!("{}: {error}; what came is\n{came}", expected.display()))?;
    if came == expected {
        Ok(())
    } else {
        Err(format!("expected\n{expected}\nand there came\n{came}").into())
    }
}

/// Writes the archive and the lock.
fn set_up(case: &Case, root: &Path) -> Result<(), Failed> {
    let good = format!("demo-1.0-{}.whl", support::TAG);
    let file = case.file.as_ref().unwrap_or(&good);
    let mut bytes = if let Some(content) = &case.content {
        content.clone().into_bytes()
    } else if file.ends_with(".tar.gz") {
        support::tar_gz(&case.entry)
    } else {
        let mut entries = case.entry.clone();
        if !case.bare {
            let tags: Vec<&str> = case.tags.iter().map(String::as_str).collect();
            let tags = if tags.is_empty() {
                vec![support::TAG]
            } else {
                tags
            };
            entries.extend(support::metadata("demo", "1.0", &tags, &case.entry));
        }
        support::zip(&entries)
    };
    bytes.splice(..0, case.prepend.bytes());
    bytes.extend(case.append.bytes());
    cut(&mut bytes, case.cut);

    let mut lock = support::lock(file, &bytes);
    lock.extend(case.lock.clone());
    lock.retain(|key, _| case.lock_without.iter().all(|without| without != key));
    let text = case.lock_text.clone();
    let text = text.unwrap_or_else(|| support::document(lock));
    fs::write(root.join("crate/wheel.lock"), text)?;

    cut(&mut bytes, case.cut_later);
    if let Some(byte) = case.flip_later.and_then(|place| bytes.get_mut(place)) {
        *byte = !*byte;
    }
    let place = case.place.as_deref().unwrap_or("crate");
    if !place.is_empty() {
        fs::create_dir_all(root.join(place))?;
        fs::write(root.join(place).join(file), bytes)?;
    }
    Ok(())
}

fn cut(bytes: &mut Vec<u8>, length: Option<i64>) {
    let Some(length) = length else { return };
    let size = usize::try_from(length.unsigned_abs()).unwrap_or(usize::MAX);
    let keep = if length < 0 {
        bytes.len().saturating_sub(size)
    } else {
        size
    };
    bytes.truncate(keep);
}

/// The generated source, with each stream decompressed: its bytes must be those that the source
/// promises, and no byte may be left over.
fn listing(out: &Path) -> Result<String, Failed> {
    let source = fs::read_to_string(out.join("extension.rs"))?;
    let mut names: Vec<String> = fs::read_dir(out)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, std::io::Error>>()?;
    names.sort();
    let mut listing = format!("\nextension.rs:\n{source}");
    if names == ["extension.rs"] {
        return Ok(listing);
    }
    if names != ["extension.deflate", "extension.rs"] {
        return Err(format!("there are {names:?}").into());
    }
    let streams = fs::read(out.join("extension.deflate"))?;
    let mut end = 0;
    listing.push_str("\nextension.deflate:\n");
    for element in source.split("::eryx_extension::File {").skip(1) {
        let field = |name: &str| {
            let (_, rest) = element.split_once(&format!("{name}: "))?;
            Some(rest.split_once(",\n")?.0)
        };
        let path = field("path").ok_or("it has no path")?;
        let stream = field("deflate").ok_or("it has no stream")?;
        let range = stream
            .strip_prefix("stream(")
            .and_then(|range| range.strip_suffix(')')?.split_once(", "));
        let (start, size) = range.ok_or_else(|| format!("{stream} is no stream"))?;
        let number = |digits: &str| digits.replace('_', "").parse::<usize>();
        let (start, size) = (number(start)?, number(size)?);
        if start != end {
            return Err(format!("{path} begins at {start}, and not at {end}").into());
        }
        end += size;
        let mut bytes = Vec::new();
        let stream = streams.get(start..end).ok_or("the streams are too short")?;
        DeflateDecoder::new(stream).read_to_end(&mut bytes)?;
        let promised = field("size").ok_or("it has no size")?;
        let sha256 = format!("{:?}", Digest::of(&bytes).as_bytes());
        if number(promised)? != bytes.len() || field("sha256") != Some(&sha256) {
            return Err(format!("{path} holds something else").into());
        }
        writeln!(listing, "{path}: {} bytes", bytes.len())?;
    }
    if end != streams.len() {
        return Err("there are bytes after the last stream".into());
    }
    Ok(listing)
}
