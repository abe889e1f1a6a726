//! Evaluates the SPDX licence expressions of crates.

use std::collections::BTreeSet;

/// Whether the allowed licences satisfy an expression, such as `(MIT OR Apache-2.0) AND ISC`.
///
/// `AND` binds stronger than `OR`. The `/` of older crates means `OR`. A licence with an exception is
/// allowed by its whole text, `Apache-2.0 WITH LLVM-exception`.
pub(super) fn is_satisfied(expression: &str, allowed: &BTreeSet<String>) -> Result<bool, String> {
    let spaced = expression.replace('/', " OR ");
    let spaced = spaced.replace('(', " ( ").replace(')', " ) ");
    let mut parser = Parser {
        words: spaced.split_whitespace().collect(),
        allowed,
    };
    parser.words.reverse();
    let satisfied = parser.either()?;
    match parser.words.last() {
        None => Ok(satisfied),
        Some(word) => Err(format!("unexpected {word} after the expression")),
    }
}

struct Parser<'a> {
    /// The remaining words in reverse order.
    words: Vec<&'a str>,
    allowed: &'a BTreeSet<String>,
}

impl<'a> Parser<'a> {
    fn take(&mut self, word: &str) -> bool {
        self.words.pop_if(|next| *next == word).is_some()
    }

    fn either(&mut self) -> Result<bool, String> {
        let mut satisfied = self.both()?;
        while self.take("OR") {
            satisfied |= self.both()?;
        }
        Ok(satisfied)
    }

    fn both(&mut self) -> Result<bool, String> {
        let mut satisfied = self.one()?;
        while self.take("AND") {
            satisfied &= self.one()?;
        }
        Ok(satisfied)
    }

    fn one(&mut self) -> Result<bool, String> {
        if self.take("(") {
            let satisfied = self.either()?;
            return if self.take(")") {
                Ok(satisfied)
            } else {
                Err("a `)` is missing".to_owned())
            };
        }
        let licence = self.licence()?;
        if self.take("WITH") {
            let exception = self.licence()?;
            return Ok(self
                .allowed
                .contains(&format!("{licence} WITH {exception}")));
        }
        Ok(self.allowed.contains(licence))
    }

    fn licence(&mut self) -> Result<&'a str, String> {
        match self.words.pop() {
            None => Err("a licence is missing at the end".to_owned()),
            Some(word @ ("AND" | "OR" | "WITH" | "(" | ")")) => {
                Err(format!("a licence is missing before {word}"))
            }
            Some(word) => Ok(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn satisfied(expression: &str) -> Result<bool, String> {
        let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"];
        is_satisfied(expression, &allowed.map(str::to_owned).into())
    }

    #[test]
    fn expressions() {
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0", false),
            ("GPL-3.0 OR MIT", true),
            ("GPL-3.0/MIT", true),
            ("GPL-3.0 / Apache-2.0", false),
            ("MIT AND ISC", true),
            ("MIT AND GPL-3.0", false),
            ("MIT OR ISC AND GPL-3.0", true),
            ("(MIT OR ISC) AND GPL-3.0", false),
            ("(GPL-3.0 OR ISC) AND MIT", true),
            ("Apache-2.0", false),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0 WITH LLVM-exception AND GPL-3.0 OR ISC", true),
            ("MIT WITH LLVM-exception", false),
        ] {
            assert_eq!(satisfied(expression), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn malformed_expressions() {
        for expression in [
            "", "MIT OR", "AND MIT", "(MIT", "MIT)", "MIT ISC", "MIT WITH",
        ] {
            assert!(satisfied(expression).is_err(), "{expression}");
        }
    }
}
