//! The snippets that run in the sandbox and natively: small programs whose function `run` does the work
//! and returns a result to compare.

/// A group of snippets that need the same packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Python,
    Numpy,
}

pub(crate) struct Snippet {
    pub(crate) name: &'static str,
    source: &'static str,
}

impl Group {
    pub(crate) const ALL: [Self; 2] = [Self::Python, Self::Numpy];

    pub(crate) fn snippets(self) -> &'static [Snippet] {
        match self {
            Self::Python => PYTHON,
            Self::Numpy => NUMPY,
        }
    }
}

impl Snippet {
    /// Returns a program that runs the snippet `repeats` times and prints the time of each run.
    pub(crate) fn program(&self, repeats: usize) -> String {
        let timer = include_str!("timer.py");
        format!("{}\n{timer}\n_measure({repeats})\n", self.source)
    }
}

macro_rules! snippets {
    ($($name:literal)*) => {
        &[$(Snippet {
            name: $name,
            source: include_str!(concat!("../snippets/", $name, ".py")),
        }),*]
    };
}

const PYTHON: &[Snippet] = snippets![
    "cpu_bigint" "cpu_fib" "cpu_hash" "cpu_json" "cpu_nbody" "cpu_objects" "cpu_re" "cpu_str"
];

const NUMPY: &[Snippet] = snippets![
    "np_elementwise" "np_fft" "np_inv" "np_matmul" "np_normal" "np_sin" "np_smallops" "np_sort"
    "np_sum"
];
