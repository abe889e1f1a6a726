//! Each folder in `cases` is an attempt to link native libraries: `library.wat` or `library.hex`,
//! or several that sort by name, at the paths that `path.txt` lists. `error.txt` is what comes of
//! it; without one, they must link. `BLESS=1` writes these anew.
//!
//! No case may come as far as the compiler, which takes seconds: what is wrong with a library is
//! to be known before.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use eryx_runtime::{ImageError, Recipe};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut trials = Vec::new();
    for folder in sorted(&cases).expect("the folder of cases") {
        let name = folder.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        trials.push(Trial::test(name, move || run(&folder)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Runs one case and compares what came of it with what is on file.
fn run(folder: &Path) -> Result<(), Failed> {
    let libraries = libraries(folder)?;
    let recipe = || -> Result<Recipe, ImageError> {
        let mut recipe = Recipe::default();
        for (path, bytes) in libraries {
            recipe.add_library(&path, bytes)?;
        }
        Ok(recipe)
    };
    let linked = recipe().and_then(|recipe| support::link_only(&recipe));
    let came = linked.err().map(|error| support::chain(&error));

    let file = folder.join("error.txt");
    if std::env::var_os("BLESS").is_some() {
        match came {
            Some(came) => fs::write(file, came)?,
            None if file.exists() => fs::remove_file(file)?,
            None => {}
        }
        return Ok(());
    }
    let expected = file
        .exists()
        .then(|| fs::read_to_string(file))
        .transpose()?;
    if came == expected {
        return Ok(());
    }
    let text = |text: Option<String>| text.unwrap_or_else(|| "a library that links\n".to_owned());
    Err(format!(
        "expected\n{}\nand there came\n{}",
        text(expected),
        text(came)
    )
    .into())
}

/// The libraries of a case, with their paths in the sandbox.
fn libraries(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, Failed> {
    let mut libraries = Vec::new();
    for file in sorted(folder)? {
        let bytes = match file.extension().and_then(|ending| ending.to_str()) {
            Some("wat") => wat::parse_file(&file)?,
            Some("hex") => bytes(&fs::read_to_string(&file)?)?,
            _ => continue,
        };
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        libraries.push((format!("package/{stem}.cpython-314-wasm32-wasi.so"), bytes));
    }
    if let Ok(paths) = fs::read_to_string(folder.join("path.txt")) {
        for ((path, _), line) in libraries.iter_mut().zip(paths.lines()) {
            line.clone_into(path);
        }
    }
    Ok(libraries)
}

/// The bytes that hexadecimal digits stand for, whatever white space is between them.
fn bytes(digits: &str) -> Result<Vec<u8>, Failed> {
    let digits: Vec<char> = digits.split_whitespace().flat_map(str::chars).collect();
    let pairs = digits.chunks(2).map(String::from_iter);
    Ok(pairs
        .map(|pair| u8::from_str_radix(&pair, 16))
        .collect::<Result<_, _>>()?)
}

fn sorted(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
