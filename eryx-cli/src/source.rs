//! The source code of the program that the command line names.

use std::fs;
use std::io::{self, Read};

/// A program: its source code, its name and its arguments.
pub(crate) struct Source {
    pub(crate) text: String,
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
    /// Whether the source code was read from stdin.
    pub(crate) is_stdin: bool,
}

impl Source {
    /// Returns `code`, or reads the file that `rest` begins with. The rest are arguments.
    pub(crate) fn read(code: Option<String>, rest: Vec<String>) -> Result<Self, String> {
        if let Some(text) = code {
            return Ok(Self {
                text,
                name: "<string>".to_owned(),
                arguments: rest,
                is_stdin: false,
            });
        }
        let mut rest = rest.into_iter();
        let file = rest.next().unwrap_or_else(|| "-".to_owned());
        let is_stdin = file == "-";
        let (name, bytes) = if is_stdin {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes);
            ("<stdin>".to_owned(), read)
        } else {
            let read = fs::read(&file);
            (file, read)
        };
        let bytes = bytes.map_err(|error| format!("{name}: cannot read the program: {error}"))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| format!("{name}: the program is not UTF-8; save it in that encoding"))?;
        Ok(Self {
            // Python ignores a byte order mark as well.
            text: text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned(),
            name,
            arguments: rest.collect(),
            is_stdin,
        })
    }
}
