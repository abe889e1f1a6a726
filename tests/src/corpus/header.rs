use std::path::PathBuf;

use eryx::Limits;

use super::corpora::Corpus;
use super::end::Expected;
use super::limits;
use super::output::Compare;

/// What the first lines of a case say.
pub(super) struct Header {
    pub(super) ends: Expected,
    pub(super) compare: Compare,
    /// The limits of the run, unless they are the default ones.
    pub(super) limits: Option<Limits>,
    pub(super) image: Image,
    /// A file for the program.
    pub(super) file: Option<PathBuf>,
}

/// An image that cases run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Image {
    /// Python alone.
    Bare,
    /// Python with numpy.
    Numpy,
}

const KEYS: [&str; 5] = ["ends", "compare", "limits", "image", "file"];

impl Header {
    /// Reads the header of a case.
    pub(super) fn parse(corpus: &Corpus, source: &str) -> Result<Self, String> {
        let [ends, compare, limits, image, file] = values(source)?;
        let ends = Expected::parse(ends.unwrap_or("done"))?;
        let compare = match compare {
            Some(words) => Compare::parse(words)?,
            None if ends.is_one() => corpus.compare,
            None => Compare::NOTHING,
        };
        if ends.is_done() && compare == Compare::NOTHING {
            return Err("the case cannot fail: it may print anything; compare its stdout".into());
        }
        let limits = limits::parse(corpus.limits, limits.unwrap_or_default(), &ends)?;
        let image = match image {
            Some("bare") => Image::Bare,
            Some("numpy") => Image::Numpy,
            Some(other) => return Err(format!("`image: {other}`: the images are bare and numpy")),
            None => corpus.image,
        };
        Ok(Self {
            ends,
            compare,
            limits,
            image,
            file: file.map(|file| corpus.directory().join(file)),
        })
    }
}

/// Finds the values of all [`KEYS`].
fn values(source: &str) -> Result<[Option<&str>; KEYS.len()], String> {
    let mut values = [None; KEYS.len()];
    for line in source.lines().map_while(|line| line.strip_prefix("# ")) {
        let Some((key, value)) = line.split_once(": ") else {
            continue;
        };
        // Prose may have a colon too; a key is one word in lower case.
        if !key.bytes().all(|byte| byte.is_ascii_lowercase()) {
            continue;
        }
        let Some(index) = KEYS.iter().position(|known| *known == key) else {
            return Err(format!(
                "`{key}` is no key of a header; the keys are {KEYS:?}"
            ));
        };
        if values[index].replace(value).is_some() {
            return Err(format!("`{key}` is there twice; remove one"));
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus(name: &str) -> &'static Corpus {
        Corpus::find(name).expect("there is such a corpus")
    }

    fn error_of(source: &str) -> String {
        let header = Header::parse(corpus("hostile"), source);
        header.err().expect("the header is wrong")
    }

    #[test]
    fn defaults() {
        let header = Header::parse(corpus("scripts"), "print(1)\n# ends: trap\n");
        let header = header.expect("the header is right");
        assert!(header.ends.is_done());
        assert_eq!(header.compare, Compare::ALL);
        assert_eq!(header.limits, None);
        assert_eq!(header.image, Image::Numpy);
        assert_eq!(header.file, None);
    }

    #[test]
    fn keys() {
        let source = "# Prose: with a colon.\n# ends: exit 3\n# compare: stderr\n# image: bare\n\
                      # limits: memory=64MiB\n# file: shared/x.py\nprint(1)\n";
        let header = Header::parse(corpus("hostile"), source).expect("the header is right");
        assert!(header.ends.is_one() && !header.ends.is_done());
        assert_eq!(header.image, Image::Bare);
        assert_eq!(
            header.file,
            Some(corpus("hostile").directory().join("shared/x.py"))
        );
        assert_ne!(header.compare, corpus("hostile").compare);
        assert!(header.limits.is_some());
    }

    #[test]
    fn mistakes() {
        for (source, error) in [
            ("# expect: done\n", "`expect` is no key"),
            ("# ends: done\n# ends: trap\n", "`ends` is there twice"),
            ("# compare: nothing\n", "cannot fail"),
            ("# compare: output\n", "`output` is no output"),
            ("# image: pandas\n", "the images are bare and numpy"),
            ("# limits: memory=64\u{b5}\n", "is no unit"),
            ("# limits: size=64\n", "`size` is no limit"),
            ("# limits: memory\n", "`memory` has no value"),
            ("# ends: limit Wall\n", "`limit Wall` is no end"),
            ("# ends: dnoe\n", "`dnoe` is no end"),
        ] {
            let said = error_of(source);
            assert!(said.contains(error), "{source:?}: {said}");
        }
    }
}
