//! Each folder in `cases` has libraries: `base/*.wat` and `extensions/*.wat`, which are linked in the
//! order of their names. The file `calls` says what is called, in this order, and what comes of it:
//!
//! ```text
//! run(1, -2) = 3       ;; the guest, which is the last library of the base, exports it
//! run(0, 0) = trap     ;; after that everything begins anew
//! go() = nothing
//! snapshot             ;; the modules go on in a new instance, with a copy of the state
//! begin = trap         ;; alone: there can be no instance
//! ```
//!
//! That has to hold for the linked component as for what is fused of it. Without the extensions, the
//! base's module has to be the same bytes.
//!
//! A case may also be an error: `error.txt`, which `BLESS=1` writes anew. What the linker would not
//! write is in `component.wat`, whose base library is called `base`.

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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/make/fuse/tests/cases");
    let mut failures = String::new();
    let cases = sorted(&folder, None).expect("the folder of cases");
    assert!(!cases.is_empty(), "no cases in {}", folder.display());
    for case in cases {
        if let Err(reason) = run(&case) {
            let name = case.file_name().unwrap_or_default().display();
            let _ = writeln!(failures, "{name}: {reason}");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

fn run(folder: &Path) -> Result<()> {
    let calls = match fs::read_to_string(folder.join("calls")) {
        Ok(text) => parse(&text)?,
        Err(_) => Vec::new(),
    };
    let component = folder.join("component.wat");
    let came = if component.exists() {
        let component = wat::parse_file(component).map_err(|error| error.to_string())?;
        let fused = fuse(&component, &["base"]);
        fused.map(|fused| (component, fused))
    } else {
        let libraries = read(folder)?;
        let came = libraries.link().and_then(|component| {
            let fused = libraries.fuse(&component)?;
            Ok((component, fused))
        });
        if let Ok((component, fused)) = &came {
            check_same(&libraries, component, fused)?;
        }
        came
    };
    let file = folder.join("error.txt");
    match came {
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
                return Err(format!("expected {expected:?}, and there came {error:?}"));
            }
            Ok(())
        }
    }
}

/// The libraries of a case.
fn read(folder: &Path) -> Result<Libraries> {
    let mut libraries = Libraries::default();
    let mut needs_libdl = false;
    for (part, into) in [
        ("base", &mut libraries.base),
        ("extensions", &mut libraries.extensions),
    ] {
        for file in sorted(&folder.join(part), Some("wat")).unwrap_or_default() {
            let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
            needs_libdl |= text.contains("\"libdl.so\"");
            let bytes = wat::Parser::new().parse_str(Some(&file), &text);
            let bytes = bytes.map_err(|error| error.to_string())?;
            let stem = file.file_stem().unwrap_or_default().display();
            into.push((format!("{stem}.so"), bytes));
        }
    }
    if needs_libdl {
        libraries.add_libdl();
    }
    libraries.lift();
    Ok(libraries)
}

fn sorted(folder: &Path, extension: Option<&str>) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let paths = entries.flatten().map(|entry| entry.path());
    let wanted = extension.map(OsStr::new);
    let mut paths: Vec<_> = paths
        .filter(|path| wanted.is_none() || path.extension() == wanted)
        .collect();
    paths.sort();
    Ok(paths)
}

/// Checks that the same input gives the same modules, and the same base whatever is linked to it.
fn check_same(libraries: &Libraries, component: &[u8], fused: &Fused) -> Result<()> {
    let again = libraries.fuse(component);
    let again = again.map_err(|error| format!("the second time, {error}"))?;
    if again.base != fused.base || again.extensions != fused.extensions {
        return Err("the modules are others the second time".to_owned());
    }
    let alone = libraries.link_base();
    let alone = alone.and_then(|component| libraries.fuse(&component));
    let alone = alone.map_err(|error| format!("the base alone: {error}"))?;
    if alone.base != fused.base {
        return Err("the base is another one when nothing is linked to it".to_owned());
    }
    Ok(())
}

/// Calls the component and the modules alike.
fn compare(component: &[u8], fused: &Fused, calls: &[Line]) -> Result<()> {
    let error = |error: wasmtime::Error| format!("{error:#}");
    let component = Component::new(component).map_err(error)?;
    let linked = AsModules::load(fused).map_err(error)?;
    let begin_one = || AsComponent::begin(&component);
    let begin_other = || AsModules::begin(&linked, &fused.start);
    if let [Line::BeginTrap] = calls {
        return match (begin_one(), begin_other()) {
            (Err(_), Err(_)) => Ok(()),
            (one, other) => Err(format!(
                "begins, although it should trap: the component {}, the modules {}",
                one.is_ok(),
                other.is_ok()
            )),
        };
    }
    let (mut one, mut other) = (begin_one().map_err(error)?, begin_other().map_err(error)?);
    for call in calls {
        let (name, arguments, expected) = match call {
            Line::BeginTrap => return Err("begin = trap has to be alone".to_owned()),
            Line::Snapshot => {
                other = other.copy().map_err(error)?;
                continue;
            }
            Line::Call {
                name,
                arguments,
                expected,
            } => (name, arguments, expected),
        };
        let answers = [
            ("component", one.call(name, arguments)),
            ("modules", other.call(name, arguments)),
        ];
        for (which, answer) in answers {
            let matches = match (&answer, expected) {
                (Ok(value), Expected::Gives(expected)) => value == expected,
                (Err(_), Expected::Trap) => true,
                _ => false,
            };
            if !matches {
                return Err(format!(
                    "{name}{arguments:?} of the {which}: expected {expected:?}, and there came {answer:?}"
                ));
            }
        }
        if matches!(expected, Expected::Trap) {
            (one, other) = (begin_one().map_err(error)?, begin_other().map_err(error)?);
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
    Gives(Option<Value>),
}

fn parse(text: &str) -> Result<Vec<Line>> {
    let lines = text.lines().map(|line| {
        let line = line.split(";;").next().unwrap_or_default();
        line.trim()
    });
    lines
        .filter(|line| !line.is_empty())
        .map(|line| parse_line(line).ok_or_else(|| format!("{line:?} is no call")))
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
        "nothing" => Expected::Gives(None),
        value => Expected::Gives(Some(parse_value(value)?)),
    };
    Some(Line::Call {
        name: name.to_owned(),
        arguments: arguments.map(parse_value).collect::<Option<_>>()?,
        expected,
    })
}

/// A number: an `i32`, or with its type at its end, as in `1.5f64`.
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
