//! Sealed files: a payload, a text that describes it, and a checksum of both.
//!
//! ```text
//! payload │ text │ payload length: u64 │ text length: u32 │ SHA-256 of everything before │ MAGIC
//! ```
//!
//! The payload comes first because machine code is mapped into memory at its offset in the file.
//! Numbers are little-endian.

use std::fs::File;
#[cfg(feature = "build")]
use std::io::Write as _;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use eryx_artifact::{Digest, Hasher};

/// The last bytes of every sealed file, with the version of the format.
const MAGIC: [u8; 16] = *b"eryx sealed 001\n";
const LENGTHS: usize = 8 + 4;
const TRAILER: usize = LENGTHS + Digest::SIZE + MAGIC.len();
/// The limit on the length of the text, in bytes.
const TEXT_LIMIT: u32 = 1 << 20;

/// Why a sealed file is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("it is not a file of eryx, or its end is missing")]
    NoTrailer,
    #[error("its size is not the sum of its parts")]
    Size,
    #[error("its checksum does not match its contents")]
    Checksum,
}

/// An open sealed file whose trailer and text were read.
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
    let text_length = text_length.ok_or_else(|| io::Error::other("the text is over 1 MiB"))?;
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
    /// Reads the trailer and the text of a sealed file. [`Sealed::verify`] checks the rest.
    pub(crate) fn open(mut file: File) -> io::Result<Result<Self, Broken>> {
        let size = file.metadata()?.len();
        let Some(lengths_at) = size.checked_sub(TRAILER as u64) else {
            return Ok(Err(Broken::NoTrailer));
        };
        file.seek(SeekFrom::Start(lengths_at))?;
        let payload = u64::from_le_bytes(read_array(&file)?);
        let text_length = u32::from_le_bytes(read_array(&file)?);
        let sha256 = Digest::from_bytes(read_array(&file)?);
        if read_array(&file)? != MAGIC {
            return Ok(Err(Broken::NoTrailer));
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

    /// Returns the open file.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Returns the size of the payload in bytes.
    pub(crate) fn payload_size(&self) -> usize {
        self.payload
    }

    /// Compares the checksum with the contents, at some 2 GB/s.
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

    /// Returns the payload, if the checksum matches.
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
    fn reads_what_was_written() {
        let (text, payload) = open(&sealed()).expect("it is whole");
        assert_eq!((&*text, &*payload), ("on it", &b"what it holds"[..]));
    }

    #[test]
    fn every_change_is_detected() {
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
