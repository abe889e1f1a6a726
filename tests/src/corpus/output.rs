use std::fmt::Write as _;
use std::{fs, io};

use super::case::Case;
use super::outcome::Outcome;

/// One of the outputs of a run.
pub(super) struct Output {
    /// Its word in a header, and the extension of the file that holds it.
    pub(super) extension: &'static str,
    of: fn(&Outcome) -> &str,
}

pub(super) const OUTPUTS: [Output; 3] = [
    Output {
        extension: "stdout",
        of: |outcome| &outcome.stdout,
    },
    Output {
        extension: "stderr",
        of: |outcome| &outcome.stderr,
    },
    Output {
        extension: "exception",
        of: |outcome| &outcome.exception,
    },
];

/// Which of [`OUTPUTS`] are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compare([bool; OUTPUTS.len()]);

impl Compare {
    pub(super) const ALL: Self = Self([true, true, true]);
    pub(super) const STREAMS: Self = Self([true, true, false]);
    pub(super) const NOTHING: Self = Self([false, false, false]);

    pub(super) fn parse(words: &str) -> Result<Self, String> {
        if words == "nothing" {
            return Ok(Self::NOTHING);
        }
        let mut compare = Self::NOTHING;
        for word in words.split_whitespace() {
            let index = OUTPUTS.iter().position(|output| output.extension == word);
            let index = index.ok_or_else(|| format!("`{word}` is no output of a program"))?;
            compare.0[index] = true;
        }
        Ok(compare)
    }
}

/// Compares outputs with the files that hold them; with `BLESS=1`, writes the files.
///
/// Returns a description of all differences, which is empty if there are none.
pub(super) fn compare(case: &Case, which: Compare, outcome: &Outcome) -> io::Result<String> {
    let is_blessing = std::env::var_os("BLESS").is_some();
    let mut differences = String::new();
    for (output, is_compared) in OUTPUTS.iter().zip(which.0) {
        let path = case.file(output.extension);
        let actual = if is_compared {
            (output.of)(outcome)
        } else {
            ""
        };
        let expected = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            expected => expected?,
        };
        if actual == expected {
            continue;
        }
        if !is_blessing {
            let (expected, actual) = (shorten(&expected), shorten(actual));
            let name = output.extension;
            let _ = if is_compared {
                writeln!(
                    differences,
                    "{name}: expected\n{expected}\nactual\n{actual}"
                )
            } else {
                writeln!(
                    differences,
                    "{name} is not compared; remove {}",
                    path.display()
                )
            };
        } else if actual.is_empty() {
            fs::remove_file(path)?;
        } else {
            fs::write(path, actual)?;
        }
    }
    Ok(differences)
}

/// Cuts a text off that is too long for a message.
fn shorten(text: &str) -> String {
    const LENGTH: usize = 4000;
    let end = text.floor_char_boundary(LENGTH);
    match text.len() - end {
        0 => text.to_owned(),
        rest => format!("{}\n[{rest} more bytes]", &text[..end]),
    }
}
