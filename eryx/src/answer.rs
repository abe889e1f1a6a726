//! Writing what a function of the host's gives, as far as it may go.

use std::io;

use serde::Serialize;

/// A result as JSON. Of one that has more than `most` bytes only so much is written that this can be
/// seen: it is refused in any case, and to write it out could take as much memory again and more.
pub(crate) fn to_json(result: &impl Serialize, most: u64) -> Result<String, serde_json::Error> {
    let mut bounded = Bounded {
        bytes: Vec::new(),
        most: usize::try_from(most).unwrap_or(usize::MAX),
    };
    let written = serde_json::to_writer(&mut bounded, result);
    if bounded.bytes.len() > bounded.most {
        // No JSON, and none that anybody reads.
        return Ok(" ".repeat(bounded.bytes.len()));
    }
    written?;
    Ok(String::from_utf8_lossy(&bounded.bytes).into_owned())
}

struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.most.saturating_add(1) - self.bytes.len();
        let fits = bytes.len().min(room);
        self.bytes.extend_from_slice(&bytes[..fits]);
        if fits < bytes.len() || self.bytes.len() > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(fits)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::to_json;

    #[test]
    fn no_more_is_written_than_is_needed() {
        let json = |text: &str, most| to_json(&text, most).expect("it is JSON");
        assert_eq!(json("abc", 5), r#""abc""#);
        assert_eq!(json("abc", 4).len(), 5);
        assert_eq!(json(&"x".repeat(1 << 20), 10).len(), 11);
        assert_eq!(json("ü", u64::MAX), r#""ü""#);
        assert!(
            to_json(
                &[(vec![1], 2)]
                    .into_iter()
                    .collect::<std::collections::BTreeMap<_, _>>(),
                99
            )
            .is_err()
        );
    }
}
