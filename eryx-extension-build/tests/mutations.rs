//! No bytes make the steps from archive to package panic or hang.
//!
//! A good archive is damaged in a few hundred ways, always the same: bits flipped, bytes replaced,
//! ranges copied over others, the end cut off. `ERYX_MUTATIONS` sets another number of ways.

mod support;

use std::path::Path;

use eryx_extension_build::lock::{self, Wheel};
use eryx_extension_build::prepare;
use support::Entry;

/// Numbers that look random and are the same every time: `SplitMix64`, by Steele, Lea and Flood.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or_default()
    }
}

fn damage(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    for _ in 0..=numbers.below(4) {
        let place = numbers.below(bytes.len());
        let length = numbers.below(16).min(bytes.len() - place);
        match numbers.below(8) {
            0 => bytes.truncate(place),
            1 => bytes[place..place + length].fill(0xff),
            2 => bytes[place..place + length].fill(0),
            3 => {
                let to = numbers.below(bytes.len() - length);
                bytes.copy_within(place..place + length, to);
            }
            4 => drop(bytes.drain(place..place + length)),
            _ => {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << numbers.below(8);
                }
            }
        }
    }
}

/// How many ways there are.
fn ways() -> usize {
    let ways = std::env::var("ERYX_MUTATIONS").ok();
    ways.and_then(|ways| ways.parse().ok()).unwrap_or(400)
}

fn wheel(file: &str) -> Wheel {
    let text = support::document(support::lock(file, b"size and digest do not matter here"));
    lock::parse(Path::new("wheel.lock"), &text).expect("a good lock")
}

/// Damages `good`, and lets `wrap` make an archive of what is left.
fn damaged(file: &str, good: &[u8], wrap: impl Fn(Vec<u8>) -> Vec<u8>) {
    let wheel = wheel(file);
    prepare(&wheel, &wrap(good.to_vec())).expect("a good archive");
    let mut numbers = Numbers(1);
    for _ in 0..ways() {
        let mut bytes = good.to_vec();
        damage(&mut bytes, &mut numbers);
        // Any answer will do.
        let _ = prepare(&wheel, &wrap(bytes));
    }
}

fn files() -> Vec<Entry> {
    vec![
        Entry {
            deflate: true,
            ..Entry::text("demo/__init__.py", &"answer = 42\n".repeat(20))
        },
        Entry::library("demo/a.cpython-314-wasm32-wasi.so", &["libz.so"]),
        Entry::library("demo/libz.so", &[]),
    ]
}

fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    bytes.iter().flat_map(digits).flatten().collect()
}

const TREE: &str = "demo-wasi.tar.gz";

#[test]
fn damaged_wheels() {
    let mut entries = files();
    entries.extend(support::metadata("demo", "1.0", &[support::TAG], &entries));
    let file = format!("demo-1.0-{}.whl", support::TAG);
    damaged(&file, &support::zip(&entries), |bytes| bytes);
}

#[test]
fn damaged_gzip() {
    damaged(TREE, &support::tar_gz(&files()), |bytes| bytes);
}

#[test]
fn damaged_tar() {
    let tar = support::tar(&files());
    damaged(TREE, &tar, |bytes| support::gzip(&bytes, 0));
}

#[test]
fn damaged_libraries() {
    let library = Entry::library("a.so", &["libz.so", "libc.so"]).bytes();
    damaged(TREE, &library, |bytes| {
        let entry = Entry {
            path: "demo/a.so".to_owned(),
            hex: Some(hex(&bytes)),
            ..Entry::default()
        };
        support::tar_gz(&[entry])
    });
}

/// Each file of metadata, in a wheel that is otherwise whole.
#[test]
fn damaged_metadata() {
    let good = support::metadata("demo", "1.0", &[support::TAG], &files());
    let file = format!("demo-1.0-{}.whl", support::TAG);
    for damaged_entry in &good {
        damaged(&file, &damaged_entry.bytes(), |bytes| {
            let entry = Entry {
                path: damaged_entry.path.clone(),
                hex: Some(hex(&bytes)),
                ..Entry::default()
            };
            let mut entries = files();
            entries.push(entry);
            entries.extend(support::metadata("demo", "1.0", &[support::TAG], &entries));
            support::zip(&entries)
        });
    }
}

#[test]
fn damaged_locks() {
    let (file, bytes) = support::good_wheel();
    let good = support::document(support::lock(&file, &bytes));
    let mut numbers = Numbers(1);
    for _ in 0..ways() {
        let mut bytes = good.clone().into_bytes();
        damage(&mut bytes, &mut numbers);
        let _ = lock::parse(Path::new("wheel.lock"), &String::from_utf8_lossy(&bytes));
    }
}
