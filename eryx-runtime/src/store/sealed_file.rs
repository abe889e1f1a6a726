//! Files that can be known to be whole: what they hold, some text on it, and a checksum.
//!
//! ```text
//! payload │ text │ length of the payload: u64 │ of the text: u32 │ SHA-256 of all that │ MAGIC
//! ```
//!
//! The payload comes first, for machine code is mapped into memory from where it lies. Numbers are
//! little-endian.

use std::fs::File;
#[cfg(feature = "build")]
use std::io::Write as _;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use eryx_artifact::{Digest, Hasher};

/// The end of every such file; another format would have another.
const MAGIC: [u8; 16] = *b"eryx sealed 001\n";
const LENGTHS: usize = 8 + 4;
const END: usize = LENGTHS + Digest::SIZE + MAGIC.len();
/// No text is longer, in bytes.
const TEXT_LIMIT: u32 = 1 << 20;

/// Why a file is not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("it is no such file, or its end is missing")]
    NoEnd,
    #[error("its parts do not add up to its size")]
    Size,
    #[error("its checksum is not that of its contents")]
    Checksum,
}

/// A sealed file, whose end was read.
pub(crate) struct Sealed {
    file: File,
    pub(crate) text: String,
    payload: usize,
    sha256: Digest,
}

/// Writes a sealed file.
#[cfg(feature = "build")]
pub(crate) fn write(mut file: &File, payload: &[u8], text: &str) -> io::Result<()> {
    let mut lengths = [0; LENGTHS];
    let text_length = u32::try_from(text.len()).ok();
    let text_length = text_length.filter(|&length| length <= TEXT_LIMIT);
    let text_length = text_length.ok_or_else(|| io::Error::other("too much text"))?;
    lengths[..8].copy_from_slice(&(payload.len() as u64).to_le_bytes());
    lengths[8..].copy_from_slice(&text_length.to_le_bytes());
    let mut hasher = Hasher::default();
    for part in [payload, text.as_bytes(), &lengths] {
        hasher.update(part);
        file.write_all(part)?;
    }
    file.write_all(hasher.finish().as_bytes())?;
    file.write_all(&MAGIC)
}

impl Sealed {
    /// Reads the end of a sealed file. Whether the rest is whole is for [`Sealed::verify`].
    pub(crate) fn open(mut file: File) -> io::Result<Result<Self, Broken>> {
        let size = file.metadata()?.len();
        let Some(lengths_at) = size.checked_sub(END as u64) else {
            return Ok(Err(Broken::NoEnd));
        };
        file.seek(SeekFrom::Start(lengths_at))?;
        let payload = u64::from_le_bytes(read_array(&file)?);
        let text_length = u32::from_le_bytes(read_array(&file)?);
        let sha256 = Digest::from_bytes(read_array(&file)?);
        if read_array(&file)? != MAGIC {
            return Ok(Err(Broken::NoEnd));
        }
        let fits = payload.checked_add(text_length.into()) == Some(lengths_at);
        let (Ok(payload_size), true) = (usize::try_from(payload), fits) else {
            return Ok(Err(Broken::Size));
        };
        if text_length > TEXT_LIMIT {
            return Ok(Err(Broken::Size));
        }
        let mut text = vec![0; text_length as usize];
        file.seek(SeekFrom::Start(payload))?;
        file.read_exact(&mut text)?;
        let Ok(text) = String::from_utf8(text) else {
            return Ok(Err(Broken::Checksum));
        };
        Ok(Ok(Self {
            file,
            text,
            payload: payload_size,
            sha256,
        }))
    }

    /// The file that it is.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// The size of what it holds, in bytes.
    pub(crate) fn payload_size(&self) -> usize {
        self.payload
    }

    /// Compares the checksum with the contents. About half a second for a gigabyte.
    pub(crate) fn verify(&mut self) -> io::Result<Result<(), Broken>> {
        self.file.rewind()?;
        let mut hasher = Hasher::default();
        let mut buffer = vec![0; 1 << 20];
        let covered = self.payload as u64 + self.text.len() as u64 + LENGTHS as u64;
        let mut covered = (&self.file).take(covered);
        loop {
            match covered.read(&mut buffer)? {
                0 => break,
                count => hasher.update(&buffer[..count]),
            }
        }
        Ok(if hasher.finish() == self.sha256 {
            Ok(())
        } else {
            Err(Broken::Checksum)
        })
    }

    /// The payload, if the checksum is right.
    #[cfg(feature = "build")]
    pub(crate) fn payload(mut self) -> io::Result<Result<Vec<u8>, Broken>> {
        if let Err(broken) = self.verify()? {
            return Ok(Err(broken));
        }
        self.file.rewind()?;
        let mut payload = vec![0; self.payload];
        self.file.read_exact(&mut payload)?;
        Ok(Ok(payload))
    }
}

fn read_array<const N: usize>(mut file: &File) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(bytes: &[u8]) -> Result<(String, Vec<u8>), Broken> {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(bytes).expect("it is ours");
        let sealed = Sealed::open(file).expect("it can be read")?;
        let text = sealed.text.clone();
        Ok((text, sealed.payload().expect("it can be read")?))
    }

    fn sealed() -> Vec<u8> {
        let mut file = tempfile::tempfile().expect("a temporary file");
        write(&file, b"what it holds", "on it").expect("it is written");
        let mut bytes = Vec::new();
        file.rewind().expect("it is a file");
        file.read_to_end(&mut bytes).expect("it can be read");
        bytes
    }

    #[test]
    fn gives_back_what_was_written() {
        let (text, payload) = open(&sealed()).expect("it is whole");
        assert_eq!((&*text, &*payload), ("on it", &b"what it holds"[..]));
    }

    #[test]
    fn every_change_is_seen() {
        let good = sealed();
        for index in 0..good.len() {
            for bit in [1, 0x80] {
                let mut bytes = good.clone();
                bytes[index] ^= bit;
                assert!(open(&bytes).is_err(), "byte {index}");
            }
        }
        for length in 0..good.len() {
            assert!(open(&good[..length]).is_err(), "{length} bytes");
        }
    }
}
