use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::case::Case;
use super::header::Image;
use super::output::{Compare, OUTPUTS};

/// A directory of cases, and what its cases have in common.
pub struct Corpus {
    /// The name of its directory.
    pub name: &'static str,
    /// The image of a case whose header names none.
    pub(super) image: Image,
    /// Whether programs have the sample host functions.
    pub(super) has_host_functions: bool,
    /// The limits of each case, as a header says them.
    pub(super) limits: &'static str,
    /// The outputs that are compared.
    pub(super) compare: Compare,
    /// A program that runs before each case, with the output it must have.
    pub(super) before: Option<Companion>,
    /// A program that runs after each case, with the output it must have.
    pub(super) after: Option<Companion>,
    /// Whether each case has a process of its own, so that a host that dies is seen.
    pub(super) has_own_processes: bool,
    /// How many cases run at a time, at most.
    pub(super) at_once: usize,
}

/// A program of the harness that runs beside each case.
pub(super) struct Companion {
    /// Its file in the directory of the corpus.
    pub(super) file: &'static str,
    /// What it prints.
    pub(super) stdout: &'static str,
}

/// A corpus of programs that attack nothing.
const PLAIN: Corpus = Corpus {
    name: "",
    image: Image::Numpy,
    has_host_functions: false,
    limits: "",
    compare: Compare::ALL,
    before: None,
    after: None,
    has_own_processes: false,
    at_once: usize::MAX,
};

/// All corpora.
pub const CORPORA: &[Corpus] = &[
    Corpus {
        name: "scripts",
        ..PLAIN
    },
    Corpus {
        name: "system",
        ..PLAIN
    },
    Corpus {
        name: "hostile",
        has_host_functions: true,
        // Enough time for a busy machine.
        limits: "wall=60s memory=256MiB output=1MiB",
        compare: Compare::STREAMS,
        before: Some(Companion {
            file: "shared/secret.py",
            stdout: "2000\n",
        }),
        after: Some(Companion {
            file: "shared/fresh.py",
            stdout: "{'fresh': [True]}\n",
        }),
        // Each may take a quarter of a gigabyte.
        at_once: 4,
        ..PLAIN
    },
    Corpus {
        name: "stacks",
        image: Image::Bare,
        compare: Compare::STREAMS,
        has_own_processes: true,
        // Each may take a gigabyte.
        at_once: 2,
        ..PLAIN
    },
];

impl Corpus {
    /// Finds a corpus by its name.
    pub fn find(name: &str) -> Option<&'static Self> {
        CORPORA.iter().find(|corpus| corpus.name == name)
    }

    /// The directory of its cases.
    pub(super) fn directory(&self) -> PathBuf {
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        corpora.join(self.name)
    }

    /// Lists its cases, sorted by name.
    pub fn cases(&'static self) -> Vec<Case> {
        let files = self.files().into_iter();
        let cases = files.filter_map(|file| Some(Case::new(self, file.strip_suffix(".py")?)));
        cases.collect()
    }

    /// Lists the files that are neither a case nor an output of one.
    pub(super) fn stray_files(&self) -> Vec<String> {
        let files = self.files();
        let belongs = |file: &str| match file.rsplit_once('.') {
            Some((_, "py")) => true,
            Some((name, extension)) => {
                let is_output = OUTPUTS.iter().any(|output| output.extension == extension);
                is_output && files.contains(&format!("{name}.py"))
            }
            None => false,
        };
        let stray = files.iter().filter(|file| !belongs(file));
        stray.cloned().collect()
    }

    /// The names of the files in its directory. Directories hold what cases share.
    fn files(&self) -> BTreeSet<String> {
        let directory = self.directory();
        let entries = fs::read_dir(&directory);
        let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        let mut files = BTreeSet::new();
        for entry in entries {
            let entry = entry.expect("the directory of the corpus can be read");
            if entry.path().is_file() {
                files.insert(entry.file_name().to_string_lossy().into_owned());
            }
        }
        files
    }
}
