//! The captured output of a program.

use std::fmt;
use std::ops::Deref;

/// The captured output of a program, as text and as bytes.
///
/// It dereferences to a `str`, in which invalid UTF-8 is replaced by U+FFFD;
/// [`CapturedOutput::raw`] returns the bytes themselves. At most
/// [`Limits::output_bytes`](crate::Limits::output_bytes) bytes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CapturedOutput {
    text: String,
    /// None if they equal the text.
    bytes: Option<Vec<u8>>,
}

impl CapturedOutput {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self { text, bytes: None },
            Err(error) => Self {
                text: String::from_utf8_lossy(error.as_bytes()).into_owned(),
                bytes: Some(error.into_bytes()),
            },
        }
    }

    /// Returns the output as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the bytes that the program printed.
    pub fn raw(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or(self.text.as_bytes())
    }
}

impl Deref for CapturedOutput {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl AsRef<str> for CapturedOutput {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl From<CapturedOutput> for String {
    fn from(text: CapturedOutput) -> Self {
        text.text
    }
}

impl PartialEq<str> for CapturedOutput {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl PartialEq<&str> for CapturedOutput {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

impl PartialEq<String> for CapturedOutput {
    fn eq(&self, other: &String) -> bool {
        self.text == *other
    }
}

impl fmt::Display for CapturedOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for CapturedOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}
