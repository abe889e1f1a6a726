//! RECORD, a wheel's list of its own files: lines of path, digest and size, separated by commas.

use std::collections::BTreeSet;

use eryx_artifact::Digest;

use crate::unpack::Files;

/// A disagreement between a RECORD and the files.
#[derive(Debug, thiserror::Error)]
#[error("{path}{}: {reason}", line.map_or(String::new(), |line| format!(" line {line}")))]
pub struct Error {
    /// The RECORD.
    pub path: String,
    /// The number of the wrong line, from 1, if it is one line.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

/// Checks every line against its file, and that every file has a line.
///
/// RECORD itself and its signatures are exempt: RECORD cannot hold its own digest, and signatures are
/// made after it.
pub fn verify(record: &str, files: &Files) -> Result<(), Error> {
    let error = |line, reason| Error {
        path: record.to_owned(),
        line,
        reason,
    };
    let Some(bytes) = files.get(record) else {
        return Err(error(None, "is missing".to_owned()));
    };
    let text = str::from_utf8(bytes).map_err(|_| error(None, "is not UTF-8".to_owned()))?;
    let exempt = [
        record.to_owned(),
        format!("{record}.jws"),
        format!("{record}.p7s"),
    ];
    let mut listed = BTreeSet::new();
    for (index, line) in text.lines().enumerate() {
        if line.is_empty() {
            continue;
        }
        let error = |reason| error(Some(index + 1), reason);
        let Some([path, digest, size]) = columns(line) else {
            return Err(error("is not PATH,DIGEST,SIZE".to_owned()));
        };
        if !exempt.contains(&path) {
            compare(&path, &digest, &size, files).map_err(error)?;
        }
        if let Some(path) = listed.replace(path) {
            return Err(error(format!("{path:?} is listed twice")));
        }
    }
    let unlisted = files
        .keys()
        .find(|&path| !listed.contains(path) && !exempt.contains(path));
    match unlisted {
        None => Ok(()),
        Some(path) => Err(error(
            None,
            format!("{path:?} is in the wheel and not listed"),
        )),
    }
}

/// Checks one file against its line.
fn compare(path: &str, digest: &str, size: &str, files: &Files) -> Result<(), String> {
    let Some(bytes) = files.get(path) else {
        return Err(format!("{path:?} is listed and not in the wheel"));
    };
    let Some(expected) = digest.strip_prefix("sha256=") else {
        return Err(format!("{path:?} has no digest of the kind sha256"));
    };
    if size != bytes.len().to_string() {
        let found = bytes.len();
        return Err(format!("{path:?} should have {size} bytes and has {found}"));
    }
    let found = Digest::of(bytes).to_base64();
    if expected.trim_end_matches('=') != found {
        return Err(format!(
            "{path:?} should have the sha256 {expected} and has {found}"
        ));
    }
    Ok(())
}

/// The three columns of a line. A column with a comma is in quotation marks, and a quotation mark in
/// it is doubled.
fn columns(line: &str) -> Option<[String; 3]> {
    let mut columns = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let column = columns.last_mut()?;
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => column.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => columns.push(String::new()),
            other => column.push(other),
        }
    }
    (!quoted).then_some(columns)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn columns_of_a_line() {
        let three = |a: &str, b: &str, c: &str| Some([a, b, c].map(str::to_owned));
        assert_eq!(
            columns("a/b.py,sha256=x,1"),
            three("a/b.py", "sha256=x", "1")
        );
        assert_eq!(columns("RECORD,,"), three("RECORD", "", ""));
        assert_eq!(columns(r#""a,""b""",x,1"#), three(r#"a,"b""#, "x", "1"));
        for bad in ["", "a", "a,b", "a,b,c,d", r#""a,b,c"#] {
            assert_eq!(columns(bad), None, "{bad}");
        }
    }
}
