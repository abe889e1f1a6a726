//! SHA-256 digests: a value that can be compared, written and parsed, and two ways to compute one.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
///
/// ```
/// use eryx_artifact::Digest;
///
/// let digest = Digest::of(b"abc");
/// let text = digest.to_string();
/// assert_eq!(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
/// assert_eq!(Digest::parse(&text), Some(digest));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; Digest::SIZE]);

impl Digest {
    /// The number of bytes in a digest.
    pub const SIZE: usize = 32;

    /// The digest with these bytes.
    pub const fn from_bytes(bytes: [u8; Self::SIZE]) -> Self {
        Self(bytes)
    }

    /// Computes the digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Parses 64 hexadecimal digits, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digest = [0; Self::SIZE];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != digest.len() || !rest.is_empty() {
            return None;
        }
        for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
            *byte = hex_value(*high)? << 4 | hex_value(*low)?;
        }
        Some(Self(digest))
    }

    /// The bytes of the digest.
    pub const fn as_bytes(&self) -> &[u8; Self::SIZE] {
        &self.0
    }

    /// The digest as a wheel's RECORD has it: URL-safe base64 without padding.
    ///
    /// ```
    /// use eryx_artifact::Digest;
    ///
    /// let base64 = Digest::of(b"abc").to_base64();
    /// assert_eq!(base64, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    /// ```
    pub fn to_base64(&self) -> String {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut text = String::with_capacity(43);
        for chunk in self.0.chunks(3) {
            let mut block = [0; 4];
            block[1..=chunk.len()].copy_from_slice(chunk);
            let bits = u32::from_be_bytes(block);
            // Three bytes are four digits, two bytes are three.
            for digit in 0..=chunk.len() {
                let index = bits >> (18 - 6 * digit) & 63;
                text.push(char::from(ALPHABET[index as usize]));
            }
        }
        text
    }
}

impl From<[u8; Digest::SIZE]> for Digest {
    fn from(bytes: [u8; Digest::SIZE]) -> Self {
        Self(bytes)
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
fn hex_value(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

/// Computes the digest of bytes that arrive in pieces.
///
/// ```
/// use eryx_artifact::{Digest, Hasher};
///
/// let mut hasher = Hasher::default();
/// hasher.update(b"a");
/// hasher.update(b"bc");
/// assert_eq!(hasher.finish(), Digest::of(b"abc"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Adds the next piece. Where one piece ends and the next begins makes no difference.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the digest of all pieces.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// Computes the digest of a list of byte strings.
///
/// The length of each part goes into the hash before the part itself, so that two different lists
/// of the same joined bytes have different digests. A list inside a list begins with its
/// [length](PartsHasher::count).
///
/// ```
/// use eryx_artifact::PartsHasher;
///
/// let digest = |parts: &[&str]| {
///     let mut hasher = PartsHasher::default();
///     parts.iter().for_each(|part| hasher.part(part.as_bytes()));
///     hasher.digest()
/// };
/// assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
/// ```
#[derive(Clone, Debug, Default)]
pub struct PartsHasher(Hasher);

impl PartsHasher {
    /// Adds the number of parts that follow.
    pub fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_le_bytes());
    }

    /// Adds one part.
    pub fn part(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }

    /// Returns the digest of all parts.
    pub fn digest(self) -> Digest {
        self.0.finish()
    }
}

/// Lets values that only implement [`std::hash::Hash`] be parts.
impl std::hash::Hasher for PartsHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.part(bytes);
    }

    /// The first eight bytes of the digest so far.
    fn finish(&self) -> u64 {
        let digest = self.clone().digest();
        let first = digest.as_bytes().first_chunk();
        first.map_or(0, |first| u64::from_le_bytes(*first))
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{Hash as _, Hasher as _};

    use super::*;

    // The digest of no bytes at all, as the examples of FIPS 180-4 give it.
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn hex_digits_are_written_and_parsed() {
        assert_eq!(Digest::of(b"").to_string(), EMPTY);
        assert_eq!(Digest::parse(EMPTY), Some(Digest::of(b"")));
        assert_eq!(Digest::parse(&EMPTY.to_uppercase()), Some(Digest::of(b"")));
        assert_eq!(Digest::parse(&EMPTY[1..]), None);
        assert_eq!(Digest::parse(&EMPTY[2..]), None);
        assert_eq!(Digest::parse(&format!("{EMPTY}00")), None);
        assert_eq!(Digest::parse(&EMPTY.replace('e', "g")), None);
    }

    #[test]
    fn base64_is_that_of_record() {
        assert_eq!(
            Digest::of(b"").to_base64(),
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
        );
    }

    #[test]
    fn pieces_do_not_matter_and_parts_do() {
        let mut pieces = Hasher::default();
        for byte in b"abcdef" {
            pieces.update(&[*byte]);
        }
        assert_eq!(pieces.finish(), Digest::of(b"abcdef"));

        // One part is its length in eight bytes, least significant first, and itself.
        let mut parts = PartsHasher::default();
        parts.part(b"abc");
        assert_eq!(parts.digest(), Digest::of(b"\x03\0\0\0\0\0\0\0abc"));
    }

    #[test]
    fn a_hashed_value_goes_into_the_digest() {
        let hashed = |value: &str| {
            let mut parts = PartsHasher::default();
            value.hash(&mut parts);
            (parts.finish(), parts.digest())
        };
        let (short, digest) = hashed("a");
        assert_eq!(short.to_le_bytes(), digest.as_bytes()[..8]);
        assert_ne!(hashed("b"), (short, digest));
    }
}
