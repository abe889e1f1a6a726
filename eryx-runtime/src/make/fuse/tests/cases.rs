//! Cases written by hand. Each directory in `cases` has libraries, `base/*.wat` and `extensions/*.wat`,
//! which are linked in the order of their names. The file `calls` lists calls in order, with the
//! expected results:
//!
//! ```text
//! run(1, -2) = 3       ;; an export of the guest, which is the last library of the base
//! run(0, 0) = trap     ;; the next call gets a fresh instance
//! go() = nothing
//! snapshot             ;; the fused modules continue in a new instance, with a copy of the state
//! begin = trap         ;; the only line: instantiation fails
//! ```
//!
//! The component and the fused modules must both give these results. The base's module must be the same
//! bytes with and without the extensions.
//!
//! A case that must not fuse has the error text in `error.txt`, which `BLESS=1` rewrites. Components
//! that the linker would not write are in `component.wat`, whose base library is called `base`.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::component::Component;
use super::libraries::Libraries;
use super::run::{AsComponent, AsModules};
use crate::make::fuse::{Fused, fuse};
use crate::module::layout::Value;

type Result<T, E = String> = std::result::Result<T, E>;

#[test]
fn cases() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/make/fuse/tests/cases");
    let mut failures = String::new();
    let cases = sorted(&directory, None).expect("the directory of cases");
    assert!(!cases.is_empty(), "no cases in {}", directory.display());
    for case in cases {
        if let Err(reason) = run(&case) {
            let name = case.file_name().unwrap_or_default().display();
            let _ = writeln!(failures, "{name}: {reason}");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

fn run(directory: &Path) -> Result<()> {
    let calls = match fs::read_to_string(directory.join("calls")) {
        Ok(text) => parse(&text)?,
        Err(_) => Vec::new(),
    };
    let component = directory.join("component.wat");
    let result = if component.exists() {
        let component = wat::parse_file(component).map_err(|error| error.to_string())?;
        let fused = fuse(&component, &["base"]);
        fused.map(|fused| (component, fused))
    } else {
        let libraries = read(directory)?;
        let result = libraries.link().and_then(|component| {
            let fused = libraries.fuse(&component)?;
            Ok((component, fused))
        });
        if let Ok((component, fused)) = &result {
            check_deterministic(&libraries, component, fused)?;
        }
        result
    };
    let file = directory.join("error.txt");
    match result {
        Ok((component, fused)) => {
            if file.exists() && std::env::var_os("BLESS").is_some() {
                fs::remove_file(&file).map_err(|error| error.to_string())?;
            }
            if file.exists() {
                return Err("an error was expected".to_owned());
            }
            compare(&component, &fused, &calls)
        }
        Err(error) => {
            let error = format!("{error}\n");
            if std::env::var_os("BLESS").is_some() {
                return fs::write(&file, error).map_err(|error| error.to_string());
            }
            let expected = fs::read_to_string(&file).unwrap_or_default();
            if error != expected {
                return Err(format!("expected {expected:?}, got {error:?}"));
            }
            Ok(())
        }
    }
}

/// Compiles the libraries of a case.
fn read(directory: &Path) -> Result<Libraries> {
    let mut libraries = Libraries::default();
    let mut needs_libdl = false;
    for (subdirectory, libraries) in [
        ("base", &mut libraries.base),
        ("extensions", &mut libraries.extensions),
    ] {
        for file in sorted(&directory.join(subdirectory), Some("wat")).unwrap_or_default() {
            let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
            needs_libdl |= text.contains("\"libdl.so\"");
            let bytes = wat::Parser::new().parse_str(Some(&file), &text);
            let bytes = bytes.map_err(|error| error.to_string())?;
            let stem = file.file_stem().unwrap_or_default().display();
            libraries.push((format!("{stem}.so"), bytes));
        }
    }
    if needs_libdl {
        libraries.add_libdl();
    }
    libraries.lift();
    Ok(libraries)
}

fn sorted(directory: &Path, extension: Option<&str>) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).map_err(|error| error.to_string())?;
    let paths = entries.flatten().map(|entry| entry.path());
    let wanted = extension.map(OsStr::new);
    let mut paths: Vec<_> = paths
        .filter(|path| wanted.is_none() || path.extension() == wanted)
        .collect();
    paths.sort();
    Ok(paths)
}

/// Checks that fusing again gives the same modules, and that the base alone gives the same base.
fn check_deterministic(libraries: &Libraries, component: &[u8], fused: &Fused) -> Result<()> {
    let again = libraries.fuse(component);
    let again = again.map_err(|error| format!("the second time: {error}"))?;
    if again.base != fused.base || again.extensions != fused.extensions {
        return Err("the modules differ the second time".to_owned());
    }
    let alone = libraries.link_base();
    let alone = alone.and_then(|component| libraries.fuse(&component));
    let alone = alone.map_err(|error| format!("the base alone: {error}"))?;
    if alone.base != fused.base {
        return Err("the base's module differs without the extensions".to_owned());
    }
    Ok(())
}

/// Makes the calls in the component and in the fused modules.
fn compare(component: &[u8], fused: &Fused, calls: &[Line]) -> Result<()> {
    let error = |error: wasmtime::Error| format!("{error:#}");
    let component = Component::new(component).map_err(error)?;
    let linked = AsModules::load(fused).map_err(error)?;
    let begin_component = || AsComponent::begin(&component);
    let begin_modules = || AsModules::begin(&linked, &fused.start);
    if let [Line::BeginTrap] = calls {
        return match (begin_component(), begin_modules()) {
            (Err(_), Err(_)) => Ok(()),
            (component, modules) => Err(format!(
                "instantiation must trap: it succeeds for the component: {}, the modules: {}",
                component.is_ok(),
                modules.is_ok()
            )),
        };
    }
    let (mut as_component, mut as_modules) = (
        begin_component().map_err(error)?,
        begin_modules().map_err(error)?,
    );
    for call in calls {
        let (name, arguments, expected) = match call {
            Line::BeginTrap => return Err("`begin = trap` must be the only line".to_owned()),
            Line::Snapshot => {
                as_modules = as_modules.copy().map_err(error)?;
                continue;
            }
            Line::Call {
                name,
                arguments,
                expected,
            } => (name, arguments, expected),
        };
        let results = [
            ("component", as_component.call(name, arguments)),
            ("modules", as_modules.call(name, arguments)),
        ];
        for (which, result) in results {
            let matches = match (&result, expected) {
                (Ok(value), Expected::Returns(expected)) => value == expected,
                (Err(_), Expected::Trap) => true,
                _ => false,
            };
            if !matches {
                return Err(format!(
                    "{name}{arguments:?} of the {which}: expected {expected:?}, got {result:?}"
                ));
            }
        }
        if matches!(expected, Expected::Trap) {
            (as_component, as_modules) = (
                begin_component().map_err(error)?,
                begin_modules().map_err(error)?,
            );
        }
    }
    Ok(())
}

/// A line of `calls`.
enum Line {
    Call {
        name: String,
        arguments: Vec<Value>,
        expected: Expected,
    },
    Snapshot,
    BeginTrap,
}

#[derive(Debug)]
enum Expected {
    Trap,
    Returns(Option<Value>),
}

fn parse(text: &str) -> Result<Vec<Line>> {
    let lines = text.lines().map(|line| {
        let line = line.split(";;").next().unwrap_or_default();
        line.trim()
    });
    lines
        .filter(|line| !line.is_empty())
        .map(|line| parse_line(line).ok_or_else(|| format!("{line:?} is not a call")))
        .collect()
}

fn parse_line(line: &str) -> Option<Line> {
    let (call, result) = match line {
        "snapshot" => return Some(Line::Snapshot),
        "begin = trap" => return Some(Line::BeginTrap),
        line => line.split_once('=')?,
    };
    let (name, arguments) = call.trim().strip_suffix(')')?.split_once('(')?;
    let arguments = arguments.split(',').map(str::trim);
    let arguments = arguments.filter(|argument| !argument.is_empty());
    let expected = match result.trim() {
        "trap" => Expected::Trap,
        "nothing" => Expected::Returns(None),
        value => Expected::Returns(Some(parse_value(value)?)),
    };
    Some(Line::Call {
        name: name.to_owned(),
        arguments: arguments.map(parse_value).collect::<Option<_>>()?,
        expected,
    })
}

/// Parses a number: an `i32`, or of the type at its end, as in `1.5f64`.
fn parse_value(text: &str) -> Option<Value> {
    if let Some(number) = text.strip_suffix("i64") {
        return Some(Value::I64(number.parse().ok()?));
    }
    if let Some(number) = text.strip_suffix("f32") {
        return Some(Value::F32(number.parse::<f32>().ok()?.to_bits()));
    }
    if let Some(number) = text.strip_suffix("f64") {
        return Some(Value::F64(number.parse::<f64>().ok()?.to_bits()));
    }
    Some(Value::I32(text.parse().ok()?))
}
