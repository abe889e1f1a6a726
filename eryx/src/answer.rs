//! Writing the result of a host function as JSON, within a limit.

use std::io;

use eryx_runtime::{Answer, HostException};
use serde::Serialize;

/// A result as JSON. Of one that has more than `most` bytes no more than that is written: it is refused
/// in any case, and writing it all could take as much memory again.
pub(crate) fn to_answer(result: &impl Serialize, most: u64) -> Answer {
    let mut bounded = Bounded {
        bytes: Vec::new(),
        most: usize::try_from(most).unwrap_or(usize::MAX),
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

struct Bounded {
    bytes: Vec<u8>,
    most: usize,
    /// Whether there was more than fits.
    is_full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.most - self.bytes.len() {
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
    fn no_more_is_written_than_is_allowed() {
        let json = |text: &str| Answer::Json(text.to_owned());
        assert_eq!(to_answer(&"abc", 5), json(r#""abc""#));
        assert_eq!(to_answer(&"abc", 4), Answer::TooLarge);
        assert_eq!(to_answer(&"x".repeat(1 << 20), 10), Answer::TooLarge);
        assert_eq!(to_answer(&"ü", u64::MAX), json(r#""ü""#));
        let keys_that_are_no_text = BTreeMap::from([(vec![1], 2)]);
        assert!(matches!(
            to_answer(&keys_that_are_no_text, 99),
            Answer::Exception(_)
        ));
    }
}
