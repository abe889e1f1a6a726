//! The documents name files and directories that exist, and their links lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENTS: [&str; 7] = [
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "docs/glossary.md",
    "fuzz/README.md",
    "tests/README.md",
];

/// Directories that a path in a document can be relative to.
const ROOTS: [&str; 3] = ["", "eryx-runtime/src", "eryx-runtime/guest/src/system"];

/// Paths in a user's crate, and files that are made and not committed.
const ELSEWHERE: [&str; 4] = ["extension.rs", "fuzz/corpus", "src/lib.rs", "src/main.rs"];

/// Words that stand for any name.
const PLACEHOLDERS: [&str; 3] = ["CORPUS", "NAME", "TARGET"];

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    root.expect("this package is in a directory of the workspace")
        .to_owned()
}

/// The names of all Rust files below a directory, and whether there are any.
fn add_sources(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).expect("a directory of the workspace") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("it has a name");
        let name = name.to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                add_sources(&path, names);
            }
        } else if is_rust(&name) {
            names.insert(name);
        }
    }
}

/// Splits a document in its text and the lines of its code blocks.
fn parts(document: &str) -> (String, Vec<&str>) {
    let (mut text, mut code, mut in_code) = (String::new(), Vec::new(), false);
    for line in document.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if in_code {
            code.push(line);
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    (text, code)
}

fn is_path(text: &str) -> bool {
    let may_be = |it: char| it.is_ascii_alphanumeric() || "_-./".contains(it);
    !text.is_empty() && !text.starts_with(['/', '.', '-']) && text.chars().all(may_be)
}

/// The paths that a document names: in backticks, or as directories at the beginning of a line in a
/// block of code.
fn paths(document: &str) -> Vec<String> {
    let (text, code) = parts(document);
    let spans = text.split('`').skip(1).step_by(2);
    let spans = spans.filter(|span| span.contains('/') || is_rust(span));
    let tree = code.into_iter().filter_map(|line| {
        let (directory, _) = line.split_once("  ")?;
        directory.ends_with('/').then_some(directory)
    });
    let all = spans.chain(tree).filter(|path| is_path(path));
    all.map(str::to_owned).collect()
}

/// The targets of links to files.
fn links(document: &str) -> Vec<&str> {
    let links = document.split("](").skip(1);
    let links = links.filter_map(|rest| rest.split(')').next());
    links
        .filter(|link| !link.starts_with("http") && !link.starts_with('#'))
        .collect()
}

/// Whether a path leads to something, or does not mean to.
fn exists(root: &Path, path: &str, sources: &BTreeSet<String>) -> bool {
    let stands_for_any = |part: &str| {
        let (stem, _) = part.split_once('.').unwrap_or((part, ""));
        PLACEHOLDERS.contains(&stem)
    };
    if ELSEWHERE.contains(&path) || path.split('/').any(stands_for_any) {
        return true;
    }
    let Some((first, _)) = path.split_once('/') else {
        return sources.contains(path);
    };
    let roots = ROOTS.map(|below| root.join(below));
    let is_meant = is_rust(path) || roots.iter().any(|it| it.join(first).is_dir());
    !is_meant || roots.iter().any(|it| it.join(path).exists())
}

#[test]
fn documents_name_what_exists() {
    let root = root();
    let mut sources = BTreeSet::new();
    add_sources(&root, &mut sources);
    let (mut missing, mut found) = (Vec::new(), 0);
    for name in DOCUMENTS {
        let path = root.join(name);
        let document = fs::read_to_string(&path).expect("the document");
        for path in paths(&document) {
            found += 1;
            if !exists(&root, &path, &sources) {
                missing.push(format!("{name}: {path}"));
            }
        }
        for link in links(&document) {
            let link = link.split('#').next().unwrap_or(link);
            if !path.with_file_name("").join(link).exists() {
                missing.push(format!("{name}: link to {link}"));
            }
        }
    }
    assert!(missing.is_empty(), "not there: {missing:#?}");
    assert!(found > 100, "only {found} paths were found");
}

#[test]
fn what_is_a_path() {
    let document = "See `make/link.rs`, `a.rs`, `/tmp/x`, `f(x/y)`, `word`, [it](docs/x.md#y).\n\
                    ```\neryx/  the library\nmake/link.rs\n```\n";
    assert_eq!(paths(document), ["make/link.rs", "a.rs", "eryx/"]);
    assert_eq!(links(document), ["docs/x.md#y"]);

    let (root, sources) = (root(), BTreeSet::from(["a.rs".to_owned()]));
    for path in [
        "a.rs",
        "make/link.rs",
        "eryx/",
        "eryx/src/lib.rs",
        "text/plain",
    ] {
        assert!(exists(&root, path, &sources), "{path}");
    }
    for path in ["b.rs", "make/unlink.rs", "eryx/nothing/", "nowhere/lib.rs"] {
        assert!(!exists(&root, path, &sources), "{path}");
    }
}

/// Whether a path is that of a Rust source file.
fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|it| it == "rs")
}
