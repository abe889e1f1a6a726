//! Mutations of a valid library: each must link or be an error, never a panic.
//!
//! The mutations follow from fixed seeds, so each run of this test is the same.

mod support;

use std::io::Read as _;
use std::ops::Range;
use std::thread;

use eryx_runtime::{ImageError, Recipe};
use flate2::bufread::DeflateDecoder;

/// The number of mutated libraries. For each, the base is read again.
const COUNT: u64 = 240;

#[test]
fn mutated_libraries() {
    let library = &eryx_ext_tiny::EXTENSION.libraries[0];
    let mut bytes = Vec::new();
    let read = DeflateDecoder::new(library.deflate).read_to_end(&mut bytes);
    assert_eq!(read.expect("it is one stream") as u64, library.size);
    let try_all = |seeds: Range<u64>| {
        seeds
            .filter(|seed| links(mutate(&bytes, *seed), *seed))
            .count()
    };
    let linked = thread::scope(|scope| {
        let first = scope.spawn(|| try_all(0..COUNT / 2));
        let second = try_all(COUNT / 2..COUNT);
        first.join().expect("no panic") + second
    });
    // If none or all linked, the mutations would test little.
    assert!(
        linked > 0 && (linked as u64) < COUNT,
        "{linked} of {COUNT} linked"
    );
}

/// Returns whether a library links. If not, the error must be about the library.
fn links(library: Vec<u8>, seed: u64) -> bool {
    let path = "tiny/_native.cpython-314-wasm32-wasi.so";
    let mut recipe = Recipe::default();
    recipe
        .add_library(path, library)
        .expect("nothing is wrong with the path");
    match support::link_only(&recipe) {
        Ok(()) => true,
        Err(ImageError::Library { .. }) => false,
        Err(error) => panic!("seed {seed}: {}", support::chain(&error)),
    }
}

/// Returns bytes with one to four mutations.
fn mutate(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(3) {
        // The header has cases of its own.
        let offset = random.below(bytes.len()).max(8);
        match random.below(6) {
            0 => bytes[offset] ^= 1 << random.below(8),
            1 => bytes[offset] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            2 => bytes[offset] = bytes[offset].wrapping_add(1),
            3 => drop(bytes.remove(offset)),
            4 => bytes.insert(offset, bytes[random.below(bytes.len())]),
            _ => bytes.truncate(offset + 1),
        }
    }
    bytes
}

/// The generator `SplitMix64` (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % limit as u64).unwrap_or_default()
    }
}
