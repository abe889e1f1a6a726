//! Random programs do the same as a component and fused: what their functions give, whether they trap,
//! and what is in their data in the end.

use std::thread;

use super::component::Component;
use super::libraries::Libraries;
use super::program::{Program, WORDS};
use super::random::Random;
use super::run::{Answer, AsComponent, AsModules};
use crate::module::layout::Value;

/// How many programs are tried; each has its number as its seed.
const COUNT: u64 = 200;
/// How many calls are made of each.
const CALLS: usize = 40;

#[test]
fn random_programs() {
    let run_all = |first: u64| {
        let seeds = (first..COUNT).step_by(2);
        seeds
            .map(run)
            .fold((0, 0), |one, other| (one.0 + other.0, one.1 + other.1))
    };
    let (calls, traps) = thread::scope(|scope| {
        let one = scope.spawn(|| run_all(0));
        let (calls, traps) = run_all(1);
        let other = one.join().expect("no panic");
        (calls + other.0, traps + other.1)
    });
    // Were there none, or many, these programs would test little.
    assert!(
        traps > 0 && traps < calls / 4,
        "{traps} of {calls} calls trap"
    );
}

/// How many calls of a program were made, and how many of them trapped.
fn run(seed: u64) -> (usize, usize) {
    let mut random = Random(seed);
    let program = Program::new(&mut random);
    let libraries = program.libraries(&mut random);
    let component = libraries.link();
    let component = component.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let fused = libraries.fuse(&component);
    let fused = fused.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    assert!(
        base_alone(&libraries) == fused.base,
        "seed {seed}: the base is another one alone"
    );

    let mut result = || -> wasmtime::Result<(usize, usize)> {
        let component = Component::new(&component)?;
        let linked = AsModules::load(&fused)?;
        let begin = || match (
            AsComponent::begin(&component),
            AsModules::begin(&linked, &fused.start),
        ) {
            (Ok(one), Ok(other)) => Some((one, other)),
            (Err(_), Err(_)) => None,
            (one, other) => panic!("seed {seed}: begins {}, {}", one.is_ok(), other.is_ok()),
        };
        let Some((mut one, mut other)) = begin() else {
            return Ok((1, 1));
        };
        let mut traps = 0;
        for _ in 0..CALLS {
            if random.once_in(20) {
                other = other.copy()?;
            }
            let which = number(random.below(program.entries()));
            let arguments = [which, number(random.below(1000))];
            let (of_one, of_other) = (one.call("run", &arguments), other.call("run", &arguments));
            assert!(
                is_same(&of_one, &of_other),
                "seed {seed}: run{arguments:?} gives {of_one:?}, and then {of_other:?}"
            );
            if of_one.is_err() {
                traps += 1;
                let Some(again) = begin() else {
                    break;
                };
                (one, other) = again;
            }
        }
        for library in 0..program.all {
            for word in 0..WORDS {
                let arguments = [number(library), number(word)];
                let (of_one, of_other) = (
                    one.call("peek", &arguments)?,
                    other.call("peek", &arguments)?,
                );
                assert_eq!(
                    of_one, of_other,
                    "seed {seed}: number {word} of library {library}"
                );
            }
        }
        Ok((CALLS, traps))
    };
    result().unwrap_or_else(|error| panic!("seed {seed}: {error:#}"))
}

/// The base's module when nothing is linked to it.
fn base_alone(libraries: &Libraries) -> Vec<u8> {
    let component = libraries.link_base().expect("the base can be linked");
    libraries
        .fuse(&component)
        .expect("the base can be fused")
        .base
}

fn is_same(one: &Answer, other: &Answer) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => one == other,
        (Err(_), Err(_)) => true,
        _ => false,
    }
}

fn number(number: usize) -> Value {
    Value::I32(i32::try_from(number).expect("it is small"))
}
