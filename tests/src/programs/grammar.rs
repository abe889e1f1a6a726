//! The grammar: bytes to programs.

use std::fmt::Write as _;

use super::statements::STATEMENTS;
use super::words::{
    ATTRIBUTES, BUILTINS, EXCEPTIONS, LITERALS, MODULES, NAMES, OPERATORS, SPECIAL,
};

/// The length in bytes at which a program takes no further statement.
const SIZE: usize = 8 << 10;
/// How deep statements and expressions nest.
const DEPTH: usize = 6;

/// The first lines of every program: they define each of [`NAMES`].
const BEGIN: &str = "\
import asyncio, sys, os, gc, io
a, b, c, d, x, _ = 1, 'x', [2, 3], {'k': None}, 0.5, None
def f(*all): return all
async def g(*all): return all
class C(list): pass
class D(Exception): pass
";

/// Makes a program from bytes. Each byte is a choice; once the bytes are used up, every choice is the
/// simplest one, so that the program ends.
pub(super) fn program(bytes: &[u8]) -> String {
    let mut writer = Writer {
        choices: bytes,
        text: String::new(),
        indent: 0,
        depth: 0,
        inside: Inside::Module,
        in_loop: false,
    };
    writer.line(BEGIN);
    let goes_on = writer.below(2) == 1;
    while !writer.choices.is_empty() && writer.text.len() < SIZE {
        if goes_on {
            writer.line("try:");
            writer.indent = 1;
            writer.statement();
            writer.indent = 0;
            writer.line("except BaseException as error: print(type(error))");
        } else {
            writer.statement();
        }
    }
    writer.text
}

/// A program that is being written, and the choices that are left.
struct Writer<'b> {
    choices: &'b [u8],
    text: String,
    indent: usize,
    depth: usize,
    inside: Inside,
    in_loop: bool,
}

/// What encloses a statement; some statements are not allowed everywhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Module,
    Function,
    AsyncFunction,
}

impl Writer<'_> {
    /// Takes the next choice; 0 if none is left.
    fn choice(&mut self) -> usize {
        match self.choices.split_first() {
            Some((first, rest)) => {
                self.choices = rest;
                usize::from(*first)
            }
            None => 0,
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.choice() % limit
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }

    fn name(&mut self) -> &'static str {
        self.pick(NAMES)
    }

    /// Writes lines with the indentation of the current block.
    fn line(&mut self, lines: &str) {
        for line in lines.lines() {
            let _ = writeln!(self.text, "{:1$}{line}", "", self.indent * 4);
        }
    }

    /// Writes a line and a block of one to three statements below it.
    fn block(&mut self, head: &str) {
        self.line(head);
        self.indent += 1;
        self.depth += 1;
        for _ in 0..=self.below(3) {
            self.statement();
        }
        self.depth -= 1;
        self.indent -= 1;
    }

    /// Writes a loop: a line and a block.
    fn repeated(&mut self, head: &str) {
        let outside = std::mem::replace(&mut self.in_loop, true);
        self.block(head);
        self.in_loop = outside;
    }

    /// Writes what is inside a function, by calling `write`.
    fn within(&mut self, inside: Inside, write: impl FnOnce(&mut Self)) {
        let outside = std::mem::replace(&mut self.inside, inside);
        let in_loop = std::mem::take(&mut self.in_loop);
        write(self);
        (self.inside, self.in_loop) = (outside, in_loop);
    }

    /// Picks a piece of a program; takes the first one instead if the piece is not allowed here.
    fn allowed(&mut self, from: &[&'static str]) -> &'static str {
        match self.pick(from) {
            piece
                if !self.may_await() && (piece.contains("await ") || piece.contains("async ")) =>
            {
                from[0]
            }
            piece => piece,
        }
    }

    fn may_await(&self) -> bool {
        self.inside != Inside::Function
    }

    fn statement(&mut self) {
        if self.depth >= DEPTH || self.text.len() >= SIZE || self.choices.is_empty() {
            return self.line("pass");
        }
        match self.below(26) {
            0 => self.line("pass"),
            1..=6 => {
                let statement = self.allowed(STATEMENTS);
                self.line(statement);
            }
            7 | 8 => self.assign(),
            9 => {
                let value = self.expression();
                self.line(&format!("print({value})"));
            }
            10 => {
                let value = self.expression();
                let call = self.allowed(&["echo", "fail", "slow", "await echo", "await slow"]);
                let name = self.name();
                self.line(&format!("{name} = {call}({value})"));
            }
            11 => {
                let test = self.expression();
                self.block(&format!("if {test}:"));
                if self.below(2) == 1 {
                    self.block("else:");
                }
            }
            12 => {
                let (name, all) = (self.name(), self.expression());
                let head = self.allowed(&["for", "for", "async for"]);
                self.repeated(&format!("{head} {name} in {all}:"));
            }
            13 => {
                let test = self.expression();
                self.repeated(&format!("while {test}:"));
            }
            14 | 15 => self.attempt(),
            16 | 17 => self.function(),
            18 => self.class(),
            19 => {
                let value = self.expression();
                let head = self.allowed(&["with", "with", "async with"]);
                let name = self.name();
                self.block(&format!("{head} {value} as {name}:"));
            }
            20 => {
                let (class, value) = (self.pick(EXCEPTIONS), self.expression());
                let from = self.pick(&["", "", " from None", " from ValueError('c')", " from a"]);
                self.line(&format!("raise {class}({value}){from}"));
            }
            21 => {
                let module = self.pick(MODULES);
                let import = match self.below(4) {
                    0 => format!("import {module}"),
                    1 if self.inside == Inside::Module => format!("from {module} import *"),
                    2 => format!("import {module} as {}", self.name()),
                    _ => format!("import {module}; print(dir({module}))"),
                };
                self.line(&import);
            }
            22 => {
                let gone = self.pick(BUILTINS);
                let with = self.expression();
                let statement = match self.below(3) {
                    0 => format!("import builtins; del builtins.{gone}"),
                    1 => format!("import builtins; builtins.{gone} = {with}"),
                    _ => format!("del {}", self.name()),
                };
                self.line(&statement);
            }
            23 => self.matching(),
            24 => {
                let all: &[&str] = match self.inside {
                    _ if self.in_loop => &["break", "continue"],
                    Inside::Module => &["raise", "assert a, b", "await a", "type E[T] = T"],
                    Inside::Function => &[
                        "return",
                        "yield a",
                        "yield from c",
                        "return (yield)",
                        "raise",
                    ],
                    Inside::AsyncFunction => &["return", "yield a", "await a", "raise"],
                };
                let statement = self.pick(all);
                self.line(statement);
            }
            _ => {
                let value = self.expression();
                self.line(&value);
            }
        }
    }

    fn assign(&mut self) {
        let value = self.expression();
        let mut signs: &[&str] = &["=", "=", "=", "+=", "*=", "|="];
        let target = match self.below(7) {
            0..=2 => self.name().to_owned(),
            3 => format!("{}[{}]", self.name(), self.expression()),
            4 => format!("{}.{}", self.name(), self.pick(ATTRIBUTES)),
            5 => {
                signs = &["="];
                format!("{}, *{}", self.name(), self.name())
            }
            _ => format!(
                "sys.{}",
                self.pick(&["stdout", "stderr", "stdin", "path", "modules", "argv"])
            ),
        };
        let sign = self.pick(signs);
        self.line(&format!("{target} {sign} {value}"));
    }

    fn attempt(&mut self) {
        self.block("try:");
        let star = self.pick(&["", "", "", "*"]);
        let class = self.pick(EXCEPTIONS);
        let last = self.below(4);
        if last != 3 {
            let name = self.name();
            self.block(&format!("except{star} {class} as {name}:"));
        }
        if last >= 2 {
            self.block("finally:");
        }
    }

    fn function(&mut self) {
        let name = self.pick(&["f", "g", "a", "print", "main"]);
        let head = self.pick(&["def", "def", "async def"]);
        let parameters = self.pick(&["", "*a, **d", "x=1", "a, /, b=2, *, c=3", "x: C = None"]);
        let decorator = self.pick(&["", "", "", "@property", "@f", "@staticmethod"]);
        self.line(decorator);
        let inside = match head {
            "def" => Inside::Function,
            _ => Inside::AsyncFunction,
        };
        self.within(inside, |writer| {
            writer.block(&format!("{head} {name}({parameters}):"));
        });
        if self.below(3) != 0 {
            let argument = self.expression();
            let call = self.allowed(&["", "await ", "list", "asyncio.run", "next"]);
            let call = if call.is_empty() || call.ends_with(' ') {
                format!("{call}{name}({argument})")
            } else {
                format!("{call}({name}())")
            };
            self.line(&call);
        }
    }

    fn class(&mut self) {
        let name = self.pick(&["C", "D"]);
        let bases = self.pick(&[
            "",
            "object",
            "Exception",
            "BaseException",
            "dict",
            "str",
            "int",
            "type",
            "C",
            "list",
            "C, D",
            "metaclass=C",
            "asyncio.Future",
            "io.RawIOBase",
            "BaseExceptionGroup",
        ]);
        self.line(&format!("class {name}({bases}):"));
        self.indent += 1;
        self.depth += 1;
        if self.below(4) == 3 {
            self.line("__slots__ = ('a', 'b')");
        }
        for _ in 0..=self.below(3) {
            let head = format!("def {}(self, *all):", self.pick(SPECIAL));
            self.within(Inside::Function, |writer| {
                if writer.below(2) == 0 {
                    let value = writer.expression();
                    writer.line(&format!("{head} return {value}"));
                } else {
                    writer.block(&head);
                }
            });
        }
        self.depth -= 1;
        self.indent -= 1;
        let way = self.pick(&[
            "a = {}()",
            "{}().a",
            "print({}())",
            "len({}())",
            "raise {}()",
            "del {}",
        ]);
        self.line(&way.replace("{}", name));
    }

    fn matching(&mut self) {
        let value = self.expression();
        self.line(&format!("match {value}:"));
        self.indent += 1;
        let case = self.pick(&[
            "case _:",
            "case [a, *b]:",
            "case {'k': x, **d}:",
            "case int(real=a) | str(a):",
            "case C():",
        ]);
        self.block(case);
        self.indent -= 1;
    }

    fn expression(&mut self) -> String {
        if self.depth >= DEPTH || self.choices.is_empty() {
            return self.pick(LITERALS).to_owned();
        }
        self.depth += 1;
        let expression = match self.below(20) {
            0..=2 => self.pick(LITERALS).to_owned(),
            3..=5 => self.name().to_owned(),
            6 => self.pick(BUILTINS).to_owned(),
            7..=9 => {
                let (function, argument) = (self.pick(BUILTINS), self.expression());
                match self.below(3) {
                    0 => format!("{function}({argument}, {})", self.expression()),
                    1 => format!("{function}(*{argument})"),
                    _ => format!("{function}({argument})"),
                }
            }
            10 => format!("{}.{}", self.atom(), self.pick(ATTRIBUTES)),
            11 => format!(
                "{}.{}({})",
                self.atom(),
                self.pick(ATTRIBUTES),
                self.expression()
            ),
            12 => format!("{}[{}]", self.atom(), self.expression()),
            13 | 14 => format!(
                "({} {} {})",
                self.expression(),
                self.pick(OPERATORS),
                self.expression()
            ),
            15 => format!(
                "[{0} for {1} in {2}]",
                self.expression(),
                self.name(),
                self.expression()
            ),
            16 => {
                let mut value = String::new();
                self.within(Inside::Function, |writer| value = writer.expression());
                format!("(lambda *x: {value})")
            }
            17 => match self.below(4) {
                0 => format!("[{}, {}]", self.expression(), self.expression()),
                1 => format!("{{{}: {}}}", self.expression(), self.expression()),
                2 => format!("({}, *{})", self.expression(), self.expression()),
                _ => format!("{{{}, }}", self.expression()),
            },
            18 => format!("(x := {})", self.expression()),
            _ => match self.below(4) {
                0 if self.may_await() => format!("(await {})", self.expression()),
                1 => format!("f'{{{}!r}}'", self.name()),
                2 => format!("__import__({:?})", self.pick(MODULES)),
                _ => format!("echo({})", self.expression()),
            },
        };
        self.depth -= 1;
        expression
    }

    /// Makes an expression that an attribute or a subscript can follow.
    fn atom(&mut self) -> String {
        match self.below(3) {
            0 => self.name().to_owned(),
            1 => format!("({})", self.expression()),
            _ => self
                .pick(&[
                    "sys",
                    "os",
                    "gc",
                    "asyncio",
                    "__builtins__",
                    "echo",
                    "print",
                ])
                .to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_make_a_program() {
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                let bytes: Vec<u8> = (0..64)
                    .map(|at: u8| first.wrapping_add(second.wrapping_mul(at)))
                    .collect();
                let text = program(&bytes);
                assert!(text.len() < 10 * SIZE, "{}", text.len());
            }
        }
    }
}
