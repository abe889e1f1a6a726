//! Random programs: what libraries there are, and what functions these have.
//!
//! All functions can call each other, by import, by address, or through what others have left in the
//! mailbox, so calls go round in circles. They end because each takes of the fuel that the guest gives
//! at the beginning, and does nothing when it is used up.

use super::libraries::Libraries;
use super::library::Library;
use super::random::Random;

use Number::{F64, I32, I64};

/// A type of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    I32,
    I64,
    F64,
}

impl Number {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F64 => "f64",
        }
    }
}

/// The types of functions: parameters and results.
pub(super) const TYPES: [(&[Number], &[Number]); 5] = [
    (&[], &[I32]),
    (&[I32, I32], &[I32]),
    (&[I64], &[I64]),
    (&[I32, F64], &[F64]),
    (&[I32], &[I32, I32]),
];

/// How many numbers each library has in its data. Behind them are addresses of functions.
pub(super) const WORDS: usize = 16;
/// A function.
#[derive(Clone)]
pub(super) struct Function {
    pub(super) name: String,
    /// Its place in [`TYPES`].
    pub(super) of_type: usize,
    pub(super) library: usize,
    /// Whether other libraries can name it.
    pub(super) is_exported: bool,
}

/// What there is before any code is written.
pub(super) struct Program {
    /// How many libraries are the base, and how many there are.
    pub(super) base: usize,
    pub(super) all: usize,
    pub(super) functions: Vec<Function>,
    /// What the first library is called: extensions call what is in `libc.so` in another way.
    first: &'static str,
}

impl Program {
    pub(super) fn new(random: &mut Random) -> Self {
        let base = random.within(1..=3);
        let all = base + random.below(4);
        let mut functions = Vec::new();
        for library in 0..all {
            for index in 0..random.within(2..=6) {
                functions.push(Function {
                    name: format!("f{library}_{index}"),
                    // The first library has one of each type at least.
                    of_type: if library == 0 && index < TYPES.len() {
                        index
                    } else {
                        random.below(TYPES.len())
                    },
                    library,
                    is_exported: !random.once_in(4),
                });
            }
        }
        for of_type in 0..TYPES.len() {
            if !functions
                .iter()
                .any(|it| it.library == 0 && it.of_type == of_type)
            {
                functions.push(Function {
                    name: format!("more{of_type}"),
                    of_type,
                    library: 0,
                    is_exported: true,
                });
            }
        }
        Self {
            base,
            all,
            functions,
            first: ["libc.so", "lib0.so"][random.below(2)],
        }
    }

    pub(super) fn libraries(&self, random: &mut Random) -> Libraries {
        let mut libraries = Libraries::default();
        for library in 0..self.all {
            let text = Library::new(self, library, random).text(random);
            let bytes = wat::parse_str(&text);
            let bytes = bytes.unwrap_or_else(|error| panic!("{error}\n{text}"));
            let into = if library < self.base {
                &mut libraries.base
            } else {
                &mut libraries.extensions
            };
            into.push((self.name(library), bytes));
        }
        libraries.lift();
        libraries
    }

    /// What a library is called.
    pub(super) fn name(&self, library: usize) -> String {
        match library {
            0 => self.first.to_owned(),
            library => format!("lib{library}.so"),
        }
    }

    /// How many things the guest can be asked to call.
    pub(super) fn entries(&self) -> usize {
        self.entry_functions().count() + TYPES.len()
    }

    /// The functions that the guest calls when it is asked to.
    pub(super) fn entry_functions(&self) -> impl Iterator<Item = &Function> {
        let functions = self.functions.iter();
        functions.filter(|it| it.library < self.base && self.can_see(self.base - 1, it))
    }

    /// Whether a library can name a function.
    pub(super) fn can_see(&self, library: usize, function: &Function) -> bool {
        let is_base = library < self.base;
        function.library == library
            || function.is_exported && (!is_base || function.library < self.base)
    }
}
