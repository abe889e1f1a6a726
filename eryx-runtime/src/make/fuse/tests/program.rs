//! Random programs: their libraries, and the functions of each.
//!
//! All functions can call each other: by import, by address, or by an address that another library left
//! in the mailbox. So calls can recurse without end. To stop them, every call consumes one unit of the
//! fuel that the guest provides, and a function does nothing when none is left.

use super::libraries::Libraries;
use super::library::Library;
use super::random::Random;

use Number::{F64, I32, I64};

/// A number type.
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

/// The function types: parameters and results.
pub(super) const TYPES: [(&[Number], &[Number]); 5] = [
    (&[], &[I32]),
    (&[I32, I32], &[I32]),
    (&[I64], &[I64]),
    (&[I32, F64], &[F64]),
    (&[I32], &[I32, I32]),
];

/// The number of words in each library's data. Addresses of functions follow them.
pub(super) const WORDS: usize = 16;

/// A function.
#[derive(Clone)]
pub(super) struct Function {
    pub(super) name: String,
    /// Its index in [`TYPES`].
    pub(super) ty: usize,
    pub(super) library: usize,
    /// Whether other libraries can import it.
    pub(super) is_exported: bool,
}

/// A program before any code is generated.
pub(super) struct Program {
    /// The number of base libraries, and of all libraries.
    pub(super) base: usize,
    pub(super) all: usize,
    pub(super) functions: Vec<Function>,
    /// The name of the first library. Extensions call the functions of `libc.so` in their own way.
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
                    // The first library has at least one function of each type.
                    ty: if library == 0 && index < TYPES.len() {
                        index
                    } else {
                        random.below(TYPES.len())
                    },
                    library,
                    is_exported: !random.once_in(4),
                });
            }
        }
        for ty in 0..TYPES.len() {
            let mut others = functions.iter();
            if !others.any(|it: &Function| it.library == 0 && it.ty == ty) {
                functions.push(Function {
                    name: format!("more{ty}"),
                    ty,
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

    /// Generates the code of all libraries.
    pub(super) fn libraries(&self, random: &mut Random) -> Libraries {
        let mut libraries = Libraries::default();
        for library in 0..self.all {
            let text = Library::new(self, library, random).text(random);
            let bytes = wat::parse_str(&text);
            let bytes = bytes.unwrap_or_else(|error| panic!("{error}\n{text}"));
            let list = if library < self.base {
                &mut libraries.base
            } else {
                &mut libraries.extensions
            };
            list.push((self.name(library), bytes));
        }
        libraries.lift();
        libraries
    }

    /// Returns the name of a library.
    pub(super) fn name(&self, library: usize) -> String {
        match library {
            0 => self.first.to_owned(),
            library => format!("lib{library}.so"),
        }
    }

    /// Returns how many calls the guest's `run` can select.
    pub(super) fn entries(&self) -> usize {
        self.entry_functions().count() + TYPES.len()
    }

    /// Returns the functions that the guest's `run` can call by name.
    pub(super) fn entry_functions(&self) -> impl Iterator<Item = &Function> {
        let functions = self.functions.iter();
        functions.filter(|it| it.library < self.base && self.can_see(self.base - 1, it))
    }

    /// Returns whether a library can refer to a function by name.
    pub(super) fn can_see(&self, library: usize, function: &Function) -> bool {
        let is_base = library < self.base;
        function.library == library
            || function.is_exported && (!is_base || function.library < self.base)
    }
}
