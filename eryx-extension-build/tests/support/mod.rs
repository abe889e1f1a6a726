//! Makes archives, good and bad, from a description of what is in them.
//!
//! Zip and tar are written byte by byte, because no library will write an archive that lies.
#![allow(
    clippy::allow_attributes,
    dead_code,
    reason = "each test is a program of its own, and none of them uses everything"
)]

use std::io::Write as _;

use eryx_extension_build::Digest;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use serde::Deserialize;

/// The tag of a good wheel.
pub(crate) const TAG: &str = "cp314-cp314-wasi_0_0_0_wasm32";

/// One entry of an archive.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Entry {
    pub(crate) path: String,
    /// What is in it: one of these, or nothing.
    pub(crate) text: Option<String>,
    pub(crate) hex: Option<String>,
    pub(crate) zeros: Option<usize>,
    /// A WebAssembly library that needs these others.
    pub(crate) library: Option<Vec<String>>,
    /// How many times it is there, as `path0`, `path1` and so on.
    pub(crate) repeat: Option<usize>,
    pub(crate) deflate: bool,
    /// A Unix mode, with the kind of file in it.
    pub(crate) mode: Option<u32>,
    /// The type flag of a tar entry.
    pub(crate) tar_kind: Option<String>,
    /// A link's destination in a tar archive.
    pub(crate) link: Option<String>,
    pub(crate) encrypted: bool,
    /// The number of a compression method, whatever the bytes are.
    pub(crate) method: Option<u16>,
    /// What the header says instead of the true size and checksum.
    pub(crate) size: Option<u32>,
    pub(crate) checksum: Option<u32>,
    /// What the local header says instead of the name.
    pub(crate) local_path: Option<String>,
    /// What RECORD says after the path; an empty text leaves the line out.
    pub(crate) record: Option<String>,
}

impl Entry {
    pub(crate) fn text(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: Some(text.to_owned()),
            ..Self::default()
        }
    }

    pub(crate) fn library(path: &str, needed: &[&str]) -> Self {
        Self {
            path: path.to_owned(),
            library: Some(needed.iter().map(|&name| name.to_owned()).collect()),
            ..Self::default()
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        if let Some(text) = &self.text {
            text.clone().into_bytes()
        } else if let Some(hex) = &self.hex {
            let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
            let value = |digit: u8| one(char::from(digit).to_digit(16).unwrap_or_default());
            let pairs = digits.as_chunks::<2>().0;
            pairs
                .iter()
                .map(|[a, b]| value(*a) << 4 | value(*b))
                .collect()
        } else if let Some(count) = self.zeros {
            vec![0; count]
        } else if let Some(needed) = &self.library {
            library(needed)
        } else {
            Vec::new()
        }
    }

    /// All entries that this one stands for.
    fn each(&self) -> Vec<Self> {
        let Some(count) = self.repeat else {
            return vec![self.clone()];
        };
        let numbered = |number| Self {
            path: format!("{}{number}", self.path),
            ..self.clone()
        };
        (0..count).map(numbered).collect()
    }
}

/// A core module with nothing but a `dylink.0` section.
fn library(needed: &[String]) -> Vec<u8> {
    let name = |name: &str| [&[one(name.len())], name.as_bytes()].concat();
    // The memory and the table that it wants: none.
    let mut subsections = vec![1, 4, 0, 0, 0, 0];
    if !needed.is_empty() {
        let mut names = vec![one(needed.len())];
        names.extend(needed.iter().flat_map(|needed| name(needed)));
        subsections.extend([2, one(names.len())]);
        subsections.extend(names);
    }
    let section = [name("dylink.0"), subsections].concat();
    [b"\0asm\x01\0\0\0\0", &[one(section.len())][..], &section].concat()
}

/// The files of metadata of a wheel; RECORD is made to fit all other entries.
pub(crate) fn metadata(name: &str, version: &str, tags: &[&str], files: &[Entry]) -> Vec<Entry> {
    let directory = format!("{name}-{version}.dist-info");
    let tags: String = tags.iter().flat_map(|tag| ["Tag: ", tag, "\n"]).collect();
    let mut entries = vec![
        Entry::text(
            &format!("{directory}/METADATA"),
            &format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nA package.\n"),
        ),
        Entry::text(
            &format!("{directory}/WHEEL"),
            &format!("Wheel-Version: 1.0\nRoot-Is-Purelib: false\n{tags}"),
        ),
    ];
    // A test that brings a file of its own replaces the usual one.
    entries.retain(|entry| files.iter().all(|file| file.path != entry.path));
    let record = format!("{directory}/RECORD");
    if files.iter().all(|file| file.path != record) {
        let lines: String = files
            .iter()
            .flat_map(Entry::each)
            .chain(entries.iter().cloned())
            .filter(|entry| !entry.path.ends_with('/'))
            .filter_map(|entry| {
                let bytes = entry.bytes();
                let said = entry.record.unwrap_or_else(|| {
                    format!("sha256={},{}", Digest::of(&bytes).to_base64(), bytes.len())
                });
                (!said.is_empty()).then(|| format!("{},{said}\n", entry.path))
            })
            .collect();
        entries.push(Entry::text(&record, &format!("{lines}{record},,\n")));
    }
    entries
}

/// What is said if a test is not small.
const SMALL: &str = "what tests need is small";

fn one(number: impl TryInto<u8, Error: std::fmt::Debug>) -> u8 {
    number.try_into().expect(SMALL)
}

fn two(number: usize) -> [u8; 2] {
    u16::try_from(number).expect(SMALL).to_le_bytes()
}

fn four(number: usize) -> [u8; 4] {
    u32::try_from(number).expect(SMALL).to_le_bytes()
}

fn eight(number: usize) -> [u8; 8] {
    (number as u64).to_le_bytes()
}

/// A zip archive.
pub(crate) fn zip(entries: &[Entry]) -> Vec<u8> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    let mut count = 0;
    for entry in entries.iter().flat_map(Entry::each) {
        let bytes = entry.bytes();
        let mut checksum = flate2::Crc::new();
        checksum.update(&bytes);
        let (method, data) = if entry.deflate {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&bytes).expect("to memory");
            (8, encoder.finish().expect("to memory"))
        } else {
            (0, bytes.clone())
        };
        let flags = u16::from(entry.encrypted);
        let mut common = Vec::new();
        common.extend(20_u16.to_le_bytes());
        common.extend(flags.to_le_bytes());
        common.extend(entry.method.unwrap_or(method).to_le_bytes());
        // The first moment that a zip archive can name.
        common.extend([0, 0, 0x21, 0]);
        common.extend(entry.checksum.unwrap_or(checksum.sum()).to_le_bytes());
        common.extend(four(data.len()));
        common.extend(entry.size.map_or(four(bytes.len()), u32::to_le_bytes));

        let offset = four(archive.len());
        let local = entry.local_path.as_ref().unwrap_or(&entry.path);
        archive.extend(b"PK\x03\x04");
        archive.extend(&common);
        archive.extend(two(local.len()));
        archive.extend([0, 0]);
        archive.extend(local.bytes());
        archive.extend(&data);

        directory.extend(b"PK\x01\x02");
        // Made by a Unix system.
        directory.extend([20, 3]);
        directory.extend(&common);
        directory.extend(two(entry.path.len()));
        directory.extend([0; 8]);
        directory.extend((entry.mode.unwrap_or_default() << 16).to_le_bytes());
        directory.extend(offset);
        directory.extend(entry.path.bytes());
        count += 1;
    }
    let start = archive.len();
    archive.extend(&directory);
    if count >= 0xffff {
        let end = eight(archive.len());
        archive.extend(b"PK\x06\x06");
        archive.extend(44_u64.to_le_bytes());
        archive.extend([45, 3, 45, 0]);
        archive.extend([0; 8]);
        archive.extend(eight(count));
        archive.extend(eight(count));
        archive.extend(eight(directory.len()));
        archive.extend(eight(start));
        archive.extend(b"PK\x06\x07\0\0\0\0");
        archive.extend(end);
        archive.extend(1_u32.to_le_bytes());
    }
    let count = two(count.min(0xffff));
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(count);
    archive.extend(count);
    archive.extend(four(directory.len()));
    archive.extend(four(start));
    archive.extend([0, 0]);
    archive
}

/// A `.tar.gz`, stored rather than compressed unless an entry asks for it, so that its bytes are
/// the same whatever compresses.
pub(crate) fn tar_gz(entries: &[Entry]) -> Vec<u8> {
    let deflate = entries.iter().any(|entry| entry.deflate);
    let level = if deflate { 9 } else { 0 };
    gzip(&tar(entries), level)
}

/// Bytes in gzip's format.
pub(crate) fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(bytes).expect("to memory");
    encoder.finish().expect("to memory")
}

/// A tar archive.
pub(crate) fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut archive = Vec::new();
    for entry in entries.iter().flat_map(Entry::each) {
        let bytes = entry.bytes();
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..entry.path.len()].copy_from_slice(entry.path.as_bytes());
        if let Some(link) = &entry.link {
            header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        }
        header.set_mode(0o644);
        header.set_mtime(1_700_000_000);
        header.set_size(entry.size.map_or(bytes.len() as u64, u64::from));
        let default = if entry.path.ends_with('/') {
            b'5'
        } else {
            b'0'
        };
        let kind = entry.tar_kind.as_ref().and_then(|kind| kind.bytes().next());
        header.set_entry_type(tar::EntryType::new(kind.unwrap_or(default)));
        header.set_cksum();
        archive.extend(header.as_bytes());
        archive.extend(&bytes);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.extend([0; 1024]);
    archive
}

/// A good wheel: `demo` 1.0 with a module and two libraries.
pub(crate) fn good_wheel() -> (String, Vec<u8>) {
    let mut entries = vec![
        Entry::text("demo/__init__.py", "answer = 42\n"),
        Entry::library("demo/a.cpython-314-wasm32-wasi.so", &["libz.so", "libc.so"]),
        Entry::library("demo/libz.so", &[]),
    ];
    entries.extend(metadata("demo", "1.0", &[TAG], &entries));
    (format!("demo-1.0-{TAG}.whl"), zip(&entries))
}

/// The lock of a wheel of `demo` 1.0.
pub(crate) fn lock(file: &str, bytes: &[u8]) -> toml::Table {
    let strings = |texts: &[&str]| {
        let texts = texts.iter().map(|&text| toml::Value::from(text));
        toml::Value::Array(texts.collect())
    };
    toml::Table::from_iter([
        ("name".to_owned(), "demo".into()),
        ("version".to_owned(), "1.0".into()),
        ("abi".to_owned(), eryx_extension::ABI.into()),
        ("tags".to_owned(), strings(&[TAG])),
        ("file".to_owned(), file.into()),
        (
            "size".to_owned(),
            i64::try_from(bytes.len()).expect(SMALL).into(),
        ),
        ("sha256".to_owned(), Digest::of(bytes).to_string().into()),
        ("preimport".to_owned(), strings(&["demo"])),
    ])
}

/// The text of a `wheel.lock` around a table `[wheel]`.
pub(crate) fn document(wheel: toml::Table) -> String {
    let table = toml::Table::from_iter([
        ("version".to_owned(), 1.into()),
        ("wheel".to_owned(), wheel.into()),
    ]);
    table.to_string()
}
