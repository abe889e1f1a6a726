//! Random programs, run as a component and as fused modules: their functions must return the same, trap
//! in the same calls, and leave the same data.

use std::thread;

use super::component::Component;
use super::libraries::Libraries;
use super::program::{Program, WORDS};
use super::random::Random;
use super::run::{AsComponent, AsModules, CallResult};
use crate::module::layout::Value;

/// The number of programs; the seeds count from 0.
const COUNT: u64 = 200;
/// The number of calls in each program.
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
    // If no call trapped, or most did, the programs would test little.
    assert!(
        traps > 0 && traps < calls / 4,
        "{traps} of {calls} calls trap"
    );
}

/// Runs a program. Returns how many calls were made, and how many of them trapped.
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
        "seed {seed}: the base's module differs without the extensions"
    );

    let mut result = || -> wasmtime::Result<(usize, usize)> {
        let component = Component::new(&component)?;
        let linked = AsModules::load(&fused)?;
        let begin = || match (
            AsComponent::begin(&component),
            AsModules::begin(&linked, &fused.start),
        ) {
            (Ok(component), Ok(modules)) => Some((component, modules)),
            (Err(_), Err(_)) => None,
            (component, modules) => panic!(
                "seed {seed}: instantiation succeeds for the component: {}, the modules: {}",
                component.is_ok(),
                modules.is_ok()
            ),
        };
        let Some((mut as_component, mut as_modules)) = begin() else {
            return Ok((1, 1));
        };
        let mut traps = 0;
        for _ in 0..CALLS {
            if random.once_in(20) {
                as_modules = as_modules.copy()?;
            }
            let which = number(random.below(program.entries()));
            let arguments = [which, number(random.below(1000))];
            let of_component = as_component.call("run", &arguments);
            let of_modules = as_modules.call("run", &arguments);
            assert!(
                is_same(&of_component, &of_modules),
                "seed {seed}: run{arguments:?} returns {of_component:?}, fused {of_modules:?}"
            );
            if of_component.is_err() {
                traps += 1;
                let Some(fresh) = begin() else {
                    break;
                };
                (as_component, as_modules) = fresh;
            }
        }
        for library in 0..program.all {
            for word in 0..WORDS {
                let arguments = [number(library), number(word)];
                let of_component = as_component.call("peek", &arguments)?;
                let of_modules = as_modules.call("peek", &arguments)?;
                assert_eq!(
                    of_component, of_modules,
                    "seed {seed}: word {word} of library {library}"
                );
            }
        }
        Ok((CALLS, traps))
    };
    result().unwrap_or_else(|error| panic!("seed {seed}: {error:#}"))
}

/// Returns the base's module without extensions.
fn base_alone(libraries: &Libraries) -> Vec<u8> {
    let component = libraries.link_base().expect("the base can be linked");
    libraries
        .fuse(&component)
        .expect("the base can be fused")
        .base
}

fn is_same(one: &CallResult, other: &CallResult) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => one == other,
        (Err(_), Err(_)) => true,
        _ => false,
    }
}

fn number(number: usize) -> Value {
    Value::I32(i32::try_from(number).expect("it is small"))
}
