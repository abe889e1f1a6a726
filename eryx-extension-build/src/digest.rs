//! SHA-256, as a value that can be written, compared and parsed.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A SHA-256 digest. It is written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Parses 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digest = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != digest.len() || !rest.is_empty() {
            return None;
        }
        for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
            *byte = hexadecimal(*high)? << 4 | hexadecimal(*low)?;
        }
        Some(Self(digest))
    }

    pub(crate) fn from_array(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The 32 bytes of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest as a wheel's RECORD writes it: base64 for URLs, without padding.
    pub fn to_base64(&self) -> String {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut text = String::with_capacity(43);
        for chunk in self.0.chunks(3) {
            let mut block = [0; 4];
            block[1..=chunk.len()].copy_from_slice(chunk);
            let bits = u32::from_be_bytes(block);
            // Three bytes are four digits, two are three.
            for digit in 0..=chunk.len() {
                let index = bits >> (18 - 6 * digit) & 63;
                text.push(char::from(ALPHABET[index as usize]));
            }
        }
        text
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// The value of one hexadecimal digit.
pub(crate) fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::Digest;

    // The digest of no bytes at all, as FIPS 180-4's examples give it.
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn hexadecimal_digits_go_both_ways() {
        assert_eq!(Digest::of(b"").to_string(), EMPTY);
        assert_eq!(Digest::parse(EMPTY), Some(Digest::of(b"")));
        assert_eq!(Digest::parse(&EMPTY.to_uppercase()), Some(Digest::of(b"")));
        assert_eq!(Digest::parse(&EMPTY[1..]), None);
        assert_eq!(Digest::parse(&EMPTY.replace('e', "g")), None);
    }

    #[test]
    fn base64_is_that_of_a_record() {
        assert_eq!(
            Digest::of(b"").to_base64(),
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
        );
    }
}
