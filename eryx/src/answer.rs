//! Serializes the result of a host function as JSON, up to a limit.

use std::io;

use eryx_runtime::{Answer, HostException};
use serde::Serialize;

/// Serializes a result as JSON of at most `max_bytes`. Beyond that it stops and returns
/// [`Answer::TooLarge`], so that a large result does not take its size again in memory.
pub(crate) fn to_answer(result: &impl Serialize, max_bytes: u64) -> Answer {
    let mut bounded = BoundedWriter {
        bytes: Vec::new(),
        max_bytes: usize::try_from(max_bytes).unwrap_or(usize::MAX),
        is_full: false,
    };
    let written = serde_json::to_writer(&mut bounded, result);
    match written {
        _ if bounded.is_full => Answer::TooLarge,
        Ok(()) => Answer::Json(String::from_utf8_lossy(&bounded.bytes).into_owned()),
        Err(error) => Answer::Exception(HostException {
            type_name: "RuntimeError".to_owned(),
            message: error.to_string(),
        }),
    }
}

/// A writer into memory that refuses to grow beyond `max_bytes`.
struct BoundedWriter {
    bytes: Vec<u8>,
    max_bytes: usize,
    /// Whether a write was refused.
    is_full: bool,
}

impl io::Write for BoundedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.max_bytes - self.bytes.len() {
            self.is_full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn results_within_and_beyond_the_limit() {
        let json = |text: &str| Answer::Json(text.to_owned());
        assert_eq!(to_answer(&"abc", 5), json(r#""abc""#));
        assert_eq!(to_answer(&"abc", 4), Answer::TooLarge);
        assert_eq!(to_answer(&"x".repeat(1 << 20), 10), Answer::TooLarge);
        assert_eq!(to_answer(&"ü", u64::MAX), json(r#""ü""#));
        let keys_that_are_not_strings = BTreeMap::from([(vec![1], 2)]);
        assert!(matches!(
            to_answer(&keys_that_are_not_strings, 99),
            Answer::Exception(_)
        ));
    }
}
