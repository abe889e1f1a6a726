//! The layering of this crate's modules: a room imports only rooms below it, and no modules import
//! each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the ground up: each imports only itself and those before it.
const ROOMS: [&str; 7] = ["error", "input", "store", "module", "run", "make", "image"];

/// The files that may import from all rooms: the crate's exports, and the fuzzing entry points.
const OUTSIDE: [&str; 2] = ["lib", "fuzzing"];

/// Lists the paths that a source file of a module imports, from the crate's root.
fn imports(module: &[String], source: &str) -> Vec<String> {
    let mut imports = Vec::new();
    for line in without_comments(source).split(';') {
        let Some(statement) = use_statement(line) else {
            continue;
        };
        let statement: String = statement.split_whitespace().collect::<Vec<_>>().join(" ");
        for path in expand(&statement) {
            let mut parts: Vec<&str> = path.split("::").map(str::trim).collect();
            let mut base = match parts.first() {
                Some(&"crate") => {
                    parts.remove(0);
                    Vec::new()
                }
                Some(&"super" | &"self") => module.to_vec(),
                // Another crate.
                _ => continue,
            };
            while let Some(&first) = parts.first() {
                match first {
                    "super" => {
                        base.pop();
                    }
                    "self" => {}
                    _ => break,
                }
                parts.remove(0);
            }
            base.extend(parts.into_iter().map(str::to_owned));
            imports.push(base.join("::"));
        }
    }
    // Paths without a `use` statement.
    for (at, _) in source.match_indices("crate::") {
        let path = source[at + "crate::".len()..].chars();
        let path: String = path
            .take_while(|it| it.is_alphanumeric() || *it == '_' || *it == ':')
            .collect();
        imports.push(path);
    }
    imports
}

fn without_comments(source: &str) -> String {
    let lines = source.lines().map(|line| {
        let end = line.find("//").unwrap_or(line.len());
        &line[..end]
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Finds the `use` at the beginning of a line and returns what follows it. Error texts contain the word
/// as well.
fn use_statement(text: &str) -> Option<&str> {
    let at = text.match_indices("use ").map(|(at, _)| at);
    let mut at = at.filter(|at| {
        let line = text[..*at].rsplit('\n').next().unwrap_or_default().trim();
        line.is_empty() || line == "pub" || line.starts_with("pub(") && line.ends_with(')')
    });
    at.next().map(|at| &text[at + "use ".len()..])
}

/// Expands the paths of a `use` statement: `a::{b, c::{d}}` to `a::b` and `a::c::d`.
fn expand(statement: &str) -> Vec<String> {
    let Some(open) = statement.find('{') else {
        return vec![statement.to_owned()];
    };
    let prefix = &statement[..open];
    let inner = statement[open + 1..].trim_end();
    // Text like an error message can look like a statement; it has no paths.
    let inner = inner.strip_suffix('}').unwrap_or("");
    let (mut depth, mut start, mut paths) = (0, 0, Vec::new());
    for (at, letter) in inner.char_indices().chain([(inner.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = inner[start..at].trim();
                if !part.is_empty() {
                    paths.extend(expand(&format!("{prefix}{part}")));
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    paths
}

/// Reads the sources of all modules except tests, by path: `run::pool::slot` and so on.
fn modules() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = BTreeMap::new();
    let mut directories: Vec<PathBuf> = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory of sources") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("it has a name").to_string_lossy();
            if path.is_dir() {
                if name != "tests" {
                    directories.push(path);
                }
                continue;
            }
            if !name.ends_with(".rs") || name == "tests.rs" {
                continue;
            }
            let relative = path.strip_prefix(&root).expect("it is below the root");
            let relative = relative.with_extension("");
            let parts = relative.components();
            let parts: Vec<_> = parts
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .filter(|part| part != "mod")
                .collect();
            let source = fs::read_to_string(&path).expect("a source file");
            // The tests at the end of a module may import any room.
            let end = source
                .find("#[cfg(test)]\nmod tests")
                .unwrap_or(source.len());
            modules.insert(parts.join("::"), source[..end].to_owned());
        }
    }
    modules
}

fn room(path: &str) -> &str {
    path.split("::").next().unwrap_or(path)
}

#[test]
fn no_room_imports_one_above_it() {
    let modules = modules();
    let mut wrong = BTreeSet::new();
    for (name, source) in &modules {
        if OUTSIDE.contains(&&**name) {
            continue;
        }
        let floor = |path: &str| ROOMS.iter().position(|it| *it == room(path));
        let own = floor(name);
        assert!(own.is_some(), "src/{name}.rs is in no room");
        let parts: Vec<String> = name.split("::").map(str::to_owned).collect();
        for import in imports(&parts, source) {
            if floor(&import) > own {
                wrong.insert(format!("{name} imports {import}"));
            }
        }
    }
    assert!(wrong.is_empty(), "imports of rooms above: {wrong:#?}");
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let modules = modules();
    let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, source) in &modules {
        let parts: Vec<String> = name.split("::").map(str::to_owned).collect();
        for import in imports(&parts, source) {
            // The imported item is in the module with the longest matching path.
            let prefixes = import.match_indices("::").map(|(at, _)| &import[..at]);
            let target = prefixes.chain([&*import]).filter_map(|path| {
                let (key, _) = modules.get_key_value(path)?;
                Some(key.as_str())
            });
            // A module may import what its parents declare in `mod.rs`, and the other way round.
            if let Some(target) = target.last()
                && target != name
                && !target.starts_with(&format!("{name}::"))
                && !name.starts_with(&format!("{target}::"))
            {
                arrows.entry(name).or_default().insert(target);
            }
        }
    }
    let mut circles = Vec::new();
    for &start in arrows.keys() {
        let (mut seen, mut next) = (BTreeSet::new(), vec![start]);
        while let Some(at) = next.pop() {
            for &to in arrows.get(at).into_iter().flatten() {
                if to == start {
                    circles.push(format!("{start} reaches itself through {at}"));
                }
                if seen.insert(to) {
                    next.push(to);
                }
            }
        }
    }
    assert!(circles.is_empty(), "circles: {circles:#?}");
}

#[test]
fn imports_are_parsed() {
    let source = "use super::{a::B, c::{self, D}};\nuse crate::run::pool;\n// use crate::make;\n\
                  fn f() -> crate::input::X {}";
    let module = ["run".to_owned(), "session".to_owned()];
    assert_eq!(
        imports(&module, source),
        [
            "run::a::B",
            "run::c::self",
            "run::c::D",
            "run::pool",
            "run::pool",
            "make",
            "input::X"
        ]
    );
}
