//! Cases of linking native libraries. Each directory in `cases` has `library.wat` or `library.hex`, or
//! several libraries that are linked in the order of their names; `path.txt` may list their paths in the
//! sandbox. `error.txt` is the expected error; without one, the libraries must link. `BLESS=1` rewrites
//! these files.
//!
//! The compiler takes seconds, so each case ends before it: an error must be reported by then.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use eryx_runtime::{ImageError, Recipe};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut trials = Vec::new();
    for case in sorted(&cases).expect("the directory of cases") {
        let name = case.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        trials.push(Trial::test(name, move || run(&case)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Runs one case and compares its error with the expected one.
fn run(case: &Path) -> Result<(), Failed> {
    let libraries = libraries(case)?;
    let recipe = || -> Result<Recipe, ImageError> {
        let mut recipe = Recipe::default();
        for (path, bytes) in libraries {
            recipe.add_library(&path, bytes)?;
        }
        Ok(recipe)
    };
    let linked = recipe().and_then(|recipe| support::link_only(&recipe));
    let error = linked.err().map(|error| support::chain(&error));

    let file = case.join("error.txt");
    if std::env::var_os("BLESS").is_some() {
        match error {
            Some(error) => fs::write(file, error)?,
            None if file.exists() => fs::remove_file(file)?,
            None => {}
        }
        return Ok(());
    }
    let expected = file
        .exists()
        .then(|| fs::read_to_string(file))
        .transpose()?;
    if error == expected {
        return Ok(());
    }
    let text = |text: Option<String>| text.unwrap_or_else(|| "no error\n".to_owned());
    Err(format!("expected\n{}\ngot\n{}", text(expected), text(error)).into())
}

/// Compiles the libraries of a case. Returns them with their paths in the sandbox.
fn libraries(case: &Path) -> Result<Vec<(String, Vec<u8>)>, Failed> {
    let mut libraries = Vec::new();
    for file in sorted(case)? {
        let bytes = match file.extension().and_then(|ending| ending.to_str()) {
            Some("wat") => wat::parse_file(&file)?,
            Some("hex") => decode_hex(&fs::read_to_string(&file)?)?,
            _ => continue,
        };
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        libraries.push((format!("package/{stem}.cpython-314-wasm32-wasi.so"), bytes));
    }
    if let Ok(paths) = fs::read_to_string(case.join("path.txt")) {
        for ((path, _), line) in libraries.iter_mut().zip(paths.lines()) {
            line.clone_into(path);
        }
    }
    Ok(libraries)
}

/// Decodes hexadecimal digits, which white space may separate anywhere.
fn decode_hex(digits: &str) -> Result<Vec<u8>, Failed> {
    let digits: Vec<char> = digits.split_whitespace().flat_map(str::chars).collect();
    let pairs = digits.chunks(2).map(String::from_iter);
    Ok(pairs
        .map(|pair| u8::from_str_radix(&pair, 16))
        .collect::<Result<_, _>>()?)
}

fn sorted(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory)?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
