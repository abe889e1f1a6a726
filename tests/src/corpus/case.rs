use std::path::PathBuf;
use std::{fs, io};

use super::corpora::Corpus;

/// A program of a corpus.
pub struct Case {
    pub(super) corpus: &'static Corpus,
    /// Its path without the extension.
    stem: PathBuf,
}

impl Case {
    pub(super) fn new(corpus: &'static Corpus, name: &str) -> Self {
        Self {
            corpus,
            stem: corpus.directory().join(name),
        }
    }

    /// Finds a case by its [name](Self::name).
    pub(super) fn find(name: &str) -> Option<Self> {
        let (corpus, name) = name.split_once("::")?;
        Some(Self::new(Corpus::find(corpus)?, name))
    }

    /// Returns its name in reports: `CORPUS::NAME`.
    pub fn name(&self) -> String {
        format!("{}::{}", self.corpus.name, self.file_stem())
    }

    /// Reads its source.
    pub fn source(&self) -> io::Result<String> {
        fs::read_to_string(self.file("py"))
    }

    /// Returns the path of one of its files.
    pub(super) fn file(&self, extension: &str) -> PathBuf {
        self.stem.with_added_extension(extension)
    }

    /// Returns the name that its program has in tracebacks.
    pub(super) fn program_name(&self) -> String {
        format!("{}.py", self.file_stem())
    }

    fn file_stem(&self) -> String {
        let name = self.stem.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}
