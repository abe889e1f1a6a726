//! Random libraries in the text format.

use std::fmt::Write as _;

use super::bodies::Body;
use super::program::Number::{self, F64, I32, I64};
use super::program::{Function, Program, TYPES, WORDS};
use super::random::Random;

/// Appends a line to a string, which cannot fail.
macro_rules! put {
    ($text:expr, $($line:tt)*) => {
        let _ = writeln!($text, $($line)*);
    };
}

/// The offsets in the first library's data, behind its words and addresses: the mailbox, with one
/// function address of each type that all libraries may overwrite; the addresses of the extensions'
/// data; the fuel; and the size of the data.
const MAILBOX: usize = 128;
const EXTENSION_DATA: usize = 160;
const FUEL: usize = 192;
const SIZE: usize = 256;

/// A library to generate.
pub(super) struct Library<'p> {
    pub(super) program: &'p Program,
    pub(super) number: usize,
    /// The functions that it calls by name: defined or imported.
    pub(super) callable: Vec<Function>,
    /// The functions whose addresses are in its data.
    pub(super) addresses: Vec<Function>,
    /// The libraries whose data it imports.
    pub(super) data: Vec<usize>,
    /// Whether it imports a weak function that no library defines.
    pub(super) has_weak: bool,
}

impl<'p> Library<'p> {
    pub(super) fn new(program: &'p Program, number: usize, random: &mut Random) -> Self {
        let functions = program.functions.iter();
        let visible = functions.filter(|it| program.can_see(number, it));
        let visible: Vec<Function> = visible.cloned().collect();
        let is_own = |it: &Function| it.library == number;
        let (is_guest, reach) = (number == program.base - 1, random.within(1..=3));
        let mut addresses: Vec<Function> = (0..random.within(1..=8))
            .filter_map(|_| random.choose(&visible).cloned())
            .collect();
        if number == 0 {
            // The first contents of the mailbox, in the order of the types.
            let with_type = |ty| visible.iter().find(move |it| is_own(it) && it.ty == ty);
            addresses.splice(..0, (0..TYPES.len()).filter_map(with_type).cloned());
        }
        let callable = visible.into_iter();
        let callable = callable.filter(|it| {
            is_own(it) || is_guest && it.library < program.base || random.once_in(reach)
        });
        let callable = callable.collect();
        let limit = if number < program.base {
            program.base
        } else {
            program.all
        };
        Self {
            program,
            number,
            callable,
            addresses,
            data: (0..limit).filter(|_| random.once_in(2)).collect(),
            has_weak: random.once_in(3),
        }
    }

    fn is_own(&self, function: &Function) -> bool {
        function.library == self.number
    }

    /// Returns the functions that it defines, in the order of its part of the table.
    fn defined(&self) -> impl Iterator<Item = &Function> {
        self.callable.iter().filter(|it| self.is_own(it))
    }

    /// Generates the library.
    pub(super) fn text(&self, random: &mut Random) -> String {
        let number = self.number;
        let mut text = self.head(random);
        for function in self.defined() {
            let body = Body::new(self, function.ty, random).function();
            let export = if function.is_exported {
                format!("(export \"{}\") ", function.name)
            } else {
                String::new()
            };
            let name = &function.name;
            put!(
                text,
                "(func ${name} {export}(type $t{}) {body})",
                function.ty
            );
        }
        // Random words, and an export of their address.
        let words = (0..WORDS * 4).map(|_| format!("\\{:02x}", random.below(256)));
        let words: String = words.collect();
        put!(text, "(data (global.get $memory) \"{words}\")");
        put!(text, "(global (export \"d{number}\") i32 (i32.const 0))");
        text.push_str(&self.relocations());
        text.push_str(&self.constructor(random));
        text.push_str(&Self::start(random));
        if number == 0 {
            text.push_str(&FIRST.replace("FUEL", &FUEL.to_string()));
            put!(
                text,
                "(global (export \"mailbox\") i32 (i32.const {MAILBOX}))
                 (global (export \"extension_data\") i32 (i32.const {EXTENSION_DATA}))
                 (data (i32.add (global.get $memory) (i32.const {FUEL})) \"\\20\")"
            );
        }
        if number == self.program.base - 1 {
            text.push_str(&self.entry());
        }
        text.push_str(")\n");
        text
    }

    /// Generates all that comes before the functions.
    fn head(&self, random: &mut Random) -> String {
        let functions = self.defined().count();
        let (alignment, table_alignment) = (random.within(2..=8), random.below(4));
        let is_guest = self.number == self.program.base - 1;
        let needed = (0..self.number).filter(|_| is_guest);
        let needed: Vec<_> = needed
            .map(|it| format!("{:?}", self.program.name(it)))
            .collect();
        let needed = match &*needed {
            [] => String::new(),
            needed => format!("(needed {})", needed.join(" ")),
        };
        let weak = if self.has_weak {
            format!(
                "(import-info \"env\" \"weak{}\" binding-weak undefined)",
                self.number
            )
        } else {
            String::new()
        };
        let mut text = format!(
            "(module (@dylink.0 (mem-info (memory {SIZE} {alignment}) (table {functions} {table_alignment}))
             {needed} {weak})\n{HEAD}"
        );
        for (index, (parameters, results)) in TYPES.iter().enumerate() {
            let list = |numbers: &[Number]| {
                let names: Vec<_> = numbers.iter().map(|number| number.name()).collect();
                names.join(" ")
            };
            let (parameters, results) = (list(parameters), list(results));
            put!(
                text,
                "(type $t{index} (func (param {parameters}) (result {results})))"
            );
        }
        for function in self.callable.iter().filter(|it| !self.is_own(it)) {
            let (name, ty) = (&function.name, function.ty);
            put!(
                text,
                "(import \"env\" \"{name}\" (func ${name} (type $t{ty})))"
            );
        }
        if self.number != 0 {
            for name in ["burn", "refuel"] {
                put!(
                    text,
                    "(import \"env\" \"{name}\" (func ${name} (result i32)))"
                );
            }
        }
        if self.has_weak {
            let name = format!("weak{}", self.number);
            put!(
                text,
                "(import \"env\" \"{name}\" (func $weak (type $t1)))
                 (import \"GOT.func\" \"{name}\" (global $weak (mut i32)))"
            );
        }
        let mut known = Vec::new();
        for function in self.addresses.iter().filter(|it| it.is_exported) {
            if !known.contains(&&function.name) {
                known.push(&function.name);
                let name = &function.name;
                put!(
                    text,
                    "(import \"GOT.func\" \"{name}\" (global ${name} (mut i32)))"
                );
            }
        }
        for name in ["mailbox", "extension_data"] {
            put!(
                text,
                "(import \"GOT.mem\" \"{name}\" (global ${name} (mut i32)))"
            );
        }
        for library in &self.data {
            put!(
                text,
                "(import \"GOT.mem\" \"d{library}\" (global $d{library} (mut i32)))"
            );
        }
        text.push_str(OWN_GLOBALS);
        let functions = self.defined().map(|it| format!(" ${}", it.name));
        put!(
            text,
            "(elem (global.get $table) func{})",
            functions.collect::<String>()
        );
        text
    }

    /// Generates the address of a function, as wasm-ld does.
    fn address(&self, function: &Function) -> String {
        if function.is_exported {
            return format!("(global.get ${})", function.name);
        }
        let index = self.defined().position(|it| it.name == function.name);
        let index = index.expect("a hidden function is defined here");
        format!("(i32.add (global.get $table) (i32.const {index}))")
    }

    fn relocations(&self) -> String {
        let mut text = "(func (export \"__wasm_apply_data_relocs\")\n".to_owned();
        for (index, function) in self.addresses.iter().enumerate() {
            let (offset, address) = (WORDS * 4 + index * 4, self.address(function));
            put!(
                text,
                "(i32.store offset={offset} (global.get $memory) {address})"
            );
            if self.number == 0 && index < TYPES.len() {
                let offset = MAILBOX + index * 4;
                put!(
                    text,
                    "(i32.store offset={offset} (global.get $memory) {address})"
                );
            }
        }
        text + ")\n"
    }

    /// Generates a constructor that leaves addresses in the mailbox and executes a statement.
    fn constructor(&self, random: &mut Random) -> String {
        let export = if random.once_in(2) {
            "__wasm_call_ctors"
        } else {
            "_initialize"
        };
        let mut text = format!("(func (export \"{export}\")\n");
        if let Some(extension) = self.number.checked_sub(self.program.base) {
            let offset = extension * 4;
            put!(
                text,
                "(i32.store offset={offset} (global.get $extension_data) (global.get $memory))"
            );
        }
        for function in &self.addresses {
            if self.number >= self.program.base && random.once_in(2) {
                let (offset, address) = (function.ty * 4, self.address(function));
                put!(
                    text,
                    "(i32.store offset={offset} (global.get $mailbox) {address})"
                );
            }
        }
        if random.once_in(2) {
            text.push_str(&Body::new(self, 0, random).statement());
        }
        text + ")\n"
    }

    /// Generates a start function: none, one that fuse interprets, or one that it calls.
    fn start(random: &mut Random) -> String {
        let offset = random.below(WORDS) * 4;
        match random.below(3) {
            0 => String::new(),
            1 => format!(
                "(func $start
                   (global.set $moved (i32.add (global.get $memory) (i32.const {offset})))
                   (i32.store offset={offset} (global.get $memory) (i32.const {offset})))
                 (start $start)\n"
            ),
            _ => format!(
                "(func $start
                   (memory.fill (i32.add (global.get $memory) (i32.const {offset})) (i32.const 7) (i32.const 4))
                   (global.set $count (i32.const {offset})))
                 (start $start)\n"
            ),
        }
    }

    /// Generates the guest's exports `run` and `peek`.
    fn entry(&self) -> String {
        let mut text = "(func (export \"run\") (param $which i32) (param $x i32) (result i32)
            (drop (call $refuel))\n"
            .to_owned();
        let functions = self.program.entry_functions();
        let functions = functions.map(|it| (it.ty, format!("call ${}", it.name), String::new()));
        let from_mailbox = (0..TYPES.len()).map(|index| {
            let call = format!("call_indirect (type $t{index})");
            (
                index,
                call,
                format!("(i32.load offset={} (global.get $mailbox))", index * 4),
            )
        });
        for (index, (ty, call, address)) in functions.chain(from_mailbox).enumerate() {
            let (parameters, results) = TYPES[ty];
            let arguments = parameters.iter().map(|number| match number {
                I32 => "(local.get $x) ",
                I64 => "(i64.extend_i32_s (local.get $x)) ",
                F64 => "(f64.convert_i32_s (local.get $x)) ",
            });
            let result = match results {
                [I32] => "i32.add (i32.const 0)",
                [I64] => "i32.wrap_i64",
                [F64] => "i32.trunc_sat_f64_s",
                _ => "i32.xor",
            };
            let arguments: String = arguments.collect();
            put!(
                text,
                "(if (i32.eq (local.get $which) (i32.const {index}))
                   (then (return ({result} ({call} {arguments} {address})))))"
            );
        }
        text.push_str("unreachable)\n(func (export \"peek\") (param $library i32) (param $word i32) (result i32)\n");
        // The guest imports the data of some base libraries; extensions left the addresses of theirs.
        for library in &self.data {
            put!(
                text,
                "(if (i32.eq (local.get $library) (i32.const {library}))
                   (then (return (i32.load (i32.add (global.get $d{library})
                     (i32.shl (local.get $word) (i32.const 2)))))))"
            );
        }
        let base = self.program.base;
        text + &format!(
            "(if (i32.lt_u (local.get $library) (i32.const {base})) (then (return (i32.const 0))))
             (i32.load (i32.add (i32.shl (local.get $word) (i32.const 2))
               (i32.load (i32.add (global.get $extension_data)
                 (i32.shl (i32.sub (local.get $library) (i32.const {base})) (i32.const 2)))))))\n"
        )
    }
}

const HEAD: &str = r#"
(import "env" "memory" (memory 0))
(import "env" "__indirect_function_table" (table 0 funcref))
(import "env" "__memory_base" (global $memory i32))
(import "env" "__table_base" (global $table i32))
(import "env" "__stack_pointer" (global $stack (mut i32)))
"#;

const OWN_GLOBALS: &str = "
(global $later i32 (i32.add (global.get $memory) (i32.const 8)))
(global $moved (mut i32) (global.get $memory))
(global $count (mut i32) (i32.const 1))
(global $long (mut i64) (i64.const -1))
(global $real (mut f64) (f64.const 0.5))
(global $fixed (mut f64) (f64.const 1.25))
";

/// The functions of the first library. The base must write the stack pointer somewhere, so that it is
/// not a constant.
const FIRST: &str = r#"
(func $burn (export "burn") (result i32)
  (local $left i32)
  (local.set $left (i32.load offset=FUEL (global.get $memory)))
  (if (i32.eqz (local.get $left)) (then (return (i32.const 0))))
  (i32.store offset=FUEL (global.get $memory) (i32.sub (local.get $left) (i32.const 1)))
  (i32.const 1))
(func $refuel (export "refuel") (result i32)
  (global.set $stack (global.get $stack))
  (i32.store offset=FUEL (global.get $memory) (i32.const 60))
  (i32.const 1))
"#;
