//! Random function bodies.

use super::library::Library;
use super::program::Number::{self, F64, I32, I64};
use super::program::{TYPES, WORDS};
use super::random::Random;

/// The depth of expressions.
const DEPTH: usize = 3;

/// Generates the code of one function.
pub(super) struct Body<'b, 'p> {
    library: &'b Library<'p>,
    ty: usize,
    random: &'b mut Random,
}

impl<'b, 'p> Body<'b, 'p> {
    pub(super) fn new(library: &'b Library<'p>, ty: usize, random: &'b mut Random) -> Self {
        Self {
            library,
            ty,
            random,
        }
    }

    /// Generates the whole body.
    pub(super) fn function(mut self) -> String {
        let (_, results) = TYPES[self.ty];
        let nothing = results.iter().map(|it| format!("({}.const 0) ", it.name()));
        let nothing: String = nothing.collect();
        let mut text = format!("(if (i32.eqz (call $burn)) (then (return {nothing})))\n");
        for _ in 0..self.random.within(1..=3) {
            text.push_str(&self.nested_statement(DEPTH));
        }
        for result in results {
            text.push_str(&self.expression(*result, DEPTH));
        }
        text
    }

    /// Generates one statement, for a function without parameters.
    pub(super) fn statement(mut self) -> String {
        self.nested_statement(DEPTH)
    }

    fn nested_statement(&mut self, depth: usize) -> String {
        match self.random.below(6) {
            0 | 1 => {
                let address = self.address();
                let value = self.expression(I32, depth - 1);
                format!("(i32.store {address} {value})\n")
            }
            2 => format!("(global.set $count {})\n", self.expression(I32, depth - 1)),
            3 => format!("(global.set $long {})\n", self.expression(I64, depth - 1)),
            4 => format!("(global.set $real {})\n", self.expression(F64, depth - 1)),
            // A value on the stack in linear memory, while another is computed.
            _ => {
                let (value, other) = (self.expression(I32, 1), self.expression(I32, depth - 1));
                let address = self.address();
                format!(
                    "(global.set $stack (i32.sub (global.get $stack) (i32.const 16)))
                     (i32.store offset=4 (global.get $stack) {value})
                     (i32.store {address} (i32.add {other} (i32.load offset=4 (global.get $stack))))
                     (global.set $stack (i32.add (global.get $stack) (i32.const 16)))\n"
                )
            }
        }
    }

    /// Generates the address of one of the words in a library's data.
    fn address(&mut self) -> String {
        let offset = self.random.below(WORDS) * 4;
        match self.random.below(5) {
            0 => format!("offset={} (global.get $later)", offset.saturating_sub(8)),
            1 => "(global.get $moved)".to_owned(),
            2 => match self.random.choose(&self.library.data) {
                Some(library) => format!("offset={offset} (global.get $d{library})"),
                None => format!("offset={offset} (global.get $memory)"),
            },
            3 => {
                let index = self.expression(I32, 1);
                format!(
                    "(i32.add (global.get $memory)
                       (i32.shl (i32.and {index} (i32.const 15)) (i32.const 2)))"
                )
            }
            _ => format!("offset={offset} (global.get $memory)"),
        }
    }

    fn expression(&mut self, number: Number, depth: usize) -> String {
        let choices = if depth == 0 { 3 } else { 11 };
        match self.random.below(choices) {
            0 => self.constant(number),
            1 => self.parameter(number),
            2 => self.global(number),
            3 | 4 => self.operation(number, depth - 1),
            5 => {
                let load = format!("(i32.load {})", self.address());
                convert(I32, number, &load)
            }
            6 | 7 => self.direct_call(number, depth - 1),
            8 | 9 => self.indirect_call(number, depth - 1),
            _ => self.weak_call(number, depth - 1),
        }
    }

    fn constant(&mut self, number: Number) -> String {
        let value =
            i64::from_le_bytes(self.random.next().to_le_bytes()) >> (8 + self.random.below(48));
        match number {
            I32 => format!("(i32.const {})", value >> 24),
            I64 => format!("(i64.const {value})"),
            F64 => format!("(f64.const {}.5)", value >> 40),
        }
    }

    fn parameter(&mut self, number: Number) -> String {
        let (parameters, _) = TYPES[self.ty];
        match parameters.iter().position(|it| *it == number) {
            Some(index) => format!("(local.get {index})"),
            None => self.constant(number),
        }
    }

    fn global(&mut self, number: Number) -> String {
        let names: &[_] = match number {
            I32 => &["count"],
            I64 => &["long"],
            // `fixed` is never written.
            F64 => &["real", "fixed"],
        };
        let name = self.random.choose(names).copied().unwrap_or_default();
        format!("(global.get ${name})")
    }

    fn operation(&mut self, number: Number, depth: usize) -> String {
        let names: &[_] = match number {
            I32 => &["add", "sub", "mul", "xor", "rotl", "lt_s", "eq"],
            I64 => &["add", "sub", "mul", "xor", "rotl"],
            // NaNs may differ in their bits, but no operation looks at these.
            F64 => &["add", "sub", "mul"],
        };
        let name = self.random.choose(names).copied().unwrap_or_default();
        let (one, other) = (
            self.expression(number, depth),
            self.expression(number, depth),
        );
        format!("({}.{name} {one} {other})", number.name())
    }

    fn direct_call(&mut self, number: Number, depth: usize) -> String {
        let Some(function) = self.random.choose(&self.library.callable).cloned() else {
            return self.constant(number);
        };
        let arguments = self.arguments(function.ty, depth);
        let call = format!("(call ${} {arguments})", function.name);
        result(function.ty, number, &call)
    }

    /// Generates a call of an address in the library's own data or in the mailbox, now and then with the
    /// wrong type.
    fn indirect_call(&mut self, number: Number, depth: usize) -> String {
        let is_wrong = self.random.once_in(40);
        let index = self.random.below(self.library.addresses.len());
        let (mut ty, mut address) = (
            self.library.addresses[index].ty,
            format!(
                "(i32.load offset={} (global.get $memory))",
                WORDS * 4 + index * 4
            ),
        );
        if self.random.once_in(3) {
            ty = self.random.below(TYPES.len());
            address = format!("(i32.load offset={} (global.get $mailbox))", ty * 4);
        }
        if is_wrong {
            ty = self.random.below(TYPES.len());
        }
        let arguments = self.arguments(ty, depth);
        let call = format!("(call_indirect (type $t{ty}) {arguments} {address})");
        result(ty, number, &call)
    }

    /// Generates a call of the weak function, which no library defines, if its address is not null.
    fn weak_call(&mut self, number: Number, depth: usize) -> String {
        if !self.library.has_weak {
            return self.operation(number, depth);
        }
        let arguments = self.arguments(1, depth);
        let call = format!(
            "(if (result i32) (global.get $weak)
               (then (call $weak {arguments})) (else (i32.const 11)))"
        );
        convert(I32, number, &call)
    }

    fn arguments(&mut self, ty: usize, depth: usize) -> String {
        let (parameters, _) = TYPES[ty];
        let arguments = parameters.iter();
        arguments
            .map(|it| self.expression(*it, depth) + " ")
            .collect()
    }
}

/// Converts the results of a call to one number.
fn result(ty: usize, number: Number, call: &str) -> String {
    let (_, results) = TYPES[ty];
    match *results {
        [one] => convert(one, number, call),
        _ => convert(I32, number, &format!("(i32.xor {call})")),
    }
}

/// Converts a value to another number type.
fn convert(from: Number, to: Number, value: &str) -> String {
    let operation = match (from, to) {
        (I32, I32) | (I64, I64) | (F64, F64) => return value.to_owned(),
        (I64, I32) => "i32.wrap_i64",
        (F64, I32) => "i32.trunc_sat_f64_s",
        (I32, I64) => "i64.extend_i32_s",
        (F64, I64) => "i64.trunc_sat_f64_s",
        (I32, F64) => "f64.convert_i32_s",
        (I64, F64) => "f64.convert_i64_s",
    };
    format!("({operation} {value})")
}
