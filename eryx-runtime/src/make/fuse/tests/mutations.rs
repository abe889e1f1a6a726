//! Linked components with some bytes changed: fusing them is an error, or gives modules. It never
//! panics, and what it makes of a component that is valid is valid as well.
//!
//! What is changed follows from a fixed seed, so that each run of this test is the same.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::Module;

use super::libraries::Libraries;
use super::program::Program;
use super::random::Random;
use super::run::engine;

/// How many programs are made, and how many changes of each are tried: of the component, and of one
/// library before it is linked.
const PROGRAMS: u64 = 12;
const OF_COMPONENT: u64 = 60;
const OF_LIBRARY: u64 = 20;

#[test]
fn changed_components() {
    let (mut all, mut fused) = (0, 0);
    for seed in 0..PROGRAMS {
        let mut random = Random(seed);
        let program = Program::new(&mut random);
        let libraries = program.libraries(&mut random);
        let component = libraries.link().expect("it can be linked");
        for change in 0..OF_COMPONENT {
            let mut random = Random(seed << 32 | change);
            let changed = changed(&component, &mut random);
            all += 1;
            fused += u32::from(is_fused(&libraries, &changed, seed, change));
        }
    }
    // Were it none or all, the changes would test little.
    assert!(
        fused > all / 20 && fused < all,
        "{fused} of {all} were fused"
    );
}

#[test]
fn changed_libraries() {
    let (mut all, mut fused) = (0, 0);
    for seed in 0..PROGRAMS {
        let mut random = Random(seed);
        let program = Program::new(&mut random);
        for change in 0..OF_LIBRARY {
            let mut random = Random(seed << 32 | change);
            let mut libraries = program.libraries(&mut random);
            let which = random.below(program.all);
            let mut every = libraries.base.iter_mut().chain(&mut libraries.extensions);
            let (_, library) = every.nth(which).expect("there are as many");
            *library = changed(library, &mut random);
            // Most do not get as far; that the linker says so is not what is tested here.
            let Ok(component) = libraries.link() else {
                continue;
            };
            all += 1;
            fused += u32::from(is_fused(&libraries, &component, seed, change));
        }
    }
    assert!(fused > all / 4, "{fused} of {all} were fused");
}

/// Whether a component can be fused.
fn is_fused(libraries: &Libraries, component: &[u8], seed: u64, change: u64) -> bool {
    let at = format!("program {seed}, change {change}");
    let fused = catch_unwind(AssertUnwindSafe(|| libraries.fuse(component)));
    let Ok(fused) = fused.unwrap_or_else(|_| panic!("{at}: a panic")) else {
        return false;
    };
    if wasmparser::validate(component).is_err() {
        return true;
    }
    for module in [Some(&fused.base), fused.extensions.as_ref()] {
        let valid = module.map(|module| Module::validate(&engine()?, module));
        if let Some(Err(error)) = valid {
            panic!("{at}: {error:#}");
        }
    }
    true
}

/// Bytes with one to four changes.
fn changed(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(4) {
        // What is before that is no concern of fusing.
        let place = random.within(8..=bytes.len() - 1);
        match random.below(8) {
            0 | 1 => bytes[place] ^= 1 << random.below(8),
            2 => bytes[place] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            3 | 4 => bytes[place] = bytes[place].wrapping_add(1),
            5 => bytes[place] = bytes[random.below(bytes.len())],
            6 => drop(bytes.remove(place)),
            _ => bytes.insert(place, bytes[random.below(bytes.len())]),
        }
    }
    bytes
}
