//! Mutated components: fusing one must return an error or modules, never panic. If the component is
//! valid, the modules must be valid.
//!
//! The mutations follow from fixed seeds, so each run of this test is the same.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::Module;

use super::libraries::Libraries;
use super::program::Program;
use super::random::Random;
use super::run::engine;

/// The number of programs, and the number of mutations of each: of the linked component, and of one
/// library before linking.
const PROGRAMS: u64 = 12;
const COMPONENT_MUTATIONS: u64 = 60;
const LIBRARY_MUTATIONS: u64 = 20;

#[test]
fn mutated_components() {
    let (mut all, mut fused) = (0, 0);
    for seed in 0..PROGRAMS {
        let mut random = Random(seed);
        let program = Program::new(&mut random);
        let libraries = program.libraries(&mut random);
        let component = libraries.link().expect("the program links");
        for mutation in 0..COMPONENT_MUTATIONS {
            let mut random = Random(seed << 32 | mutation);
            let mutated = mutate(&component, &mut random);
            all += 1;
            fused += u32::from(can_fuse(&libraries, &mutated, seed, mutation));
        }
    }
    // If none or all were fused, the mutations would test little.
    assert!(
        fused > all / 20 && fused < all,
        "{fused} of {all} were fused"
    );
}

#[test]
fn mutated_libraries() {
    let (mut all, mut fused) = (0, 0);
    for seed in 0..PROGRAMS {
        let mut random = Random(seed);
        let program = Program::new(&mut random);
        for mutation in 0..LIBRARY_MUTATIONS {
            let mut random = Random(seed << 32 | mutation);
            let mut libraries = program.libraries(&mut random);
            let which = random.below(program.all);
            let mut every = libraries.base.iter_mut().chain(&mut libraries.extensions);
            let (_, library) = every.nth(which).expect("the program has that many");
            *library = mutate(library, &mut random);
            // The linker refuses most; this test is about the others.
            let Ok(component) = libraries.link() else {
                continue;
            };
            all += 1;
            fused += u32::from(can_fuse(&libraries, &component, seed, mutation));
        }
    }
    assert!(fused > all / 4, "{fused} of {all} were fused");
}

/// Returns whether a component can be fused, and checks the modules if so.
fn can_fuse(libraries: &Libraries, component: &[u8], seed: u64, mutation: u64) -> bool {
    let at = format!("program {seed}, mutation {mutation}");
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

/// Returns bytes with one to four mutations.
fn mutate(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(4) {
        // The header is the parser's concern, not that of fuse.
        let offset = random.within(8..=bytes.len() - 1);
        match random.below(8) {
            0 | 1 => bytes[offset] ^= 1 << random.below(8),
            2 => bytes[offset] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            3 | 4 => bytes[offset] = bytes[offset].wrapping_add(1),
            5 => bytes[offset] = bytes[random.below(bytes.len())],
            6 => drop(bytes.remove(offset)),
            _ => bytes.insert(offset, bytes[random.below(bytes.len())]),
        }
    }
    bytes
}
